import { Generator, randn, type Tensor } from '@normgrad/autograd';
import { BatchNorm1d, conventions } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { expectClose, values } from './support.ts';

const { batchNormFromKeras, batchNormToKeras, batchNormStateFromKeras, batchNormStateToKeras, describeDifferences } = conventions;
const generator = new Generator(3);
const draw = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', generator });

/** Keras's layer, written down from its source: keras/src/layers/normalization/batch_normalization.py. */
class KerasLayer {
  mean = draw(3).mul(0);
  variance = draw(3).mul(0).add(1);
  constructor(
    readonly momentum: number,
    readonly epsilon: number,
    readonly gamma: Tensor,
    readonly beta: Tensor,
  ) {}
  call(x: Tensor, training: boolean): Tensor {
    if (training) {
      const mean = x.mean({ dim: 0 });
      const variance = x.sub(mean).square().mean({ dim: 0 });
      this.mean = this.mean.mul(this.momentum).add(mean.mul(1 - this.momentum));
      this.variance = this.variance.mul(this.momentum).add(variance.mul(1 - this.momentum));
      return this.normalize(x, mean, variance);
    }
    return this.normalize(x, this.mean, this.variance);
  }
  private normalize(x: Tensor, mean: Tensor, variance: Tensor): Tensor {
    return x.sub(mean).div(variance.add(this.epsilon).sqrt()).mul(this.gamma).add(this.beta);
  }
}

it('the same numbers come out as in Keras', () => {
  const [gamma, beta] = [draw(3), draw(3)];
  for (const settings of [{}, { momentum: 0.6, epsilon: 0.1 }]) {
    const { momentum = 0.99, epsilon = 1e-3 } = settings as { momentum?: number; epsilon?: number };
    const keras = new KerasLayer(momentum, epsilon, gamma, beta);
    const ours = new BatchNorm1d(3, { ...batchNormFromKeras(settings).options, dtype: 'float64' });
    const load = (): void =>
      void ours.loadStateDict(
        batchNormStateFromKeras(
          { gamma, beta, moving_mean: keras.mean, moving_variance: keras.variance },
          { valuesPerChannel: 5 },
        ),
      );
    load();
    for (let step = 0; step < 3; step++) {
      const x = draw(5, 3).mul(2).add(1);
      expectClose(ours.call(x), keras.call(x, true), 1e-12);
    }
    expectClose(ours.runningMean!, keras.mean, 1e-12);
    // Each batch's variance is 5/4 of the biased one, and so is the start.
    expectClose(ours.runningVar!.mul(0.8), keras.variance, 1e-12);
    const state = batchNormStateToKeras(ours.stateDict(), { valuesPerChannel: 5 });
    expectClose(state.moving_variance, keras.variance, 1e-12);
    expect(values(state.gamma!)).toEqual(values(gamma));
    const x = draw(4, 3);
    expectClose(
      keras.call(x, false),
      x.sub(state.moving_mean).div(state.moving_variance.add(epsilon).sqrt()).mul(gamma).add(beta),
      1e-12,
    );
  }
});

it('there and back is where it was', () => {
  expect(batchNormFromKeras(batchNormToKeras({}).options).options).toEqual({ momentum: 0.1, eps: 1e-5, affine: true });
  expect(batchNormToKeras({ momentum: 0.01, eps: 1e-3 }).options).toEqual({
    momentum: 0.99,
    epsilon: 1e-3,
    center: true,
    scale: true,
    axis: 1,
  });
});

describe('differences', () => {
  it('from Keras', () => {
    expect(describeDifferences(batchNormFromKeras())).toMatchInlineSnapshot(`
      "momentum: PyTorch 0.01, the share of the new value; Keras 0.99, the share of the old value; translated
      eps: PyTorch by default 1e-5; Keras 0.001; translated
      variance: PyTorch running_var averages the unbiased variance; Keras moving_variance averages the biased variance (fused kernels before Keras 3: the unbiased one); pass valuesPerChannel when states are translated; for n values they differ by n / (n - 1)
      channels: PyTorch dim 1; Keras axis -1; move the channels of inputs to dim 1: permute"
    `);
    const same = batchNormFromKeras({ momentum: 0.5, epsilon: 1e-5, center: false, axis: 1 });
    expect(describeDifferences(same)).toMatchInlineSnapshot(`
      "momentum: PyTorch 0.5, the share of the new value; Keras 0.5, the share of the old value; translated
      variance: PyTorch running_var averages the unbiased variance; Keras moving_variance averages the biased variance (fused kernels before Keras 3: the unbiased one); pass valuesPerChannel when states are translated; for n values they differ by n / (n - 1)
      affine: PyTorch weight and bias; Keras gamma only; set requiresGrad of the bias to false: it starts as Keras means it"
    `);
  });
  it('to Keras', () => {
    expect(describeDifferences(batchNormToKeras())).toMatchInlineSnapshot(`
      "momentum: PyTorch 0.1, the share of the new value; Keras 0.9, the share of the old value; translated
      eps: PyTorch 0.00001; Keras by default 1e-3; translated
      variance: PyTorch running_var averages the unbiased variance; Keras moving_variance averages the biased variance (fused kernels before Keras 3: the unbiased one); pass valuesPerChannel when states are translated; for n values they differ by n / (n - 1)"
    `);
  });
});

it('weights that Keras leaves out are what they would be', () => {
  const [mean, variance] = [draw(2), draw(2).square()];
  const state = (parts: object) => batchNormStateFromKeras({ moving_mean: mean, moving_variance: variance, ...parts });
  expect(Object.keys(state({}))).toEqual(['running_mean', 'running_var']);
  expect(values(state({ beta: draw(2) }).weight as Tensor)).toEqual([1, 1]);
  expect(values(state({ gamma: draw(2) }).bias as Tensor)).toEqual([0, 0]);
  expect(values(state({}).running_var as Tensor)).toEqual(values(variance));
  expect(Object.keys(batchNormStateToKeras(state({})))).toEqual(['moving_mean', 'moving_variance']);
});

it('refuses', () => {
  expect(() => batchNormToKeras({ momentum: null })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: batchNormToKeras: a cumulative momentum was given; Keras has moving averages with a constant momentum only; use a number such as 0.1, and track them.]`,
  );
  expect(() => batchNormToKeras({ trackRunningStatistics: false })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: batchNormToKeras: trackRunningStatistics: false was given; Keras has moving averages with a constant momentum only; use a number such as 0.1, and track them.]`,
  );
  expect(() => batchNormFromKeras({ momentum: 99 })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: batchNormFromKeras: momentum 99 was given; it must be a number from 0 to 1, the share of the old value; 0.99 is usual.]`,
  );
  expect(() => batchNormFromKeras({ momentum: -0.5 })).toThrow('momentum -0.5 was given');
  expect(() => batchNormFromKeras({ epsilon: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: batchNormFromKeras: eps must be a finite number from 0 up, got -1.]`,
  );
  expect(() => batchNormStateToKeras({ weight: draw(2) })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: batchNormStateToKeras: the state lacks running_mean or running_var; Keras needs both; train with running statistics.]`,
  );
  expect(() => batchNormStateToKeras(new BatchNorm1d(2).stateDict(), { valuesPerChannel: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: conventions: valuesPerChannel 1 was given; it must be at least 2; multiply batch size and space.]`,
  );
});

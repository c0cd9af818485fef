import {
  cat,
  defaultGenerator,
  type FloatType,
  Generator,
  mean,
  memoryStatistics,
  noGrad,
  randn,
  split,
  type Tensor,
  tensor,
  uniform,
  variance,
  zeros,
} from '@normgrad/autograd';
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchRenorm,
  Conv1d,
  Conv2d,
  Dropout,
  foldBatchNorm,
  freezeStatistics,
  GhostBatchNorm,
  GroupNorm,
  inParts,
  Linear,
  Module,
  recomputeStatistics,
  Sequential,
  type StateDict,
  weightNorm,
} from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { expectClose, values } from './support.ts';

const generator = new Generator(5);
const random = (...shape: number[]): Tensor => randn(shape, { generator });
const numbers = (dict: StateDict): unknown =>
  Object.entries(dict).map(([name, x]) => [name, typeof x === 'bigint' ? x : values(x)]);

/** Weights and statistics that are none of those a norm starts with. */
function shaken<N extends BatchNorm1d | BatchNorm2d>(norm: N): N {
  for (const x of [norm.weight, norm.bias, norm.runningMean]) noGrad(() => x?.assign(random(norm.numFeatures)));
  norm.runningVar?.assign(uniform([norm.numFeatures], 0.5, 2, { generator }));
  return norm;
}

describe('recomputeStatistics', () => {
  it.each<[FloatType, number]>([
    ['float32', 1e-7],
    ['float64', 1e-14],
  ])('pools all values of %s, whatever the batches: one pass in float64 over everything', (dtype, tolerance) => {
    const norm = shaken(new BatchNorm2d(3)).to(dtype);
    const all = random(7, 3, 4, 2).mul(2).add(1000).to(dtype); // [7, 3, 4, 2]
    const channels = [0, 1, 2].map((c) => values(all).filter((_, i) => Math.floor(i / 8) % 3 === c));
    const means = channels.map((x) => x.reduce((sum, value) => sum + value, 0) / x.length);
    const variances = channels.map((x, c) => x.reduce((sum, value) => sum + (value - means[c]!) ** 2, 0) / (x.length - 1));
    for (const sizes of [[7], [1, 4, 2]]) {
      recomputeStatistics(norm, [zeros([0, 3, 4, 2], { dtype }), ...split(all, sizes)]); // an empty one says nothing
      expectClose(norm.runningMean!, means, tolerance);
      expectClose(norm.runningVar!, variances, 10 * tolerance);
      expect(norm.numBatchesTracked?.value).toBe(sizes.length);
    }
  });

  it('leaves out padding, even NaN', () => {
    const norm = new BatchNorm1d(2, { dtype: 'float64' });
    class Masked extends Module {
      readonly norm = norm;
      forward(x: Tensor): Tensor {
        return this.norm.call(x, tensor([3, 1], { dtype: 'int32' }));
      }
    }
    const batch = (first: number): Tensor =>
      tensor(
        [
          [
            [first, 2, 6],
            [1, 1, 4],
          ],
          [
            [5, Number.NaN, Number.NaN],
            [8, 0, Number.NaN],
          ],
        ],
        { dtype: 'float64' },
      ); // prettier-ignore
    recomputeStatistics(new Masked(), [batch(1), batch(4)]);
    const [left, right] = [
      [1, 2, 6, 5, 4, 2, 6, 5],
      [1, 1, 4, 8, 1, 1, 4, 8],
    ].map((each) => tensor(each, { dtype: 'float64' })); // prettier-ignore
    expectClose(
      norm.runningMean!,
      [left!, right!].map((x) => mean(x).item()),
      1e-12,
    );
    expectClose(
      norm.runningVar!,
      [left!, right!].map((x) => variance(x).item()),
      1e-12,
    );
  });

  it('normalizes by batch below, evaluates the rest, and puts modes back', () => {
    const model = new Sequential(new BatchNorm1d(3), new Dropout(), new BatchNorm1d(3), new GhostBatchNorm(3, 2));
    model.layers[0]!.eval();
    const batches = [random(4, 3).mul(3), random(6, 3).add(1)].map((x): [Tensor, string] => [x, 'target']);
    recomputeStatistics(model, batches);
    expect(model.namedModules().map(([, { training }]) => training)).toEqual([true, false, true, true, true]);
    const between = cat(noGrad(() => batches.map(([x]) => new BatchNorm1d(3).call(x))));
    const [, , second] = model.layers as BatchNorm1d[];
    expectClose(second!.runningMean!, mean(between, { dim: 0 }), 1e-6);
    expectClose(second!.runningVar!, variance(between, { dim: 0 }), 1e-6);
  });

  it('changes nothing if there is nothing to take, or a call fails, and no frozen or unused norm', () => {
    const norms = [shaken(new BatchNorm1d(3)), shaken(new BatchNorm1d(3)), shaken(new BatchNorm1d(3))] as const;
    class Parts extends Module {
      readonly norms = norms;
      forward(x: Tensor): Tensor {
        return norms[1].call(norms[0].call(x));
      }
    }
    const model = new Parts();
    const before = numbers(model.stateDict());
    expect(() => recomputeStatistics(model, [])).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: recomputeStatistics: no batches were given; there must be at least one.]`,
    );
    expect(() => recomputeStatistics(model, [random(4, 3), random(4, 2)])).toThrow('has 2 channels');
    expect(numbers(model.stateDict())).toEqual(before);
    const [frozen, tracked, unused] = norms;
    freezeStatistics(frozen);
    const others = () => [frozen, unused].map((norm) => numbers(norm.stateDict()));
    const states = others();
    const x = random(4, 3);
    recomputeStatistics(model, [x]);
    expect(others()).toEqual(states);
    expectClose(tracked.runningMean!, mean(frozen.call(x), { dim: 0 }), 1e-6); // which normalizes with its own statistics
  });
});

describe('freezeStatistics', () => {
  it('survives train(), trains weights on, and can be taken back', () => {
    for (const norm of [shaken(new BatchNorm1d(3)), new BatchRenorm(3)]) {
      const model = new Sequential(new Linear(3, 3), norm, new GroupNorm(1, 3));
      const x = random(4, 3);
      model.eval();
      const expected = model.call(x);
      const before = numbers(model.stateDict());
      expect(freezeStatistics(model).train().training).toBe(true);
      const y = model.call(x);
      expect(values(y)).toEqual(values(expected));
      y.backward(random(4, 3));
      expect(norm.weight!.grad).not.toBeNull();
      expect(numbers(model.stateDict())).toEqual(before);
      expect(String(norm)).toContain('evalOnly=true');
      freezeStatistics(model, false);
      expect([norm.training, model.layers[2]!.training]).toEqual([true, true]);
      expect(freezeStatistics(freezeStatistics(model.eval()), false).layers[1]!.training).toBe(false);
      model.train();
      model.call(x);
      expect(numbers(model.stateDict())).not.toEqual(before);
    }
  });

  it('leaves norms without running statistics as they are', () => {
    const norm = freezeStatistics(new BatchNorm1d(3, { trackRunningStatistics: false })).train();
    expect([norm.training, norm.evalOnly]).toEqual([true, false]);
  });
});

describe('inParts', () => {
  it('gives batch norm the whole batch: same results, gradients and statistics, without the activations of the parts', () => {
    class Net extends Module {
      readonly wide = new Linear(2, 500, { generator: new Generator(1) });
      readonly narrow = new Linear(500, 3, { generator: new Generator(2) });
      readonly norm = shaken(new BatchNorm1d(3));
      readonly out = new Linear(3, 1, { generator: new Generator(3) });
      size = 0;
      forward(x: Tensor): Tensor {
        const hidden = (part: Tensor): Tensor => this.narrow.call(this.wide.call(part).tanh());
        return this.out.call(this.norm.call(this.size > 0 ? inParts(hidden, x, this.size) : hidden(x)));
      }
    }
    const [whole, parts] = [new Net(), new Net()];
    parts.loadStateDict(whole.stateDict());
    parts.size = 3; // the last part has 1
    const [x, dy] = [random(7, 2), random(7, 1)];
    const run = (net: Net): { y: Tensor; dx: Tensor; bytes: number } => {
      const input = x.detach().requiresGrad_();
      const before = memoryStatistics().live;
      const y = net.call(input);
      const bytes = memoryStatistics().live - before;
      y.backward(dy);
      return { y, dx: input.grad!, bytes };
    };
    const [expected, actual] = [run(whole), run(parts)];
    expectClose(actual.y, expected.y, 1e-5);
    expectClose(actual.dx, expected.dx, 1e-5);
    const gradients = (net: Net): number[] => net.parameters().flatMap(({ grad }) => values(grad!));
    const buffers = (net: Net): number[] => net.namedBuffers().flatMap(([, buffer]) => values(buffer));
    expectClose(gradients(parts), gradients(whole), 1e-5);
    expectClose(buffers(parts), buffers(whole), 1e-6);
    expect(parts.norm.numBatchesTracked?.value).toBe(1);
    expect(actual.bytes).toBeLessThan(expected.bytes / 10);
  });

  it('refuses parts of no size', () => {
    expect(() => inParts((x) => x, random(2), 0)).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: inParts: size must be a positive integer, got 0.]`,
    );
  });
});

describe('foldBatchNorm', () => {
  it.each([
    ['affine', new Linear(4, 3, { generator }), shaken(new BatchNorm1d(3)), [5, 4]],
    ['without bias', new Linear(4, 3, { bias: false, generator }), shaken(new BatchNorm1d(3, { affine: false })), [5, 4]],
    ['weight-normed', weightNorm(new Linear(4, 3, { generator })), shaken(new BatchNorm1d(3)), [5, 4]],
    ['1d', new Conv1d(4, 6, 3, { stride: 2, padding: 1, groups: 2, generator }), shaken(new BatchNorm1d(6)), [2, 4, 7]],
    [
      '1d float64',
      new Conv1d(2, 3, 2, { dtype: 'float64', generator }),
      shaken(new BatchNorm1d(3, { dtype: 'float64' })),
      [2, 2, 4],
    ],
    [
      '2d',
      new Conv2d(2, 3, [3, 2], { padding: [1, 0], paddingMode: 'circular', generator }),
      shaken(new BatchNorm2d(3)),
      [2, 2, 4, 5],
    ],
    [
      '2d float64',
      new Conv2d(2, 3, 2, { dilation: 2, bias: false, dtype: 'float64', generator }),
      shaken(new BatchNorm2d(3, { dtype: 'float64', eps: 0.5 })),
      [2, 2, 4, 5],
    ],
  ] as const)('gives a layer equal to both in evaluation: %s', (_, layer, norm, shape) => {
    norm.eval();
    const x = randn(shape, { generator, dtype: layer.weight.dtype === 'float64' ? 'float64' : 'float32' });
    const before = numbers(layer.stateDict());
    const { state } = defaultGenerator;
    const folded = foldBatchNorm(layer, norm);
    expect(defaultGenerator.state).toEqual(state);
    expect(folded.constructor).toBe(layer.constructor);
    expectClose(folded.call(x), norm.call(layer.call(x)), layer.weight.dtype === 'float64' ? 1e-14 : 2e-6);
    expect(folded.parameters().length).toBe(2);
    expect(numbers(layer.stateDict())).toEqual(before);
  });

  it('refuses norms without running statistics, and others than that of the layer', () => {
    expect(() =>
      foldBatchNorm(new Linear(4, 3), new BatchNorm1d(3, { trackRunningStatistics: false })),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: foldBatchNorm: BatchNorm1d(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStatistics=false) has no running statistics; only with them it is a fixed scale and shift; train one with trackRunningStatistics: true.]`,
    );
    expect(() => foldBatchNorm(new Linear(4, 3), new BatchNorm1d(4))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: foldBatchNorm: the layer gives 3 channels, the norm takes 4; they must be equal; fold the norm that follows it.]`,
    );
  });
});

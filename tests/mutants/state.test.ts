/** Defects of running statistics. No gradient shows them: the golden buffers do, those of PyTorch after each step. */
import { readFileSync } from 'node:fs';
import { add, mul, relu, type Tensor, tensor } from '@normgrad/autograd';
import { gradcheck } from '@normgrad/gradcheck';
import { BatchNorm1d } from '@normgrad/nn';
import { expect, it } from 'vitest';
import type { GoldenCase, GoldenTensor } from '../golden/format.ts';
import { normal, plant } from './planted.ts';

interface State {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  readonly steps: number;
}
interface Step {
  readonly training: boolean;
  readonly momentum: number | null;
  /** Of each channel. */
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  readonly n: number;
}
type Update = (state: State, step: Step) => State;

interface Rules {
  /** The share of the batch, by the number of steps so far, without this one. */
  readonly share: (step: Step, steps: number) => number;
  readonly correction: (n: number) => number;
  readonly updates: (step: Step) => boolean;
}
const right: Rules = {
  share: ({ momentum }, steps) => momentum ?? 1 / (steps + 1),
  correction: (n) => n / (n - 1),
  updates: ({ training }) => training,
};
const updateBy =
  (defect: Partial<Rules>): Update =>
  (state, step) => {
    const { share, correction, updates } = { ...right, ...defect };
    if (!updates(step)) return state;
    const part = share(step, state.steps);
    const mix = (old: readonly number[], now: readonly number[], factor: number): number[] =>
      old.map((value, c) => value + part * (factor * now[c]! - value));
    return {
      mean: mix(state.mean, step.mean, 1),
      variance: mix(state.variance, step.variance, correction(step.n)),
      steps: state.steps + 1,
    };
  };

const defects: Readonly<Record<string, Partial<Rules>>> = {
  'running-var-biased': { correction: () => 1 },
  'running-var-corrected-twice': { correction: (n) => (n / (n - 1)) ** 2 },
  'momentum-swapped': { share: ({ momentum }, steps) => (momentum === null ? 1 / (steps + 1) : 1 - momentum) },
  'cumulative-as-0.1': { share: ({ momentum }) => momentum ?? 0.1 },
  'cumulative-counted-late': { share: ({ momentum }, steps) => momentum ?? 1 / Math.max(steps, 1) },
  'cumulative-counted-twice': { share: ({ momentum }, steps) => momentum ?? 1 / (steps + 2) },
  'eval-updates-stats': { updates: () => true },
  'training-does-not-update': { updates: () => false },
};

function channelStatistics({ shape: [n = 1, c = 1, ...space], data }: GoldenTensor): Pick<Step, 'mean' | 'variance' | 'n'> {
  const size = space.reduce((product, s) => product * s, 1);
  const channels = Array.from({ length: c }, (_, channel) =>
    data.map(Number).filter((_, i) => Math.floor(i / size) % c === channel),
  );
  const mean = channels.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  const variance = channels.map((values, k) => values.reduce((sum, value) => sum + (value - mean[k]!) ** 2, 0) / values.length);
  return { mean, variance, n: n * size };
}

interface Sequence {
  readonly id: string;
  readonly start: State;
  readonly steps: readonly Step[];
  readonly states: readonly State[];
}
const stateOf = (buffers: Readonly<Record<string, GoldenTensor>>, steps: number): State => ({
  mean: buffers.running_mean!.data.map(Number),
  variance: buffers.running_var!.data.map(Number),
  steps: Number(buffers.num_batches_tracked?.data[0] ?? steps),
});

function sequences(): Sequence[] {
  const file = new URL('../golden/public/batch_norm.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
    cases: (GoldenCase & { inputs: Record<string, GoldenTensor> })[];
  };
  return cases.flatMap(({ id, args = {}, inputs, expect: { buffers, states } }): Sequence[] => {
    const momentum = args.momentum as number | null;
    if (buffers) {
      const training = args.training === true;
      const step = { training, momentum, ...channelStatistics(inputs.x!) };
      return [{ id, start: stateOf(inputs, 0), steps: [step], states: [stateOf(buffers, training ? 1 : 0)] }];
    }
    const after = states as Record<string, GoldenTensor>[] | undefined;
    if (!after?.[0]?.running_mean) return [];
    const steps = (args.modes as string[]).map((mode, k) => ({
      training: mode === 'train',
      momentum,
      ...channelStatistics(inputs[`x${k}`]!),
    }));
    const start = { mean: steps[0]!.mean.map(() => 0), variance: steps[0]!.mean.map(() => 1), steps: 0 };
    return [{ id, start, steps, states: after.map((state) => stateOf(state, 0)) }];
  });
}

/** The cases whose buffers come out otherwise than PyTorch's. */
function contradicting(update: Update): string[] {
  const flat = ({ mean, variance, steps }: State): number[] => [...mean, ...variance, steps];
  return sequences().flatMap(({ id, start, steps, states }) => {
    let state = start;
    const differs = steps.some((step, k) => {
      state = update(state, step);
      const expected = flat(states[k]!);
      return flat(state).some((value, i) => Math.abs(value - expected[i]!) > 1e-9 * Math.max(1, Math.abs(expected[i]!)));
    });
    return differs ? [id] : [];
  });
}

it('golden buffers agree with the right update', () => {
  expect(sequences().length).toBeGreaterThan(10);
  expect(contradicting(updateBy({}))).toEqual([]);
});

it.each(Object.entries(defects))('golden buffers tell %s', (_, defect) => {
  expect(contradicting(updateBy(defect))).not.toEqual([]);
});

const property = (fn: (...xs: Tensor[]) => Tensor, inputs: Tensor[], buffers: Tensor[] = []): string[] =>
  gradcheck(fn, inputs, { buffers }).violations.map((violation) => violation.property);

it('a changed buffer tells stats-saved-by-reference', () => {
  const running = tensor([0.5, 2, 1], { dtype: 'float64' });
  const scale = (x: Tensor): Tensor => mul(x, add(running, 0).detach()); // forward copies them
  const byReference = plant((x) => scale(x!), ['x'], { x: ({ dy }) => mul(dy, running) });
  expect(property((x) => scale(x!), [normal([2, 3])], [running])).toEqual([]);
  expect(property(byReference, [normal([2, 3])], [running])).toContain('buffers change in forward, and then only');
});

it('a layer used twice tells grad-overwrite, and values saved where the next forward writes', () => {
  let uses = 0;
  const overwrites = plant((x, w) => mul(x!, w!), ['x', 'weight'], {
    weight: ({ dy, right }) => (uses++ % 2 === 0 ? right() : mul(dy, 0)),
  });
  expect(property(overwrites, [normal([3]), normal([3], 1, 6)])).toContain('two uses add up');
  let saved = normal([3]);
  const stale = plant(
    (x) => {
      saved = relu(x!).detach();
      return mul(relu(x!), relu(x!));
    },
    ['x'],
    { x: ({ dy }) => mul(mul(dy, saved), 2) },
  );
  const twice = (x: Tensor): Tensor => add(stale(x), stale(mul(x, 0.5)));
  expect(gradcheck(twice, [normal([3])]).verdict).toBe('failed');
});

it('a value that backward needs cannot be written over', () => {
  const layer = new BatchNorm1d(3);
  const x = tensor([1, 2, 4, 3, 5, -1], { shape: [2, 3], requiresGrad: true });
  const y = layer.forward(mul(x, 2));
  expect(() => y.assign(relu(y).detach())).toThrow(/assign/);
});

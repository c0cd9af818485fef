/** Defects that single gradients at one point do not show, each with what the report says of it. */
import {
  abs,
  add,
  amax,
  cast,
  clamp,
  defineOp,
  grad,
  gt,
  internals,
  isRecording,
  log,
  lt,
  maximum,
  mul,
  pow,
  relu,
  sort,
  sqrt,
  square,
  sub,
  type Tensor,
  tanh,
  tensor,
  where,
  zerosLike,
} from '@normgrad/autograd';
import { gradcheck, type TensorFunction } from '@normgrad/gradcheck';
import { describe, expect, it } from 'vitest';

const numbers = (...values: number[]): Tensor => tensor(values, { dtype: 'float64' });
const valuesOf = (x: Tensor): Float64Array => Float64Array.from(x.toTypedArray());
const { addr, heap } = internals;

type Backward = (dy: Tensor, inputs: readonly Tensor[], y: Tensor) => Tensor[];

/** `fn` as an op with a backward of its own, and with another for plain runs if one is given. */
function opOf(
  count: number,
  fn: (inputs: readonly Tensor[]) => Tensor,
  backward: Backward,
  fused?: Fused,
): (...xs: Tensor[]) => Tensor {
  const names = Array.from({ length: count }, (_, i) => `a${i}`);
  const run = (inputs: readonly Tensor[]): Tensor => fn(inputs.map((x) => x.detach()));
  const op = defineOp<readonly string[], readonly ['y'], object>({
    name: 'planted',
    inputs: names,
    outputs: ['y'],
    infer: (inputs) => [run(inputs as readonly Tensor[])],
    forward: (inputs, [y]) => void y.assign(run(inputs as readonly Tensor[])),
    backward: ({ inputs, outputs: [y] }, [dy]) =>
      Object.fromEntries(names.map((name, i) => [name, () => backward(dy, inputs as readonly Tensor[], y)[i]!])),
    ...(fused && {
      fused: ({ inputs }, [dy], wanted) => {
        const found = fused(dy, inputs as readonly Tensor[], wanted as readonly boolean[]);
        return Object.fromEntries(names.map((name, i) => [name, found[i]]));
      },
    }),
  });
  return (...xs) => op.run(xs, {})[0];
}
type Fused = (dy: Tensor, inputs: readonly Tensor[], wanted: readonly boolean[]) => Tensor[];

const squareBy = (backward: (dy: Tensor, x: Tensor) => Tensor) =>
  opOf(
    1,
    ([x]) => square(x!),
    (dy, [x]) => [backward(dy, x!)],
  );
const tanhBy = (slope: (y: Tensor) => Tensor, result = (x: Tensor): Tensor => x) =>
  opOf(
    1,
    ([x]) => tanh(x!),
    (dy, _, y) => [result(mul(dy, slope(y)))],
  );
const right = (y: Tensor): Tensor => sub(1, square(y));
const single = (x: Tensor): Tensor => cast(cast(x, 'float32'), 'float64');
/** Changes the values of a tensor behind the library's back. */
function overwrite(x: Tensor, by: (value: number) => number): void {
  const from = addr(x) / 8;
  for (let i = from; i < from + x.size; i++) heap.f64[i] = by(heap.f64[i]!);
}

/** A function of x, or of x and w, and a part of its report. */
const defects: Readonly<Record<string, () => readonly [fn: TensorFunction, says: string | RegExp, ...inputs: Tensor[]]>> = {
  'a shortcut for uniform cotangents': () => {
    const uniform = (dy: Tensor): boolean => valuesOf(dy).every((value, _, [first]) => value === first && value !== 0);
    return [squareBy((dy, x) => mul(mul(dy, x), uniform(dy) ? 1 : 2)), 'not linear in the cotangent'];
  },
  'a shortcut for cotangents of one entry': () => {
    const alone = (dy: Tensor): boolean => valuesOf(dy).filter((value) => value !== 0).length === 1;
    return [squareBy((dy, x) => mul(mul(dy, x), alone(dy) ? 1 : 2)), 'not linear in the cotangent'];
  },
  'gradients that are clipped': () => [
    squareBy((dy, x) => clamp(mul(mul(dy, x), 2), { min: -100, max: 100 })),
    'with 1073741824 times the cotangent',
  ],
  'small cotangents that are dropped': () => [
    squareBy((dy, x) => mul(mul(where(lt(abs(dy), 1e-4), zerosLike(dy), dy), x), 2)),
    'times the cotangent',
  ],
  'a result rounded to float32': () => [tanhBy(right, single), 'does backward use float32?'],
  'a factor rounded to float32': () => [tanhBy((y) => single(right(y))), 'does backward use float32?'],
  'a value kept from the first call': () => {
    let kept: Tensor | undefined;
    const keep = ([x]: readonly Tensor[]): Tensor => {
      kept ??= tensor(valuesOf(x!));
      return square(x!);
    };
    return [opOf(1, keep, (dy) => [mul(mul(dy, kept!), 2)]), /planted node #0.*\n(.*\n)+.*not right beside the point/];
  },
  'a value kept from the latest call': () => {
    let kept: Tensor | undefined;
    const keep = ([x]: readonly Tensor[]): Tensor => {
      kept = tensor(valuesOf(x!));
      return square(x!);
    };
    return [opOf(1, keep, (dy) => [mul(mul(dy, kept!), 2)]), 'with another call between forward and backward'];
  },
  'a graph that serves once': () => {
    const used = new WeakSet<Tensor>();
    const halved: Backward = (dy, [x], y) => {
      const again = used.has(y);
      used.add(y);
      return [mul(mul(dy, x!), again ? 1 : 2)];
    };
    return [opOf(1, ([x]) => square(x!), halved), 'by a second backward through the same graph'];
  },
  'a backward that overwrites what it saved': () => {
    const spoils: Backward = (dy, _, y) => {
      const dx = mul(dy, right(y));
      overwrite(y, (value) => value / 2);
      return [dx];
    };
    return [opOf(1, ([x]) => tanh(x!), spoils), 'by a second backward'];
  },
  'an input changed in place, to what stays the same the next time': () => [
    (x) => {
      overwrite(x!, (value) => Math.max(value, 0));
      return tanh(x!);
    },
    'input 0 (x) was changed',
  ],
  'another path without recording': () => [(x) => mul(tanh(x!), isRecording() ? 1 : 1.001), 'under noGrad, output 0 is'],
  'a gradient that is wrong where one input of three is frozen': () => {
    const product: Fused = (dy, [a, b]) => [mul(dy, b!), mul(dy, a!), dy];
    const op = opOf(
      3,
      ([a, b, c]) => add(mul(a!, b!), c!),
      (dy, inputs) => product(dy, inputs, []),
      (dy, inputs, [first, second, third]) => product(first && second && !third ? mul(dy, 2) : dy, inputs, []),
    );
    return [op, 'where x0 and x1 alone require one', numbers(1, 2), numbers(3, -1), numbers(0.5, 4)];
  },
  'an op behind a rounding to float32': () => {
    const half = squareBy((dy, x) => mul(dy, x));
    return [(x) => half(single(x!)), /planted node #2.*input 0 \(a0\)/];
  },
  'a diagonal': () => [
    opOf(
      2,
      ([a, b]) => mul(a!, b!),
      (dy, [a]) => [mul(dy, a!), mul(dy, a!)],
    ),
    /input 0 \(x0\) \[1\](.|\n)*not right beside the point/,
    numbers(2),
    numbers(2),
  ],
  'a tie that counts twice': () => {
    const all: Backward = (dy, [x], y) => [where(lt(x!, y), zerosLike(x!), mul(add(zerosLike(x!), 1), dy))];
    return [opOf(1, ([x]) => amax(x!, { dim: 0 }), all), 'with all elements that are 3 moved at once', numbers(3, 1, 3, 2)];
  },
};

describe('finds', () => {
  it.each(Object.entries(defects))('%s', (_, make) => {
    const [fn, says, ...inputs] = make();
    const report = gradcheck(fn, inputs.length > 0 ? inputs : [numbers(0.5, -1.2, 2, 0.8)]);
    expect(report.verdict).toBe('failed');
    expect(String(report)).toMatch(says);
  });
});

describe('raises no alarm', () => {
  const near = (x: Tensor): Tensor => sub(add(x, 1e6), 1e6);
  const right: Readonly<Record<string, readonly [fn: TensorFunction, x: Tensor, verdict: string]>> = {
    'where an element is far smaller than the others': [(x) => tanh(mul(x!, 1e5)), numbers(1e-6, 1, 1e6), 'passed'],
    'at a logarithm there': [(x) => log(x!), numbers(1e-6, 1, 1e6), 'passed'],
    'where squares overflow': [(x) => mul(x!, 1e-200), numbers(1e200, -2e200, 0.5e200), 'passed'],
    'where a sum keeps 4 digits of its input': [near, numbers(1e-6, -2e-6, 0.5e-6), 'inconclusive'],
    'beside a kink up to which an output is constant': [
      (x) => [relu(sub(x!, 1.0003)), square(x!)],
      numbers(1, -0.5, 0.25),
      'passed',
    ],
    'at a tie of three': [(x) => sort(x!, { dim: 0 }).values, numbers(1, 1, 1, 0), 'passed'],
    'for relu of zeros, whose outputs have no noise': [(x) => relu(x!), numbers(0, 0, 0), 'kink'],
    'for what differentiates by itself': [
      (x) => grad(pow(x!, 3), [x!], { gradOutputs: [x!], createGraph: true })[0]!,
      numbers(1, -0.5, 0.25),
      'passed',
    ],
    'beside an output that is no number': [(x) => [log(x!), square(x!)], numbers(-1, 1, 2), 'inconclusive'],
  };
  it.each(Object.entries(right))('%s', (_, [fn, x, verdict]) => {
    const reports = [0, 1, 2].map((seed) => gradcheck(fn, [x], { seed }));
    expect(reports.map((report) => report.verdict)).toEqual(Array(3).fill(verdict));
  });
});

it('confirms no slope at a vertical tangent', () => {
  const root = opOf(
    1,
    ([x]) => sqrt(abs(x!)),
    (dy, [x]) => [mul(dy, where(gt(abs(x!), 0), zerosLike(x!), add(zerosLike(x!), 5)))],
  );
  expect(gradcheck(root, [numbers(0)]).passed).toBe(false);
});

it('says which input the outputs do not change with', () => {
  const report = gradcheck((x, w) => add(x!, clamp(w!, { min: -1, max: 1 })), [numbers(1, 2), numbers(3, -4)], {
    names: ['x', 'w'],
  });
  expect(String(report)).toContain('input 1 (w) [2]: zero, for the outputs do not change with it');
  expect(String(gradcheck((x) => maximum(x!, 0), [numbers(1, 2)]))).toContain('agrees to');
});

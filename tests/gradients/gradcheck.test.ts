/** What gradcheck says: verdicts, reports and refusals. */
import {
  abs,
  add,
  batchNorm,
  crossEntropy,
  defineOp,
  div,
  exp,
  Generator,
  layerNorm,
  log,
  max,
  maximum,
  mean,
  mseLoss,
  mul,
  ones,
  randn,
  relu,
  setDeterministic,
  softmax,
  square,
  sub,
  sum,
  switchableNorm,
  type Tensor,
  tanh,
  tensor,
  zeros,
  zerosLike,
} from '@normgrad/autograd';
import { assertGradients, GradcheckError, gradcheck } from '@normgrad/gradcheck';
import { Linear } from '@normgrad/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const generator = new Generator(1);
const normal = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', generator });
const numbers = (...values: number[]): Tensor => tensor(values, { dtype: 'float64' });

/** tanh with another derivative than its own. */
function wrongTanh(slope: (y: Tensor) => Tensor, fused?: (y: Tensor) => Tensor) {
  const op = defineOp({
    name: 'wrongTanh',
    inputs: ['x'],
    outputs: ['y'],
    infer: ([x]) => [x],
    forward: ([x], [y]) => void y.assign(tanh(x.detach())),
    backward: ({ outputs: [y] }, [dy]) => ({ x: () => mul(dy, slope(y)) }),
    ...(fused && {
      fused: ({ outputs: [y] }: { outputs: readonly [Tensor] }, [dy]: readonly [Tensor]) => ({ x: mul(dy, fused(y)) }),
    }),
  });
  return (x: Tensor): Tensor => op.run([x], {})[0];
}
const right = (y: Tensor): Tensor => sub(1, square(y));

describe('verdicts', () => {
  it('passes to the highest order asked for', () => {
    const report = gradcheck((a, b) => mul(tanh(a), b), [normal(2, 3), normal(3)], { order: 3, names: ['a', 'b'] });
    expect(report.passed).toBe(true);
    expect(report.inputs.map(({ order, name }) => `${order} ${name}`)).toEqual([
      '1 a',
      '1 b',
      '2 a',
      '2 b',
      '2 v',
      '3 a',
      '3 b',
      '3 v',
      '3 v(da)',
      '3 v(db)',
    ]);
  });

  it('takes several outputs', () => {
    expect(gradcheck((x) => [exp(x), sum(x)], [normal(4)], { order: 2 }).passed).toBe(true);
  });

  it('finds a derivative of order 2 that is wrong where that of order 1 is right', () => {
    const detached = wrongTanh((y) => right(y.detach()));
    expect(gradcheck(detached, [normal(3)]).passed).toBe(true);
    const report = gradcheck(detached, [normal(3)], { order: 2 });
    expect(report.verdict).toBe('failed');
    expect(report.inputs.find(({ verdict }) => verdict === 'failed')).toMatchObject({ order: 2, index: 0, name: 'x' });
  });

  it('finds a wrong composed backward behind a right fused one, and the other way round', () => {
    const composed = gradcheck(
      wrongTanh(() => numbers(2), right),
      [normal(3)],
    );
    expect(String(composed)).toContain('analytic (createGraph)');
    expect(composed.verdict).toBe('failed');
    expect(gradcheck(wrongTanh(right, zerosLike), [normal(3)]).verdict).toBe('failed');
  });

  it('finds one wrong element of many', () => {
    const weights = tensor(Float64Array.from({ length: 300 }, (_, i) => (i === 211 ? 0 : 1)));
    const x = normal(300);
    const report = gradcheck((a) => add(mul(square(a), weights), mul(square(a), sub(1, weights)).detach()), [x]);
    const { verdict, comparisons } = report.inputs[0]!;
    expect(verdict).toBe('failed');
    expect(comparisons.find((comparison) => comparison.verdict === 'failed')).toMatchObject({ element: 211, analytic: 0 });
  });

  it('sees features far narrower than the spread', () => {
    expect(gradcheck(relu, [numbers(-1e-4, 1, 2, -3)]).passed).toBe(true);
    expect(gradcheck(log, [numbers(1e-3, 1, 2)]).passed).toBe(true);
    // A constant group: its derivative lives within sqrt(eps) of it.
    expect(gradcheck((x) => layerNorm(x, 3), [numbers(100, 100, 100)]).passed).toBe(true);
  });

  it('accepts a subgradient at a kink, a tie or a jump, and nothing else', () => {
    const cases: [(x: Tensor) => Tensor, number[], string | undefined][] = [
      [relu, [0, 1, -2], 'at a kink (relu)'],
      [abs, [3, 0], undefined], // the central difference is its derivative there
      [(x) => maximum(x, numbers(1, 2)), [1, 5], undefined], // likewise: half each
      [(x) => max(x, { dim: 0 }).values, [1, 4, 4], 'at a kink (gather)'], // of the values by their indices
    ];
    for (const [fn, x, kink] of cases) {
      expect(gradcheck(fn, [numbers(...x)], { order: 2 }).verdict).toBe('passed');
      expect(/at a kink \(\w+\)/.exec(String(gradcheck(fn, [numbers(...x)])))?.[0]).toBe(kink);
    }
    expect(gradcheck(relu, [numbers(0, 0)]).verdict).toBe('kink');
    const cut = (x: Tensor): Tensor => add(relu(x), x.detach()); // slopes 1 and 2, of which the tape knows 0
    expect(String(gradcheck(cut, [numbers(0, 0)]))).toContain('not smooth here (relu): numeric');
  });

  it('tells a kink nearby from one at the point', () => {
    for (const distance of [1e-3, 1e-6, 1e-7]) {
      const report = gradcheck(relu, [numbers(distance, -distance, 1)]);
      expect(report.verdict, String(report)).toBe('passed');
      expect(String(report)).not.toContain('kink');
    }
  });

  it.each([1e4, 1e6, 1e8])('measures what rounds the input to a coarse grid: x + %d, less the same', (far) => {
    const near = (x: Tensor): Tensor => sub(add(x, far), far);
    const verdicts = Array.from({ length: 8 }, (_, seed) => {
      const x = randn([3, 2], { dtype: 'float64', generator: new Generator(seed) });
      return [exp, tanh, (a: Tensor) => mul(a, a)].map((f) => gradcheck((a) => f(near(a)), [x], { seed }).verdict);
    }).flat();
    expect(verdicts).not.toContain('failed');
    if (far < 1e8) expect(verdicts.filter((verdict) => verdict !== 'passed')).toEqual([]);
    // A mistake far above that rounding is still one.
    const wrong = (x: Tensor): Tensor => mul(exp(near(x)), add(mul(x.detach(), 1e-3), 1));
    expect(gradcheck(wrong, [numbers(0.3, -1.2, 0.8)]).verdict).toBe('failed');
  });

  it('measures rounding: a mean of 1e4 spreads costs digits and raises no alarm', () => {
    const report = gradcheck((x) => layerNorm(x, 4), [numbers(1e4 + 1, 1e4 - 0.7, 1e4 + 2, 1e4 - 0.2)], { order: 2 });
    expect(report.passed, String(report)).toBe(true);
    const strict = gradcheck((x) => layerNorm(x, 4), [numbers(1e4 + 1, 1e4 - 0.7, 1e4 + 2, 1e4 - 0.2)], { digits: 12 });
    expect(strict.verdict).toBe('inconclusive');
  });

  it('measures the rounding of float32 within, of a loss too', () => {
    const loss = (x: Tensor): Tensor => mseLoss(exp(x.float()), zeros([3])).double();
    const report = gradcheck(loss, [numbers(0.3, -1.2, 0.8)], { digits: 2 });
    expect(report.passed, String(report)).toBe(true);
    const wrong = (x: Tensor): Tensor => mul(loss(x), add(mul(x.detach(), 0.01), 1));
    expect(gradcheck(wrong, [numbers(0.3, -1.2, 0.8)]).verdict).toBe('failed');
  });

  it('confirms nothing where there is nothing to see', () => {
    const other = normal(3);
    expect(gradcheck(() => exp(other), [normal(3)]).verdict).toBe('inconclusive');
    expect(gradcheck(log, [numbers(-1, 1)]).verdict).toBe('inconclusive');
    expect(gradcheck(log, [numbers(-0.2044229520529428, 0.2900704863673256, -0.37957475845470795)]).verdict).toBe('inconclusive');
  });

  it('repeats itself, seed by seed', () => {
    const x = normal(3);
    const text = (seed: number) => JSON.stringify(gradcheck(exp, [x], { seed }));
    expect(text(4)).toBe(text(4));
    expect(text(4)).not.toBe(text(5));
  });

  it('leaves the inputs alone', () => {
    const x = normal(3).requiresGrad_();
    const before = x.toArray();
    assertGradients(exp, [x]);
    expect(x.toArray()).toEqual(before);
    expect(x.grad).toBeNull();
  });
});

describe('properties of any backward', () => {
  /** x w with a backward of one's own. */
  function product(backward: (x: Tensor, w: Tensor, dy: Tensor) => { x: () => Tensor; w: () => Tensor }) {
    const op = defineOp<readonly ['x', 'w'], readonly ['y'], undefined>({
      name: 'product',
      inputs: ['x', 'w'],
      outputs: ['y'],
      infer: ([x]) => [x],
      forward: ([x, w], [y]) => void y.assign(mul(x.detach(), w.detach())),
      backward: ({ inputs: [x, w] }, [dy]) => backward(x, w, dy),
    });
    return (x: Tensor, w: Tensor): Tensor => op.run([x, w], undefined)[0];
  }
  const [x, w] = [numbers(0.5, -1, 0.25), numbers(2, 3, -1)];
  const broken = (fn: (...xs: Tensor[]) => Tensor | Tensor[], options = {}): string[] =>
    gradcheck(fn, [x, w], { names: ['x', 'w'], ...options }).violations.map(({ property }) => property);

  it('hold of a right one', () => {
    const right = product((a, b, dy) => ({ x: () => mul(dy, b), w: () => mul(dy, a) }));
    expect(broken(right as never)).toEqual([]);
    const [mean, variance] = [numbers(0, 0, 0), numbers(1, 1, 1)];
    const norm = (a: Tensor, weight: Tensor): Tensor =>
      batchNorm(mul(a, numbers(1, 2, 4, 3).reshape([4, 1])), { weight, runningMean: mean, runningVar: variance, training: true });
    expect(broken(norm as never, { buffers: [mean, variance] })).toEqual([]);
    expect([mean.toArray(), variance.toArray()]).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });

  it('tell a gradient that ignores its cotangent, or is not linear in it', () => {
    const ignores = product((a, b, dy) => ({ x: () => add(mul(dy, b), 1e-9), w: () => mul(dy, a) }));
    expect(broken(ignores as never)).toEqual(['a zero cotangent gives zero', 'linear in the cotangent']);
    const squares = product((a, b, dy) => ({ x: () => mul(dy, b), w: () => mul(abs(dy), a) }));
    expect(broken(squares as never)).toContain('linear in the cotangent');
    const quadratic = product((a, b, dy) => ({ x: () => mul(dy, b), w: () => mul(square(dy), a) }));
    expect(broken(quadratic as never)).toContain('linear in the cotangent');
    expect(String(gradcheck(squares as never, [x, w]))).toMatch(/not linear in the cotangent: the gradient of input 1 \(x1\) is/);
  });

  it('tell noise from a function', () => {
    const noise = new Generator(2);
    const noisy = (a: Tensor): Tensor => add(a, randn([3], { dtype: 'float64', generator: noise }));
    expect(broken(noisy as never)).toContain('the same twice');
  });

  it('tell a gradient that is assigned, not added', () => {
    let uses = 0;
    const once = product((a, b, dy) => ({ x: () => mul(dy, b), w: () => (uses++ % 2 === 0 ? mul(dy, a) : zerosLike(a)) }));
    expect(broken(once as never)).toContain('two uses add up');
  });

  it('tell a change of the inputs or of the state', () => {
    const writes = product((a, b, dy) => {
      dy.storage.version++; // as in-place code would
      const moved = mul(dy, b);
      return { x: () => moved, w: () => mul(dy, a) };
    });
    expect(broken(writes as never)).toEqual([]);
    const counter = numbers(0, 0, 0);
    const counts = (a: Tensor): Tensor => {
      counter.assign(add(counter, 1));
      return mul(a, add(counter, 1).detach());
    };
    expect(broken(counts as never, { buffers: [counter] })).toEqual([]);
    const late = product((a, b, dy) => ({ x: () => mul(dy, add(b, counter)), w: () => mul(dy, a) })); // reads it at backward
    expect(broken(late as never, { buffers: [counter] })).toContain('buffers change in forward, and then only');
  });

  it('tell an output without a cotangent from one of zeros', () => {
    const right = (a: Tensor, b: Tensor): Tensor[] => [mul(a, b), sum(a)];
    expect(broken(right as never)).toEqual([]);
  });

  it('tell a forward mode that is wrong where backward is right', () => {
    const detached = product((a, b, dy) => ({ x: () => mul(dy.detach(), b), w: () => mul(dy, a) }));
    expect(String(gradcheck(detached as never, [x, w]))).toContain('analytic (forward)  0.00000000000');
  });
});

describe('reports', () => {
  // Fused multiply-adds move the last digits.
  beforeAll(() => setDeterministic(true));
  afterAll(() => setDeterministic(false));

  const x = numbers(0.5, -1, 0.25);
  const weight = tensor([[2], [-1]], { dtype: 'float64' });

  it('name input, element, both values and the order', () => {
    const report = gradcheck((a, w) => mul(wrongTanh((y) => mul(right(y), 2))(a), w), [x, weight], {
      names: ['x', 'weight'],
      seed: 3,
    });
    expect(String(report).replace(/\(\S+(gradcheck\.test\.ts):\d+\)/, '($1)')).toMatchInlineSnapshot(`
      "gradcheck FAILED: wrongTanh node #0 (gradcheck.test.ts), input 0 (x) [3], element [0]
        analytic  1.15783707701   numeric  0.578918538504 +- 1.3e-13   agreement 0 digits (12 certified)
        3 of 3 elements wrong; analytic/numeric = 2 everywhere
        looks like: twice what it should be: added twice?
        order 1, seed 3"
    `);
  });

  it('name the op on the tape that is to blame, or that a detached value comes to', () => {
    const double = wrongTanh((y) => mul(right(y), 2));
    const deep = (a: Tensor, w: Tensor): Tensor => exp(double(layerNorm(mul(a, w), 3)));
    const { culprit } = gradcheck(deep, [x, weight]);
    expect(culprit).toMatchObject({ op: 'wrongTanh', index: 2 });
    expect(culprit?.line).toMatch(/gradcheck\.test\.ts:\d+:\d+$/);
    const cut = (a: Tensor): Tensor => tanh(sub(square(a), mean(a).detach()));
    const text = String(gradcheck(cut, [x]));
    expect(text).toMatch(/in sub node #1 \(.*\), its input b depends on what is differentiated and enters as a constant/);
  });

  it('find it at higher orders too', () => {
    const detached = wrongTanh((y) => right(y.detach()));
    const { culprit } = gradcheck((a) => exp(detached(mul(a, 2))), [x], { order: 2 });
    expect(culprit).toMatchObject({ op: 'wrongTanh', index: 1 });
    expect(culprit?.mistake).toMatchInlineSnapshot(
      `"backward is right, its derivative is not: something in it is detached, or computed outside of tensor ops"`,
    );

    // y = x / s of a hidden s = <x, x>, whose cotangent is 0 at first order and easily forgotten at the second.
    const scaled = (cotangent: (ds: Tensor, x: Tensor) => Tensor) => {
      const op = defineOp({
        name: 'scaled',
        inputs: ['x'],
        outputs: ['y'],
        hidden: ['s'],
        infer: ([a]) => [a, { shape: [], dtype: a.dtype }],
        forward([a], [y, s]) {
          s.assign(sum(square(a.detach())));
          y.assign(div(a.detach(), s));
        },
        backward: ({ inputs: [a], outputs: [y, s] }, [dy, ds]) => ({
          x: () => {
            const own = ds ? cotangent(ds, a) : zerosLike(a);
            return dy ? add(own, div(sub(dy, mul(mul(sum(mul(dy, y)), 2), a)), s)) : own;
          },
        }),
      });
      return (a: Tensor): Tensor => op.run([a], {})[0];
    };
    expect(
      gradcheck(
        scaled((ds, a) => mul(mul(ds, a), 2)),
        [x],
        { order: 3 },
      ).verdict,
    ).toBe('passed');
    const forgotten = gradcheck(
      scaled((_, a) => zerosLike(a)),
      [x],
      { order: 2 },
    );
    expect(forgotten.culprit?.mistake).toMatchInlineSnapshot(
      `"the cotangent of s is left out of backward: where that is differentiated, a hidden output has one"`,
    );
  });

  it('say what agrees to how many digits', () => {
    expect(String(gradcheck((a, w) => mul(a, w), [x, weight], { order: 2, names: ['x', 'weight'] }))).toMatchInlineSnapshot(`
      "gradcheck passed: orders 1 to 2, seed 0
        input 0 (x) [3]: agrees to 12 digits
        input 1 (weight) [2, 1]: agrees to 12 digits
        order 2, input 0 (x) [3]: agrees to 11 digits
        order 2, input 1 (weight) [2, 1]: agrees to 12 digits
        order 2, input 2 (v) [2, 3]: agrees to 12 digits"
    `);
  });

  it('are the message of assertGradients', () => {
    const wrong = wrongTanh((y) => y);
    const report = gradcheck(wrong, [x]);
    expect(() => assertGradients(wrong, [x])).toThrow(new GradcheckError(report));
    expect(new GradcheckError(report).report).toBe(report);
  });

  it('say why nothing is certain', () => {
    expect(String(gradcheck(log, [numbers(-1, 1)]))).toMatchInlineSnapshot(`
      "gradcheck inconclusive: input 0 (x) [2], element [0]
        analytic  1.14907870198   numeric  NaN +- Infinity   agreement 0 digits (0 certified)
        differences by different steps disagree: the function is not smooth here, or not finite
        order 1, seed 0"
    `);
  });
});

describe('refusals', () => {
  const x = normal(3, 4);
  const refused = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      return String(error);
    }
    throw new Error('nothing was refused');
  };

  it('a constant cotangent', () => {
    expect(refused(() => gradcheck(exp, [x], { cotangent: ones([3, 4], { dtype: 'float64' }) }))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: cotangent 0 is constant (every entry 1); it must vary, for norms are blind to a constant one: the terms of dx cancel, right or wrong; leave it out for a random one."`,
    );
    expect(gradcheck(exp, [x], { cotangent: normal(3, 4) }).passed).toBe(true);
    expect(gradcheck((a) => sum(exp(a)), [x], { cotangent: numbers(2).reshape([]) }).passed).toBe(true);
  });

  it('the sum of a norm', () => {
    expect(refused(() => gradcheck((a) => sum(layerNorm(a, 4)), [x]))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: fn ends in the sum or mean of layerNorm, which weighs all its elements alike; norms are blind to that: the terms of dx cancel, right or wrong; return the tensor itself, and it is weighed with a random cotangent."`,
    );
    const weight = normal(4);
    const all = numbers(1);
    expect(refused(() => gradcheck((a) => mean(batchNorm(a, { training: true, weight })), [x]))).toContain(
      'sum or mean of batchNorm',
    );
    const layer = (a: Tensor) => switchableNorm(a, all, all, { useBn: false });
    expect(refused(() => gradcheck((a) => div(sum(layer(a)), 12), [x]))).toContain('blind');
    expect(refused(() => gradcheck((a) => sum(softmax(a, { dim: 1 })), [x]))).toContain('sum or mean of softmax');
  });

  it('but not a loss', () => {
    const target = tensor([0, 3, 1], { dtype: 'int32' });
    expect(gradcheck((a) => crossEntropy(layerNorm(a, 4), target), [x]).passed).toBe(true);
    expect(gradcheck((a) => mean(square(sub(layerNorm(a, 4), 0.5))), [x]).passed).toBe(true);
    expect(gradcheck((a) => sum(a), [x]).passed).toBe(true);
  });

  it('inputs that are not float64 tensors', () => {
    expect(refused(() => gradcheck(exp, [randn([2])]))).toMatchInlineSnapshot(
      `"DTypeError: gradcheck: input 0 (x) is float32; it must be float64, for rounding hides what is checked; pass it as .double()."`,
    );
    expect(refused(() => gradcheck(exp, [tensor([1, 2], { dtype: 'int32' })]))).toMatchInlineSnapshot(
      `"DTypeError: gradcheck: input 0 (x) is int32; it must be float64, for nothing else has derivatives to check; let fn close over it instead."`,
    );
    // @ts-expect-error: not a tensor
    expect(refused(() => gradcheck(exp, [[1, 2]]))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: input 0 (x) is an object; it must be a float64 tensor."`,
    );
    expect(refused(() => gradcheck(() => x, []))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: no inputs were given; give one or more tensors to differentiate by."`,
    );
  });

  it('functions that return something else', () => {
    // @ts-expect-error: a Promise
    expect(refused(() => gradcheck(async (a) => exp(a), [x]))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: fn returned a Promise; it must be synchronous; await what it needs before the check."`,
    );
    // @ts-expect-error: a number
    expect(refused(() => gradcheck((a) => sum(a).item(), [x]))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: fn returned 1.5243343985324502; it must return a tensor or an array of them."`,
    );
    // @ts-expect-error a module, as PyTorch takes it
    expect(refused(() => gradcheck(new Linear(2, 2), [x]))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: fn is a Linear; it must be a function of tensors; for a module write (x) => module.call(x)."`,
    );
    expect(refused(() => gradcheck(() => [], [x]))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: fn returned an empty array; it must return a tensor or an array of them."`,
    );
    expect(refused(() => gradcheck((a) => a.float(), [x]))).toMatchInlineSnapshot(
      `"DTypeError: gradcheck: output 0 of fn is float32; it must be float64; return float results, and convert none."`,
    );
  });

  it('options that cannot be', () => {
    expect(refused(() => gradcheck(exp, [x], { order: 0 }))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: order 0 was given; it must be an integer from 1 on."`,
    );
    expect(refused(() => gradcheck(exp, [x], { names: ['a', 'b'] }))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: 2 names were given for 1 inputs; give one for each, or none."`,
    );
    expect(refused(() => gradcheck(exp, [x], { cotangent: normal(4, 3) }))).toMatchInlineSnapshot(
      `"ShapeError: gradcheck: cotangent 0 is float64 of shape [4, 3]; it must be float64 of shape [3, 4], as output 0 is."`,
    );
    expect(refused(() => gradcheck(exp, [x], { cotangent: [] }))).toMatchInlineSnapshot(
      `"ArgumentError: gradcheck: 0 cotangents were given for 1 outputs; give one for each."`,
    );
  });
});

/** vjp, jvp, jacobian and hessian: values, nesting in every order, what they leave alone, and what they refuse. */
import {
  batchNorm,
  checkpoint,
  exp,
  grad,
  hessian,
  jacobian,
  jvp,
  layerNorm,
  linearize,
  memoryStatistics,
  mul,
  noGrad,
  sin,
  softmax,
  sum,
  type Tensor,
  tensor,
  vjp,
  zeros,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { thrown, values } from './support.ts';

const wide = (...data: number[]): Tensor => tensor(data, { dtype: 'float64' });
const leaf = (...data: number[]): Tensor => wide(...data).requiresGrad_();

const x = wide(0.3, 0.7);
const v = wide(1, -2);
const near = (actual: Tensor, expected: readonly number[], digits = 12): void =>
  values(actual).forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, digits));

describe('jvp', () => {
  it('is the derivative along the tangent, beside the value', () => {
    const { output, tangent } = jvp((a) => mul(sin(a), a), [x], [v]);
    near(output, [0.3 * Math.sin(0.3), 0.7 * Math.sin(0.7)]);
    near(tangent, [Math.sin(0.3) + 0.3 * Math.cos(0.3), -2 * (Math.sin(0.7) + 0.7 * Math.cos(0.7))]);
    expect([output.requiresGrad, tangent.requiresGrad, x.requiresGrad]).toEqual([false, false, false]);
  });

  it('takes several inputs, equal ones too, and gives several outputs', () => {
    const { output, tangent } = jvp(
      (a, b) => [mul(a, b), sum(b), zeros([2], { dtype: 'float64' })],
      [x, x],
      [v, wide(0.5, 0.25)],
    );
    expect(output.map(({ shape }) => shape)).toEqual([[2], [], [2]]);
    near(tangent[0]!, [0.3 * 0.5 + 0.3, 0.7 * 0.25 - 2 * 0.7]);
    near(tangent[1]!, [0.75]);
    near(tangent[2]!, [0, 0]); // depends on no input
  });

  it('nests: the third derivative of sin is -cos', () => {
    const along = (fn: (a: Tensor) => Tensor) => (a: Tensor) => jvp(fn, [a], [v]).tangent;
    near(along(along(along(sin)))(x), [-Math.cos(0.3), 8 * Math.cos(0.7)]);
  });

  it('inside grad and around it gives the same product of Hessian and vector', () => {
    const f = (a: Tensor): Tensor => sum(mul(sin(a), mul(a, sum(a))));
    const forwardOverReverse = jvp((a) => grad(f(a), [a])[0]!, [x], [v]).tangent;
    const point = leaf(0.3, 0.7);
    const reverseOverForward = grad(jvp(f, [point], [v]).tangent, [point])[0]!;
    const matrix = hessian(f, x);
    near(forwardOverReverse, values(reverseOverForward));
    near(forwardOverReverse, values(matrix.matmul(v)));
  });

  it('inside another function leaves that one to be differentiated', () => {
    const f = (a: Tensor): Tensor => {
      jvp(sin, [a], [v]);
      return grad(sum(mul(a, a)), [a])[0]!;
    };
    near(jvp(f, [x], [v]).tangent, [2, -4]);
  });

  it('twice along layer norm has the sign and value of second differences', () => {
    const rows = tensor([0.1, 0.5, -1, 2, 1, 2, 0, 3], { shape: [2, 4], dtype: 'float64' });
    const direction = tensor([1, 0.3, -0.2, 0.1, 0.5, -0.4, 0.3, 0.2], { shape: [2, 4], dtype: 'float64' });
    const weight = wide(1.5, -0.5, 2, 0.25);
    const f = (a: Tensor): Tensor => layerNorm(a, 4, { weight });
    const second = jvp((a) => jvp(f, [a], [direction]).tangent, [rows], [direction]).tangent;
    const h = 1e-4;
    const at = (t: number): Tensor => f(rows.add(direction.mul(t)));
    near(
      second,
      values(
        at(h)
          .add(at(-h))
          .sub(at(0).mul(2))
          .div(h * h),
      ),
      6,
    );
    expect(Math.max(...values(second).map(Math.abs))).toBeGreaterThan(0.1);
  });

  it('reaches parameters that fn captured, and goes on being differentiable in tangents', () => {
    const w = leaf(2, 3);
    const direction = leaf(1, -2);
    const { output, tangent } = jvp((a) => mul(mul(a, a), w), [x], [direction]); // tangent = 2 x w v
    near(grad(sum(tangent), [w], { retainGraph: true })[0]!, [2 * 0.3, -4 * 0.7]);
    near(grad(sum(tangent), [direction])[0]!, [2 * 0.3 * 2, 2 * 0.7 * 3]);
    near(grad(sum(output), [w])[0]!, [0.09, 0.49]);
  });

  it('goes through checkpoint, and counts batch statistics once', () => {
    const f = (a: Tensor): Tensor => sin(mul(a, a));
    const direct = jvp((a) => jvp(f, [a], [v]).tangent, [x], [v]).tangent;
    const recomputed = jvp((a) => jvp((b) => checkpoint(f, [b]), [a], [v]).tangent, [x], [v]).tangent;
    near(recomputed, values(direct));

    const runningMean = wide(0, 0);
    const runningVar = wide(1, 1);
    const batch = tensor([1, 2, 3, 5], { shape: [2, 2], dtype: 'float64' });
    jvp((a) => batchNorm(a, { runningMean, runningVar, training: true, momentum: 0.5 }), [batch], [batch]);
    near(runningMean, [1, 1.75]);
  });

  it('works under noGrad, and records nothing there', () => {
    const point = leaf(0.3, 0.7);
    const { output, tangent } = noGrad(() => jvp(sin, [point], [v]));
    near(tangent, [Math.cos(0.3), -2 * Math.cos(0.7)]);
    expect([output.requiresGrad, tangent.requiresGrad]).toEqual([false, false]);
  });

  it('leaves .grad alone', () => {
    const w = leaf(2, 3);
    jvp((a) => mul(a, w), [x], [v]);
    jacobian((a) => mul(a, w), x);
    expect([w.grad, x.grad]).toEqual([null, null]);
  });
});

describe('linearize', () => {
  it('is jvp in any number of directions, and runs fn once', () => {
    let runs = 0;
    const f = (a: Tensor, b: Tensor): Tensor => {
      runs++;
      return mul(sin(a), b);
    };
    const { output, pushforward } = linearize(f, [x, v]);
    near(output, values(f(x, v)));
    for (const [da, db] of [
      [v, x],
      [wide(1, 0), wide(0, 0)],
      [x, wide(2, -1)],
    ] as const) {
      near(pushforward([da, db]), values(jvp(f, [x, v], [da, db]).tangent));
    }
    expect(runs).toBe(1 + 1 + 3);
    const direction = leaf(1, 2);
    const tangent = linearize((a) => mul(a, a), [x]).pushforward([direction]);
    near(grad(sum(tangent), [direction])[0]!, [0.6, 1.4]);
  });
});

describe('vjp', () => {
  it('pulls cotangents back, as often as wanted, with zeros for what is not used', () => {
    const { output, pullback } = vjp((a, _b) => [mul(a, a), sum(exp(a))], [x, v]);
    near(output[0]!, [0.09, 0.49]);
    for (const scale of [1, 3]) {
      const [da, db] = pullback([wide(scale, 0), tensor(0, { dtype: 'float64' })]);
      near(da!, [0.6 * scale, 0]);
      near(db!, [0, 0]);
    }
  });

  it('is differentiable in its cotangent', () => {
    const u = leaf(1, 2);
    const [da] = vjp((a) => mul(a, a), [x]).pullback(u) as [Tensor];
    near(grad(sum(da), [u])[0]!, [0.6, 1.4]);
  });
});

describe('jacobian and hessian', () => {
  it.each([
    { title: 'by rows', fn: (a: Tensor) => softmax(a, { dim: 0 }) },
    { title: 'by columns', fn: (a: Tensor) => mul(a.reshape([3, 1]), wide(1, 2)) },
  ])('$title equal differences', ({ fn }) => {
    const point = wide(0.1, 0.5, -0.3);
    const matrix = jacobian(fn, point);
    expect(matrix.shape).toEqual([...fn(point).shape, 3]);
    const h = 1e-6;
    const columns = [0, 1, 2].map((k) => {
      const step = wide(...[0, 1, 2].map((i) => (i === k ? h : 0)));
      return values(
        fn(point.add(step))
          .sub(fn(point.sub(step)))
          .div(2 * h),
      );
    });
    near(
      matrix,
      columns[0]!.flatMap((_, i) => columns.map((column) => column[i]!)),
      8,
    );
  });

  it('of a list of inputs are lists of blocks', () => {
    const [a, b] = [wide(1, 2), tensor(3, { dtype: 'float64' })];
    const blocks = hessian((s, t) => sum(mul(s, mul(t, t))), [a, b]); // sum(s) t^2
    expect(blocks.map((row) => row.map((block) => block.toArray()))).toEqual([
      [
        [
          [0, 0],
          [0, 0],
        ],
        [6, 6],
      ],
      [[6, 6], 6],
    ]);
    expect(jacobian((s, t) => mul(s, t), [a, b]).map(({ shape }) => shape)).toEqual([[2, 2], [2]]);
  });

  it('are differentiable where something outside requires it', () => {
    const point = leaf(1, 2);
    const matrix = hessian((a) => sum(mul(mul(a, a), a)), point); // diag(6 a)
    near(grad(sum(matrix), [point])[0]!, [6, 6]);
    expect(jacobian((a) => a, x).requiresGrad).toBe(false);
  });

  it('of nothing are empty', () => {
    const none = zeros([0], { dtype: 'float64' });
    expect(jacobian((a) => mul(a, 2), none).shape).toEqual([0, 0]);
    expect(jacobian((a) => sum(a), none).shape).toEqual([0]);
  });

  it('let their graphs go: no activation stays in the heap', () => {
    const wideRow = zeros([1000], { dtype: 'float64' });
    const before = memoryStatistics().live;
    for (let i = 0; i < 50; i++) jvp((a) => layerNorm(sin(a), 1000), [wideRow], [wideRow]);
    expect(memoryStatistics().live - before).toBeLessThan(50 * 8 * 1000 * 8);
  });
});

it('take functions of as many inputs: of those in an array, too, and with further parameters', () => {
  const list = [x, x];
  const product = (a: Tensor, b: Tensor): Tensor => mul(a, b);
  const scaled = (a: Tensor, by = 3): Tensor => mul(a, by);
  near(jvp(product, list, list).tangent, [2 * 0.3 ** 2, 2 * 0.7 ** 2]);
  near(jvp(scaled, [x], [v]).tangent, [3, -6]);
  const [dx, dy] = vjp(product, [x, v]).pullback(x); // as many as inputs: none may be undefined
  near(mul(dx, dy), [0.3 ** 3, -2 * 0.7 ** 3]);
  // @ts-expect-error: two inputs are wanted
  expect(() => jvp(product, [x], [x])).toThrow('mul: undefined was given');
});

it('refuse what has no derivative', () => {
  expect(thrown(() => jvp(sin, [x], [wide(1)]))).toMatchInlineSnapshot(
    `"ShapeError: jvp: tangent 0 is float64 of shape [1]; it must be float64 of shape [2], as input 0 is."`,
  );
  expect(thrown(() => jvp(sin, [x], []))).toMatchInlineSnapshot(
    `"ArgumentError: jvp: 0 tangents were given for 1 inputs; give one for each."`,
  );
  expect(thrown(() => jvp(sin, [tensor([1], { dtype: 'int32' })], [x]))).toMatchInlineSnapshot(
    `"DTypeError: jvp: input 0 is int32; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => jvp((a) => a.gt(0), [x], [v]))).toMatchInlineSnapshot(
    `"ArgumentError: jvp: fn returned a tensor of bool; it must return a float tensor or an array of them."`,
  );
  expect(thrown(() => vjp((() => 3) as unknown as () => Tensor, [x]))).toMatchInlineSnapshot(
    `"ArgumentError: vjp: fn returned number; it must return a float tensor or an array of them."`,
  );
  expect(thrown(() => vjp((async () => x) as unknown as () => Tensor, [x]))).toMatchInlineSnapshot(
    `"ArgumentError: vjp: fn returned a Promise; it must be synchronous; await inside the caller and pass the result in."`,
  );
  expect(thrown(() => vjp(sin, [x]).pullback(wide(1)))).toMatchInlineSnapshot(
    `"ShapeError: vjp: cotangent 0 is float64 of shape [1]; it must be float64 of shape [2], as output 0 is."`,
  );
  expect(thrown(() => hessian(sin, x))).toMatchInlineSnapshot(
    `"ShapeError: hessian: fn returned shape [2]; it must return one element; reduce it (sum, mean)."`,
  );
});

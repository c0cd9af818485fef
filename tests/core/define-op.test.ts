/** defineOp as a user has it: an op with kernels or of ops, its derivative, and the mistakes that are caught. */
import {
  add,
  defineOp,
  exp,
  grad,
  internals,
  memoryStatistics,
  mul,
  type OpDefinition,
  ones,
  ShapeError,
  type Spec,
  sum,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { thrown, values } from './support.ts';

const { addr, heap } = internals;
const leaf = (...data: number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

/** Writes f of every element; a float64 op in plain JavaScript. */
function fill(y: Tensor, f: (i: number) => number): void {
  const start = addr(y) / 8;
  for (let i = 0; i < y.size; i++) heap.f64[start + i] = f(i);
}
const read = (x: Tensor, i: number): number => heap.f64[addr(x) / 8 + i] as number;

// y = a^2 b
const squareTimesOp = defineOp({
  name: 'squareTimes',
  inputs: ['a', 'b'],
  outputs: ['y'],
  infer: ([a]) => [a],
  forward([a, b], [y]) {
    fill(y, (i) => read(a, i) ** 2 * read(b, i));
  },
  backward: ({ inputs: [a, b] }, [dy]) => ({ a: () => mul(dy, mul(mul(a, b), 2)), b: () => mul(dy, mul(a, a)) }),
});

/** An op of one input with some of its definition replaced. */
function broken(replaced: Partial<OpDefinition<readonly ['x', 'scale?'], readonly ['y'], readonly [], object>>) {
  return defineOp<readonly ['x', 'scale?'], readonly ['y'], object>({
    name: 'broken',
    inputs: ['x', 'scale?'],
    outputs: ['y'],
    infer: ([x]) => [x],
    forward([x], [y]) {
      fill(y, (i) => read(x, i));
    },
    backward: (_, [dy]) => ({ x: () => dy, scale: () => dy }),
    ...replaced,
  });
}

describe('an op of a user', () => {
  it('has values and derivatives of every order', () => {
    const [a, b] = [leaf(2, 3), leaf(5, 7)];
    const [y] = squareTimesOp.run([a, b], {});
    expect(values(y)).toEqual([20, 63]);
    const [da, db] = grad(sum(y), [a, b], { createGraph: true });
    expect([values(da), values(db)]).toEqual([
      [20, 42],
      [4, 9],
    ]);
    expect(grad(sum(da!), [a, b]).map(values)).toEqual([
      [10, 14],
      [4, 6],
    ]);
  });

  it('may have any number of outputs; those without a cotangent are undefined', () => {
    // x, 2 x, 3 x, ...
    const multiplesOp = defineOp<readonly ['x'], readonly ['multiples...'], { readonly count: number }>({
      name: 'multiples',
      inputs: ['x'],
      outputs: ['multiples...'],
      infer: ([x], { count }) => Array.from({ length: count }, () => x),
      forward([x], ys) {
        for (const [k, y] of ys.entries()) fill(y, (i) => (k + 1) * read(x, i));
      },
      backward: (_, dys) => ({
        x: () => dys.map((dy, k) => dy && mul(dy, k + 1)).reduce((a, b) => (a && b ? add(a, b) : (a ?? b)))!,
      }),
    });
    const x = leaf(2, 3);
    const ys = multiplesOp.run([x], { count: 3 });
    expect(ys.map(values)).toEqual([
      [2, 3],
      [4, 6],
      [6, 9],
    ]);
    const [dx] = grad(sum(mul(ys[0]!, ys[2]!)), [x], { createGraph: true }); // 3 x^2
    expect(values(dx)).toEqual([12, 18]);
    expect(values(grad(sum(dx!), [x])[0])).toEqual([6, 6]);
    expect(multiplesOp.namedOutputs(ys).map(([name]) => name)).toEqual(['multiples[0]', 'multiples[1]', 'multiples[2]']);
  });

  it('tells its names', () => {
    const op = broken({});
    expect([op.name, op.inputNames, op.outputNames]).toEqual(['broken', ['x', 'scale'], ['y']]);
  });

  it('computes only the gradients that are wanted', () => {
    const ran: string[] = [];
    const op = defineOp({
      name: 'noisy',
      inputs: ['a', 'b'],
      outputs: ['y'],
      infer: ([a]) => [a],
      forward([a, b], [y]) {
        fill(y, (i) => read(a, i) + read(b, i));
      },
      backward: (_, [dy]) => ({
        a() {
          ran.push('a');
          return dy;
        },
        b() {
          ran.push('b');
          return dy;
        },
      }),
    });
    const [a, b] = [leaf(1), leaf(2)];
    grad(op.run([a, b], {})[0], [b]);
    sum(op.run([a, tensor([2], { dtype: 'float64' })], {})[0]).backward();
    expect(ran).toEqual(['b', 'a']);
  });

  it('takes no gradient through an input marked #, though that requires one, and leaves the graph behind it alone', () => {
    const scaleOp = defineOp({
      name: 'scale',
      inputs: ['x', 'by#'],
      outputs: ['y'],
      infer: ([x]) => [x],
      forward([x, by], [y]) {
        fill(y, (i) => read(x, i) * read(by, i));
      },
      backward: ({ inputs: [, by] }, [dy]) => ({ x: () => mul(dy, by) }),
    });
    const [x, w] = [leaf(2, 3), leaf(5, 7)];
    const by = exp(w);
    const scaled = () => sum(scaleOp.run([x, by], {})[0]);
    scaled().backward();
    expect([x.grad, w.grad]).toEqual([expect.toSatisfy((dx: Tensor) => values(dx).join() === values(by).join()), null]);
    sum(by).backward(); // not used up
    expect(values(w.grad!)).toEqual(values(by));
    expect(scaled().requiresGrad).toBe(true); // behind it the graph was used now
    scaled().backward();
    expect(thrown(() => grad(scaled(), [w]))).toMatch('GraphError: grad: the outputs do not depend on input 0');
  });

  it('uses its hidden outputs, which nobody sees and derivatives go through', () => {
    // y = x e^x with the power hidden: dx = dy e^x + dpower e^x + dy x e^x, where the last comes through the hidden output.
    const op = defineOp({
      name: 'xTimesExp',
      inputs: ['x'],
      outputs: ['y'],
      hidden: ['power'],
      infer: ([x]) => [x, x],
      forward([x], [y, power]) {
        fill(power, (i) => Math.exp(read(x, i)));
        fill(y, (i) => read(x, i) * read(power, i));
      },
      backward: ({ inputs: [x], outputs: [y, power] }, [dy, dpower]) => ({
        x() {
          const fromY = dy && mul(dy, add(power, y));
          const fromPower = dpower && mul(dpower, power);
          return fromY && fromPower ? add(fromY, fromPower) : (fromY ?? fromPower ?? mul(x, 0));
        },
      }),
    });
    const x = leaf(0.5);
    const meant = (z: Tensor): Tensor => mul(z, exp(z));
    let [y, expected] = [op.run([x], {})[0], meant(x)];
    for (let order = 0; order < 4; order++) {
      expect(y.item()).toBeCloseTo(expected.item(), 12);
      [y] = grad(y, [x], { createGraph: true }) as [Tensor];
      [expected] = grad(expected, [x], { createGraph: true }) as [Tensor];
    }
  });

  it('runs its fused backward at first order only', () => {
    const ran: string[] = [];
    const op = broken({
      backward: (_, [dy]) => ({
        x() {
          ran.push('backward');
          return mul(dy, 1);
        },
        scale: () => dy,
      }),
      fused(_, [dy], wanted) {
        ran.push(`fused ${wanted.join()}`);
        return { x: mul(dy, 1), scale: undefined };
      },
    });
    const x = leaf(1);
    grad(op.run([x, undefined], {})[0], [x]);
    grad(op.run([x, undefined], {})[0], [x], { createGraph: true });
    expect(ran).toEqual(['fused true,false', 'backward']);
  });

  it('takes any number of tensors under one name', () => {
    const total = defineOp({
      name: 'total',
      inputs: ['xs...'],
      outputs: ['y'],
      infer: ([first]) => [first!],
      forward(xs, [y]) {
        fill(y, (i) => xs.reduce((sum, x) => sum + read(x, i), 0));
      },
      backward: ({ inputs: xs }, [dy]) => ({ xs: xs.map((_, i) => () => mul(dy, i + 1)) }),
    });
    const xs = [leaf(1), leaf(2), leaf(4)];
    const [y] = total.run(xs, {});
    expect([values(y), ...grad(y, xs).map(values)]).toEqual([[7], [1], [2], [3]]);
  });
});

describe('mistakes', () => {
  const x = leaf(1, 2);
  const scale = leaf(3, 4);

  it('is `this` to its functions, with all that it brings', () => {
    class Scale implements OpDefinition<readonly ['x'], readonly ['y'], readonly [], object> {
      readonly name = 'scale';
      readonly inputs = ['x'] as const;
      readonly outputs = ['y'] as const;
      readonly factor = 3;
      infer([x]: readonly [Spec]): readonly Spec[] {
        return this.factor === 3 ? [x] : [];
      }
      forward([x]: readonly [Tensor], [y]: readonly [Tensor]): void {
        fill(y, (i) => read(x, i) * this.factor);
      }
      backward(_: unknown, [dy]: readonly [Tensor]): { x: () => Tensor } {
        return { x: () => mul(dy, this.factor) };
      }
      fused(_: unknown, [dy]: readonly [Tensor]): { x: Tensor } {
        return { x: mul(dy, this.factor) };
      }
      reference([x]: readonly [Tensor]): Tensor {
        return mul(x, this.factor);
      }
    }
    const x = leaf(1, 2);
    const { reference } = defineOp(new Scale());
    expect(values(reference!([x], {}))).toEqual([3, 6]);
    const [y] = defineOp(new Scale()).run([x], {});
    expect(values(y)).toEqual([3, 6]);
    expect(values(grad(sum(y), [x], { retainGraph: true })[0])).toEqual([3, 3]);
    expect(values(grad(sum(y), [x], { createGraph: true })[0])).toEqual([3, 3]);
  });

  it('a forward that returns its result instead of writing it is told so', () => {
    const op = broken({ forward: ([x]) => mul(x, 2) });
    expect(thrown(() => op.run([x, scale], {}))).toMatchInlineSnapshot(
      `"ArgumentError: broken: forward returned a tensor; its results must be in the outputs it is given; write it: y.assign(...)."`,
    );
    const written = broken({ forward: ([x], [y]) => y.assign(x) });
    expect(values(written.run([x, scale], {})[0])).toEqual(values(x));
  });

  it('a gradient of the wrong shape or dtype names op and input', () => {
    const shape = broken({ backward: (_, [dy]) => ({ x: () => dy, scale: () => sum(dy) }) });
    expect(thrown(() => sum(shape.run([x, scale], {})[0]).backward())).toMatchInlineSnapshot(
      `"ShapeError: broken: backward gave dscale of shape [] and dtype float64 for input scale of shape [2] and dtype float64; they must be equal."`,
    );
    const dtype = broken({ backward: (_, [dy]) => ({ x: () => dy.float(), scale: () => dy }) });
    expect(thrown(() => sum(dtype.run([x, scale], {})[0]).backward())).toMatchInlineSnapshot(
      `"ShapeError: broken: backward gave dx of shape [2] and dtype float32 for input x of shape [2] and dtype float64; they must be equal."`,
    );
    const fused = broken({ fused: (_, [dy]) => ({ x: sum(dy), scale: undefined }) });
    expect(thrown(() => sum(fused.run([x, undefined], {})[0]).backward())).toMatchInlineSnapshot(
      `"ShapeError: broken: backward gave dx of shape [] and dtype float64 for input x of shape [2] and dtype float64; they must be equal."`,
    );
    expect([x.grad, scale.grad]).toEqual([null, null]);
  });

  it('a fused backward that leaves out a wanted gradient is told so', () => {
    const op = broken({ fused: (_, [dy]) => ({ x: mul(dy, 1), scale: undefined }) });
    expect(thrown(() => sum(op.run([x, scale], {})[0]).backward())).toMatchInlineSnapshot(
      `"GraphError: broken: backward gave no dscale, which is wanted; return it."`,
    );
  });

  it('inputs of two dtypes are refused before anything runs', () => {
    expect(thrown(() => squareTimesOp.run([x, ones([2])], {}))).toMatchInlineSnapshot(
      `"DTypeError: squareTimes: a is float64, b is float32; float inputs must have one dtype; convert with .to('float32') or .to('float64')."`,
    );
  });

  it('a forward that throws leaves nothing behind', () => {
    const op = broken({
      forward() {
        throw new Error('no value today');
      },
    });
    const { tensors } = memoryStatistics();
    expect(() => op.run([x, undefined], {})).toThrow('no value today');
    expect(memoryStatistics().tensors).toBe(tensors);
  });

  it('errors of infer are those of the op', () => {
    const op = broken({
      infer() {
        throw new ShapeError('broken: no shape fits; none must; do not call it.');
      },
    });
    expect(thrown(() => op.run([x, undefined], {}))).toMatchInlineSnapshot(
      `"ShapeError: broken: no shape fits; none must; do not call it."`,
    );
  });

  it('do not compile: a forgotten gradient, a missing input', () => {
    defineOp({
      name: 'typed',
      inputs: ['a', 'b'],
      outputs: ['y'],
      infer: ([a]) => [a],
      forward: () => {},
      // @ts-expect-error db is missing
      backward: (_, [dy]) => ({ a: () => dy }),
    });
    const run = (): unknown => {
      // @ts-expect-error b is missing
      return squareTimesOp.run([x], {});
    };
    expect(run).toBeTypeOf('function');
  });
});

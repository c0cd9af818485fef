/** scope(): op results made inside are freed at once, but for what is returned or kept and what its graph needs. */
import {
  ArgumentError,
  callBoundary,
  checkpoint,
  enableGrad,
  exp,
  layerNorm,
  memoryStatistics,
  mul,
  noGrad,
  scope,
  sum,
  type Tensor,
} from '@normgrad/autograd';
import { Linear, SGD } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { data, demoteAll, expectClose, expectFreed, gradient, leaf, otherBackward, square, values } from './support.ts';

it('frees what is neither returned nor kept', () => {
  let [dropped, kept, detached] = [data(0), data(0), data(0)];
  const x = data([1, 2]);
  const y = scope(() => {
    dropped = mul(x, 3);
    kept = mul(dropped, 2).keep();
    detached = mul(dropped, 5).detach();
    return { deep: [new Map([['y', mul(dropped, 7)]])] };
  }).deep[0]?.get('y') as Tensor;
  expectFreed(dropped);
  expectFreed(detached);
  expect(values(kept)).toEqual([6, 12]);
  expect(values(y)).toEqual([21, 42]);
  expect(values(x)).toEqual([1, 2]);
  demoteAll();
  otherBackward(3);
  expect([values(kept), values(y)]).toEqual([
    [6, 12],
    [21, 42],
  ]);
});

it('leaves the graph of what is returned whole', () => {
  const w = leaf([1, 2]);
  let aside = data(0);
  const loss = scope(() => {
    aside = exp(w);
    return callBoundary(() => square(exp(mul(w, 2))));
  });
  expectFreed(aside);
  const normalized = leaf([1, 3]);
  scope(() => square(layerNorm(mul(normalized, 1), 2, { weight: data([1, 2]) }))).backward(); // it has hidden outputs
  expect(gradient(normalized).every((each) => Math.abs(each) < 1e-3)).toBe(true);
  loss.backward();
  expectClose(
    gradient(w),
    [1, 2].map((v) => 4 * Math.exp(4 * v)),
  );
});

it('leaves what is returned after its backward', () => {
  const w = leaf([2, 3]);
  const loss = scope(() => {
    const total = sum(mul(w, w));
    total.backward();
    return total;
  });
  expect(loss.item()).toBe(13);
  expect(gradient(w)).toEqual([4, 6]);
});

it('leaves gradients, parameters, buffers and optimizer state', () => {
  const model = new Linear(2, 1, { dtype: 'float64' });
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  noGrad(() => model.weight.assign([1, 2]));
  const b = (model.bias as Tensor).item();
  scope(() => square(model.call(data([[1, 1]]))).backward());
  const slope = 2 * (3 + b);
  expectClose(gradient(model.weight), [slope, slope]);
  scope(() => optimizer.step());
  expectClose(values(model.weight), [1 - 0.1 * slope, 2 - 0.1 * slope]);
  scope(() => optimizer.step()); // the momentum of the first step is still there
  expectClose(values(model.weight), [1 - 0.29 * slope, 2 - 0.29 * slope]);
  const read = leaf([3]);
  let slopeRead!: Tensor;
  scope(() => {
    square(read).backward();
    slopeRead = read.grad as Tensor;
    read.zeroGrad();
  });
  expect(slopeRead.item()).toBe(6);
  let buffer!: Tensor;
  scope(() => void (buffer = exp(data([1])).assign([5])));
  expect(values(buffer)).toEqual([5]);
});

it('hands what it returns to the scope around it', () => {
  let between = data(0);
  const y = scope(() => {
    between = scope(() => mul(data([1, 2]), 3));
    expect(values(between)).toEqual([3, 6]);
    return mul(between, 2);
  });
  expectFreed(between);
  expect(values(y)).toEqual([6, 12]);
});

it('adds nothing to what is live', () => {
  const x = data([1, 2]);
  const evaluate = () => scope(() => noGrad(() => callBoundary(() => square(exp(mul(x, 2)))).item()));
  evaluate();
  const { live, tensors } = memoryStatistics();
  for (let i = 0; i < 50; i++) expect(evaluate()).toBeCloseTo(Math.exp(4) + Math.exp(8), 8);
  expect(memoryStatistics()).toMatchObject({ live, tensors });
});

describe('what is refused frees nothing', () => {
  it.each([
    ['a class instance', (x: Tensor) => new Date(x.item())],
    ['a function', (x: Tensor) => () => x],
    ['an iterator', (x: Tensor) => [x].values()],
  ])('%s', (_, wrap) => {
    let made = data(0);
    expect(() => scope(() => wrap((made = mul(data([4]), 2))))).toThrow(/scope: fn returned a class instance or function/);
    expect(values(made)).toEqual([8]);
  });

  it('an exception', () => {
    let made = data(0);
    expect(() =>
      scope(() => {
        made = mul(data([4]), 2);
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(values(made)).toEqual([8]);
  });
});

describe('a Promise', () => {
  const x = leaf([1]);
  it.each([
    ['scope', (fn: () => Promise<Tensor>) => scope(fn)],
    ['noGrad', (fn: () => Promise<Tensor>) => noGrad(fn)],
    ['enableGrad', (fn: () => Promise<Tensor>) => enableGrad(fn)],
    ['checkpoint', (fn: () => Promise<Tensor>) => checkpoint(fn as unknown as () => Tensor, [x])],
    ['checkpoint', (fn: () => Promise<Tensor>) => noGrad(() => checkpoint(fn as unknown as () => Tensor, [x]))],
  ])('is refused by %s, which stays in order', (name, call) => {
    let made = data(0);
    const run = () =>
      call(async () => {
        made = mul(x, 3);
        return made;
      });
    expect(run).toThrow(ArgumentError);
    expect(run).toThrow(`${name}: fn returned a Promise; it must be synchronous`);
    expect(values(made)).toEqual([3]);
    const w = leaf([2]);
    sum(mul(w, 3)).backward(); // recording is on again, and no frame is left open
    expect(gradient(w)).toEqual([3]);
  });
});

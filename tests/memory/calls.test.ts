/** What a module's call makes: freed by its backward if nobody outside can hold it, readable for ever if somebody can. */
import {
  callBoundary,
  defineOp,
  exp,
  flatten,
  mul,
  noGrad,
  relu,
  reshape,
  scope,
  sum,
  type Tensor,
  tanh,
} from '@normgrad/autograd';
import { Identity, Linear, Module, Sequential } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import {
  data,
  demoteAll,
  descend,
  expectClose,
  expectFreed,
  gradient,
  isResident,
  leaf,
  otherBackward,
  square,
  values,
} from './support.ts';

const expected = [1, 2].map(Math.exp);

/** A call that makes inner = exp(w) and returns exp(w)^2 in a wrapping of the caller's choice. */
function callWith<T>(wrap: (inner: Tensor, y: Tensor) => T): { w: Tensor; inner: Tensor; result: T } {
  const w = leaf([1, 2]);
  let inner!: Tensor;
  const result = callBoundary(() => {
    inner = exp(w);
    return wrap(inner, square(inner));
  });
  return { w, inner, result };
}

describe('an activation that a module stores', () => {
  it('is readable until its backward, then throws and names keep() and detach()', () => {
    const { w, inner, result } = callWith((_, y) => y);
    expectClose(values(inner), expected);
    demoteAll();
    expectClose(values(inner), expected);
    result.backward();
    expectClose(
      gradient(w),
      [1, 2].map((v) => 2 * Math.exp(2 * v)),
    );
    expectFreed(inner);
    expectFreed(reshape(inner, [2, 1]));
  });

  it('stays while a retained graph may need it', () => {
    const { w, inner, result } = callWith((_, y) => y);
    result.backward(undefined, { retainGraph: true });
    otherBackward(3);
    expectClose(values(inner), expected);
    result.backward();
    expectClose(
      gradient(w),
      [1, 2].map((v) => 4 * Math.exp(2 * v)),
    );
    expectFreed(inner);
  });

  it('stays while another loss needs it, and goes with the last', () => {
    const { w, inner, result } = callWith((inner, y) => y.add(sum(inner)));
    const other = sum(mul(inner, 3)); // made outside, of an inner tensor: its graph passes the same exp
    result.backward(undefined, { retainGraph: true });
    w.zeroGrad();
    other.backward();
    expectClose(
      gradient(w),
      expected.map((v) => 3 * v),
    );
    expectClose(values(inner), expected); // the first loss has not let go
  });

  it.each([
    ['detach()', (x: Tensor) => x.detach()],
    ['keep()', (x: Tensor) => x.keep()],
    ['a gradient hook', (x: Tensor) => x.registerHook(() => {}) && x],
  ])('stays readable after %s, in forward or later', (_, save) => {
    let saved!: Tensor;
    const inForward = callWith((inner, y) => {
      saved = save(inner);
      return y;
    });
    inForward.result.backward();
    const later = callWith((_, y) => y);
    const savedLater = save(later.inner);
    later.result.backward();
    otherBackward(3);
    for (const x of [saved, savedLater, inForward.inner, later.inner]) expectClose(values(x), expected);
    expectClose(
      values(mul(savedLater, 2)),
      expected.map((v) => 2 * v),
    );
  });

  it('stays without a graph: no backward will use it', () => {
    const { inner } = noGrad(() => callWith((_, y) => y));
    otherBackward(3);
    expectClose(values(inner), expected);
  });
});

it('an activation that is handed on as a gradient lives until that is used', () => {
  const productOp = defineOp({
    name: 'product',
    inputs: ['a', 'b'],
    outputs: ['y'],
    infer: ([a]) => [a],
    forward([a, b], [y]) {
      const factors = values(b);
      y.assign(values(a).map((v, i) => v * (factors[i] as number)));
    },
    backward: ({ inputs: [a, b] }) => ({ a: () => b, b: () => a }), // as far as dy is 1
  });
  const w = leaf([1, 2]);
  let [early, late] = [data(0), data(0)];
  const y = callBoundary(() => {
    early = exp(w);
    late = exp(mul(w, 2)); // its graph ends first, when it still is the gradient of the early one
    return productOp.run([early, late], {})[0];
  });
  y.backward(data([1, 1]));
  expectClose(
    gradient(w),
    [1, 2].map((v) => 3 * Math.exp(3 * v)),
  );
  expectFreed(early);
  expectFreed(late);
});

it('a parameter that is made in the first call is no activation', () => {
  class Lazy extends Module {
    weight: Tensor | undefined;

    forward(x: Tensor): Tensor {
      this.weight ??= noGrad(() => mul(x, 0.5)).requiresGrad_();
      return square(exp(this.weight));
    }
  }
  const model = new Lazy();
  let w = [0.5, 1];
  for (let i = 0; i < 4; i++) {
    model.call(data([1, 2])).backward();
    const weight = model.weight as Tensor;
    expectClose(values(weight), w);
    expectClose(
      gradient(weight),
      w.map((v) => 2 * Math.exp(2 * v)),
    );
    descend(weight, 0.01);
    w = w.map((v) => v - 0.02 * Math.exp(2 * v));
  }
});

describe('what is returned', () => {
  class Holder {
    constructor(readonly x: Tensor) {}
  }
  const readers: [string, (inner: Tensor) => unknown][] = [
    ['in an array', (x) => [[x]]],
    ['in a plain object', (x) => ({ deep: { features: x } })],
    ['in an object without prototype', (x) => Object.assign(Object.create(null) as object, { x })],
    ['in a Map', (x) => new Map([['features', [x]]])],
    ['as a key of a Map', (x) => new Map([[x, 1]])],
    ['in a Set', (x) => new Set([x])],
    ['under another shape', (x) => reshape(x, [2, 1])],
    ['in a class instance', (x) => new Holder(x)],
    ['in a class instance in an array', (x) => [{ at: new Holder(x) }]],
    ['in a closure', (x) => () => x],
    ['in an iterator', (x) => [x].values()],
    ['in a Promise', (x) => Promise.resolve(x)],
  ];

  it.each(readers)('%s stays readable', (_, wrap) => {
    const { inner, result } = callWith((inner, y) => ({ y, extra: wrap(inner) }));
    result.y.backward();
    otherBackward(3);
    expectClose(values(inner), expected);
  });

  it('may refer to itself, and hold what is no tensor', () => {
    const { inner, result } = callWith((_, y) => {
      const ring: { y: Tensor; ring?: unknown } = { y };
      ring.ring = [ring, new Set([1]), new Map([[1, new Float64Array(1)]]), Object.create(null)];
      return ring;
    });
    result.y.backward();
    expectFreed(inner);
  });

  it('by a model that ends in flatten', () => {
    const w = leaf([
      [1, 2],
      [3, 4],
    ]);
    let before!: Tensor;
    const features = callBoundary(() => flatten((before = mul(w, 3))));
    square(features).backward();
    otherBackward(3);
    expect(values(features)).toEqual([3, 6, 9, 12]);
    expect(values(before)).toEqual([3, 6, 9, 12]); // one storage
    expect(gradient(w)).toEqual([18, 36, 54, 72]);
  });

  it('is decided by the outermost of nested calls', () => {
    const w = leaf([1, 2]);
    let [middle, deep] = [data(0), data(0)];
    const y = callBoundary(() => {
      middle = callBoundary(() => exp((deep = mul(w, 1))));
      return square(middle);
    });
    y.backward();
    expectFreed(middle);
    expectFreed(deep);
  });
});

it('nothing is inner until the outermost call has returned: a backward inside frees nothing that is read there', () => {
  const w = leaf([1, 2]);
  let h!: Tensor;
  const out = callBoundary(() => {
    callBoundary(() => square((h = exp(w)))).backward();
    otherBackward(2);
    expectClose(values(h), expected);
    return mul(h.detach(), 2);
  });
  expectClose(
    values(out),
    expected.map((v) => 2 * v),
  );
  const later = callBoundary(() => {
    scope(() => {
      callBoundary(() => square((h = exp(w)))).backward();
      expectClose(values(h.keep()), expected);
      return h;
    });
    callBoundary(() => square((h = exp(w)))).backward();
    return data(1);
  });
  expect(later.item()).toBe(1);
  expectFreed(h);
});

it('an async forward keeps everything it made', async () => {
  const w = leaf([1, 2]);
  let [before, after] = [data(0), data(0)];
  const call = callBoundary(async () => {
    before = exp(w);
    await Promise.resolve();
    after = mul(before, 2);
    return sum(after);
  });
  let other!: Tensor;
  const meanwhile = callBoundary(() => square((other = exp(w)))); // not inside the call that waits
  meanwhile.backward();
  expectFreed(other);
  w.zeroGrad();
  (await call).backward();
  otherBackward(3);
  expectClose(values(before), expected);
  expectClose(
    values(after),
    expected.map((v) => 2 * v),
  );
  expectClose(
    gradient(w),
    expected.map((v) => 2 * v),
  );
});

describe('modules', () => {
  class Recorder extends Module {
    readonly linear = new Linear(2, 2, { dtype: 'float64' });
    hidden = data(0);

    forward(x: Tensor): Tensor {
      this.hidden = tanh(this.linear.call(x));
      return sum(this.hidden);
    }
  }
  const x = data([[1, -2]]);

  it('free the activations they store, and hand on the parameters whole', () => {
    const model = new Recorder();
    const loss = model.call(x);
    const { hidden } = model;
    const [h0] = values(hidden) as [number, number];
    const [a, b] = values(model.linear.weight) as [number, number];
    expect(h0).toBeCloseTo(Math.tanh(a - 2 * b + (values(model.linear.bias as Tensor)[0] as number)), 12);
    loss.backward();
    expectFreed(hidden);
    expectClose(gradient(model.linear.weight).slice(0, 2), [1 - h0 ** 2, -2 * (1 - h0 ** 2)]);
    expect(values(model.linear.weight).slice(0, 2)).toEqual([a, b]);
  });

  it('whose outermost is a Sequential, with an Identity, free the inner ones too', () => {
    const first = new Recorder();
    const model = new Sequential(first, new Identity());
    const loss = model.call(x);
    loss.backward();
    expectFreed(first.hidden);
    expect(gradient(first.linear.bias as Tensor).length).toBe(2);
  });

  it('hand features to forward hooks for ever', () => {
    const first = new Linear(2, 3, { dtype: 'float64' });
    const features: Tensor[] = [];
    first.registerForwardHook((_, __, output) => void features.push(output));
    const model = new Sequential(
      first,
      new (class extends Module {
        forward = (h: Tensor): Tensor => sum(relu(h));
      })(),
    );
    const seen: number[][] = [];
    for (let i = 0; i < 4; i++) {
      const loss = model.call(data([[i, 1]]));
      seen.push(values(features[i] as Tensor));
      loss.backward();
    }
    expect(features.map(values)).toEqual(seen);
    expect(isResident(features[0] as Tensor)).toBe(false); // and not in the heap, where memory is dear
  });
});

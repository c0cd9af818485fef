/** What the profiler counts: calls, bytes, floating-point operations; times only in that they add up. */
import {
  add,
  attention,
  checkpoint,
  conv2d,
  crossEntropy,
  detectAnomaly,
  getThreads,
  gru,
  linear,
  log,
  lstm,
  matmul,
  mul,
  ones,
  type Profile,
  profile,
  randn,
  setThreads,
  sum,
  tensor,
} from '@normgrad/autograd';
import { Adam, Linear, ReLU, Sequential } from '@normgrad/nn';
import { expect, it } from 'vitest';
import { thrown } from './support.ts';

const leaf = (...shape: number[]) => randn(shape, { requiresGrad: true });
const row = (found: Profile, name: string, pass: string) => found.rows.find((each) => each.name === name && each.pass === pass);
const flops = (found: Profile, name: string, pass: string) => row(found, name, pass)?.flops;

it('counts the calls, bytes and floating-point operations of each op, forward and backward apart', () => {
  const [x, weight, bias] = [leaf(5, 3), leaf(4, 3), leaf(4)];
  const found = profile(() => {
    for (let i = 0; i < 2; i++) sum(linear(x, weight, bias)).backward();
  });
  const read = 5 * 3 + 4 * 3 + 4;
  expect(row(found, 'linear', 'forward')).toMatchObject({ calls: 2, flops: 2 * 2 * 5 * 3 * 4, bytes: 2 * 4 * (read + 5 * 4) });
  // Two products, of three gradients, which are as large as what is read beside the cotangent.
  expect(row(found, 'linear', 'backward')).toMatchObject({
    calls: 2,
    flops: 2 * 4 * 5 * 3 * 4,
    bytes: 2 * 4 * (2 * read + 5 * 4),
  });
  expect(row(found, 'sum', 'forward')).toMatchObject({ calls: 2, flops: 0, bytes: 2 * 4 * (5 * 4 + 1) });
  expect(found.rows.map(({ name, pass }) => `${name} ${pass}`).sort()).toEqual([
    'linear backward',
    'linear forward',
    'sum backward',
    'sum forward',
  ]);
});

it('counts the products of convolutions, attention and recurrent layers', () => {
  const [x, weight] = [leaf(2, 4, 6, 6), leaf(8, 2, 3, 3)];
  const convolved = profile(() => sum(conv2d(x, weight, { groups: 2, padding: 1 })).backward());
  const map = 2 * (2 * 8 * 6 * 6) * (2 * 3 * 3);
  expect(flops(convolved, 'conv2d', 'forward')).toBe(map);
  expect(flops(convolved, 'conv2d', 'backward')).toBe(2 * map); // of its two gradients, which are ops of their own inside it
  expect(row(convolved, 'conv2dWeight', 'forward')).toBeUndefined();

  const [query, key, value] = [leaf(3, 5, 4), leaf(3, 7, 4), leaf(3, 7, 6)];
  const attended = profile(() => sum(attention(query, key, value, { heads: 2 }).output).backward());
  expect(flops(attended, 'attention', 'forward')).toBe(2 * 3 * 5 * 7 * (4 + 6));
  expect(flops(attended, 'attention', 'backward')).toBe(2 * 3 * 5 * 7 * (2 * 4 + 2 * 6));

  const [steps, h] = [leaf(3, 2, 5), leaf(2, 4)];
  const gates = { lstm: 4 * 4, gru: 3 * 4 };
  const ran = profile(() => {
    sum(lstm(steps, h, h, leaf(gates.lstm, 5), leaf(gates.lstm, 4)).output).backward();
    sum(gru(steps, h, leaf(gates.gru, 5), leaf(gates.gru, 4)).output).backward();
  });
  for (const name of ['lstm', 'gru'] as const) {
    expect(flops(ran, name, 'forward')).toBe(2 * 3 * 2 * 4 * gates[name]);
    expect(flops(ran, name, 'backward')).toBe(2 * flops(ran, name, 'forward')!);
  }
});

it('counts what runs inside of a backward once, in its row', () => {
  const [x, weight] = [leaf(5, 3), leaf(3, 3)];
  const product = 2 * 5 * 3 * 3;
  const plain = profile(() => sum(matmul(x, weight)).backward());
  expect(flops(plain, 'matmul', 'forward')).toBe(product);
  expect(flops(plain, 'matmul', 'backward')).toBe(2 * product);
  expect(row(plain, 'matmul', 'backward')?.calls).toBe(1);
  const again = profile(() => sum(checkpoint((v) => matmul(v!, weight), [x])).backward());
  expect(flops(again, 'checkpoint', 'backward')).toBe(3 * product); // the forward again, and both gradients
});

it('accounts for all of the time, and for a share of the limit that its rows can have', () => {
  const x = leaf(64, 64);
  const found = profile(() => sum(matmul(x, x)).backward());
  const inRows = found.rows.reduce((time, each) => time + each.time, 0);
  expect(inRows).toBeGreaterThan(0);
  expect(inRows).toBeLessThanOrEqual(found.time);
  for (const { time, bytes, flops, share } of found.rows) {
    const { flopsPerSecond, bytesPerSecond } = found.limits;
    if (time > 0) expect(share).toBeCloseTo(Math.max(flops / flopsPerSecond, bytes / bytesPerSecond) / (time / 1e3), 10);
  }
  expect(found.rows.map(({ time }) => time)).toEqual(found.rows.map(({ time }) => time).sort((a, b) => b - a));
});

it('measures by the limit of as many threads as there are', () => {
  const threads = getThreads();
  const limits = [1, 3].map((count) => {
    setThreads(count);
    return profile(() => 1).limits;
  });
  setThreads(threads);
  const [one, three] = limits;
  expect(three!.flopsPerSecond).toBeCloseTo(3 * one!.flopsPerSecond);
  expect(three!.bytesPerSecond).toBeCloseTo(3 * one!.bytesPerSecond);
});

it('is a table as text', () => {
  const found = profile(() => add(ones([3]), 1));
  const table = String(found)
    .replace(/\d+(\.\d+)?/g, '#')
    .replace('threads', 'thread');
  expect(table.split('\n').map((line) => line.replace(/ +/g, ' '))).toMatchInlineSnapshot(`
    [
      "op pass calls ms of all MB GFLOP/s GB/s of limit",
      "add forward # # # % # # # %",
      "between ops # # %",
      "all #",
      "limit on # thread: # GFLOP/s, # GB/s",
    ]
  `);
});

it('hands on what the function returns, and what it throws, and watches nothing afterwards', () => {
  const found = profile(() => {
    expect(() => add(ones([2]), ones([3]))).toThrow();
    return profile(() => add(ones([3]), 1)).result;
  });
  expect([...found.result.toTypedArray()]).toEqual([2, 2, 2]);
  expect(row(found, 'add', 'forward')?.calls).toBe(1); // the outer one sees what the inner one sees
  let late: unknown;
  expect(() =>
    profile(() => {
      late = add(ones([3]), 1);
      throw new Error('mine');
    }),
  ).toThrow('mine');
  expect(late).toBeDefined();
  expect(profile(() => 1).rows).toEqual([]);
});

it('goes with anomaly mode, either way round', () => {
  const x = tensor([0], { requiresGrad: true });
  expect(() => detectAnomaly(() => profile(() => log(x)))).toThrow('log: made -Infinity');
  expect(() => profile(() => detectAnomaly(() => log(x)))).toThrow('log: made -Infinity');
  const found = profile(() => detectAnomaly(() => mul(x, 2)));
  expect(row(found, 'mul', 'forward')?.calls).toBe(1);
});

it('refuses a function that goes on after it has returned', () => {
  expect(thrown(() => profile(async () => 1))).toMatchInlineSnapshot(
    `"ArgumentError: profile: fn returned a Promise; it must be synchronous; await inside the caller and pass the result in."`,
  );
});

it('traces modules, the ops in them, backwards and the step of an optimizer as Chrome reads them', () => {
  const model = new Sequential(new Linear(3, 4), new Sequential(new ReLU(), new Linear(4, 2)));
  const optimizer = new Adam(model.parameters());
  const [x, target] = [randn([5, 3]), tensor([0, 1, 0, 1, 0], { dtype: 'int32' })];
  const step = () => {
    const loss = crossEntropy(model.call(x), target);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  };
  step();
  const found = profile(step);
  const { traceEvents } = JSON.parse(JSON.stringify(found.trace())) as ReturnType<typeof found.trace>;
  for (const { ph, ts, dur, pid, tid } of traceEvents) {
    expect({ ph, pid, tid }).toEqual({ ph: 'X', pid: 1, tid: 1 });
    expect(ts).toBeGreaterThanOrEqual(0);
    expect(ts + dur).toBeLessThanOrEqual(found.time * 1e3 + 1);
  }
  const inside = (ts: number, dur: number) =>
    traceEvents
      .filter((each) => each.cat === 'module' && each.ts <= ts && each.ts + each.dur >= ts + dur)
      .map(({ name }) => name);
  const relu = traceEvents.find(({ name, cat }) => name === 'relu' && cat === 'forward')!;
  expect(inside(relu.ts, relu.dur)).toEqual(['Sequential', 'Sequential', 'ReLU']);
  expect(traceEvents.filter(({ cat }) => cat === 'module').map(({ name }) => name)).toEqual([
    'Sequential',
    'Linear',
    'Sequential',
    'ReLU',
    'Linear',
  ]);
  const elements = 3 * 4 + 4 + 4 * 2 + 2;
  expect(row(found, 'Adam.step', 'update')).toMatchObject({ calls: 1, flops: 0, bytes: 4 * 7 * elements });
  expect(row(found, 'Sequential', 'module')).toBeUndefined();
  const outer = profile(() => profile(step));
  expect(row(outer, 'Adam.step', 'update')?.calls).toBe(1);
  expect(outer.trace().traceEvents.filter(({ cat }) => cat === 'module').length).toBe(5);
});

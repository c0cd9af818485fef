import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Product } from '../../packages/autograd/src/kernels/matmul.ts';
import { setDeterministic } from '../../packages/autograd/src/runtime/features.ts';
import { heap } from '../../packages/autograd/src/runtime/heap.ts';
import type { FloatType } from '../../packages/autograd/src/runtime/lanes.ts';
import { put, read } from './support.ts';

const bytesOf = { float32: 4, float64: 8 } as const;
/** Unit roundoff. */
const roundoff = { float32: 2 ** -24, float64: 2 ** -53 } as const;
const sentinel = -12345;
const pad = 20;

interface Case {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly bias?: boolean;
  readonly accumulate?: boolean;
}

/** Numbers that float32 holds, so that both dtypes multiply the same ones, with products that do not fit. */
const numbers = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => Math.fround(((((i + 1) * 7919 * seed) % 2003) - 1001) / 331));

/** Operands in the heap; C lies between sentinels. */
function operands(dtype: FloatType, { m, k, n }: Case, batch = 1) {
  const a = numbers(batch * m * k, 3);
  const b = numbers(batch * k * n, 5);
  const bias = numbers(n, 11);
  const c = numbers(batch * m * n, 13);
  const fence = Array<number>(pad).fill(sentinel);
  const fenced = put(dtype, [...fence, ...c, ...fence]);
  const at = { a: put(dtype, a), b: put(dtype, b), bias: put(dtype, bias), c: fenced + pad * bytesOf[dtype] };
  const result = (): number[] => {
    const all = read(dtype, fenced, c.length + 2 * pad);
    expect([...all.slice(0, pad), ...all.slice(-pad)]).toEqual([...fence, ...fence]);
    return all.slice(pad, -pad);
  };
  const release = (): void => {
    for (const [address, length] of [
      [at.a, a.length],
      [at.b, b.length],
      [at.bias, n],
      [fenced, c.length + 2 * pad],
    ] as const)
      heap.release(address, length * bytesOf[dtype] + 64);
  };
  return { a, b, bias, c, at, result, release };
}

/** What `values` should be, in float64: each within (terms) roundings of the sum of magnitudes. */
function check(
  dtype: FloatType,
  test: Case,
  values: readonly number[],
  a: number[],
  b: number[],
  bias: number[],
  c: number[],
): void {
  const { m, k, n, transposeA, transposeB } = test;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = (test.bias ? bias[j]! : 0) + (test.accumulate ? c[i * n + j]! : 0);
      let size = (test.bias ? Math.abs(bias[j]!) : 0) + (test.accumulate ? Math.abs(c[i * n + j]!) : 0);
      for (let p = 0; p < k; p++) {
        const product = a[transposeA ? p * m + i : i * k + p]! * b[transposeB ? j * k + p : p * n + j]!;
        sum += product;
        size += Math.abs(product);
      }
      const error = Math.abs(values[i * n + j]! - sum);
      const allowed = (2 * k + 4) * roundoff[dtype] * size; // the oracle rounds as often as the kernel in float64
      if (!(error <= allowed))
        expect.fail(`${JSON.stringify(test)} [${i}, ${j}]: ${values[i * n + j]} for ${sum}, allowed ${allowed}`);
    }
  }
}

function run(dtype: FloatType, test: Case, ranges: readonly (readonly [number, number])[] = [[0, test.m]]): number[] {
  const { a, b, bias, c, at, result, release } = operands(dtype, test);
  const { m, k, n, transposeA = false, transposeB = false, accumulate } = test;
  const bytes = bytesOf[dtype];
  const pitchA = (transposeA ? m : k) * bytes;
  for (const [start, end] of ranges) {
    const product = new Product(dtype, end - start, k, n, { transposeA, transposeB, pitchA });
    const a = at.a + start * (transposeA ? bytes : pitchA);
    product.run(a, at.b, at.c + start * n * bytes, test.bias ? at.bias : 0, accumulate);
  }
  const values = result();
  check(dtype, test, values, a, b, bias, c);
  release();
  return values;
}

const flags = [
  { transposeA: false, transposeB: false },
  { transposeA: true, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: true },
];

afterAll(() => setDeterministic(false));

describe.each([
  { simd: 'relaxed', deterministic: false },
  { simd: 'plain', deterministic: true },
])('with $simd SIMD', ({ deterministic }) => {
  describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
    it.each(flags)('every small size, $transposeA $transposeB', (transposes) => {
      setDeterministic(deterministic);
      for (let m = 1; m <= 20; m++) {
        for (let n = 1; n <= 20; n++)
          run(dtype, { m, k: 1 + ((m * 7 + n * 3) % 20), n, ...transposes, bias: n % 3 === 0, accumulate: m % 2 === 0 });
      }
    });

    it('any shape and flags', () => {
      setDeterministic(deterministic);
      const size = fc.integer({ min: 1, max: 45 });
      const test = fc.record({
        m: size,
        k: size,
        n: size,
        transposeA: fc.boolean(),
        transposeB: fc.boolean(),
        bias: fc.boolean(),
        accumulate: fc.boolean(),
      });
      fc.assert(
        fc.property(test, (any) => void run(dtype, any)),
        { numRuns: 150 },
      );
    });

    // Rows 1024 (A) or 4096 (B) bytes and more apart are packed for 48 or 24 users; 256 is the depth of a block, and then its rows.
    it.each([
      { m: 3, k: 515, n: 9 },
      { m: 241, k: 17, n: 5 },
      { m: 27, k: 259, n: 1031 },
      { m: 1030, k: 12, n: 27 },
      { m: 515, k: 257, n: 49 },
      { m: 25, k: 3, n: 2050 },
      { m: 13, k: 1, n: 1027 },
    ])('blocks of $m x $k x $n', (shape) => {
      setDeterministic(deterministic);
      for (const transposes of flags) run(dtype, { ...shape, ...transposes, bias: true, accumulate: transposes.transposeA });
    });

    it('gives the same bits for every split of the rows', () => {
      setDeterministic(deterministic);
      for (const transposes of flags) {
        for (const shape of [
          { m: 53, k: 19, n: 13 },
          { m: 29, k: 300, n: 1026 },
          { m: 1025, k: 7, n: 26 },
        ]) {
          const test = { ...shape, ...transposes, bias: true, accumulate: true };
          const whole = run(dtype, test);
          const cuts = [0, 1, 4, 4, 11, 28, shape.m];
          const ranges = cuts.slice(1).map((end, i) => [cuts[i]!, end] as const);
          expect(run(dtype, test, ranges)).toEqual(whole);
        }
      }
    });

    it('gives a row the same bits in every batch', () => {
      setDeterministic(deterministic);
      for (const { transposeB } of flags) {
        const { at, result, release } = operands(dtype, { m: 30, k: 270, n: 1024 });
        const bytes = bytesOf[dtype];
        new Product(dtype, 30, 270, 1024, { transposeB }).run(at.a, at.b, at.c);
        const whole = result();
        const one = new Product(dtype, 1, 270, 1024, { transposeB });
        for (let row = 0; row < 30; row++) one.run(at.a + row * 270 * bytes, at.b, at.c + row * 1024 * bytes);
        expect(result()).toEqual(whole);
        release();
      }
    });

    it('has empty sums, rows and columns', () => {
      setDeterministic(deterministic);
      for (const transposes of flags) {
        const shape = { m: 7, k: 0, n: 11, ...transposes };
        expect(new Set(run(dtype, shape))).toEqual(new Set([0]));
        run(dtype, { ...shape, bias: true });
        run(dtype, { ...shape, accumulate: true });
        run(dtype, { ...shape, bias: true, accumulate: true });
        run(dtype, { ...shape, n: 1030, bias: true });
        const c = put(dtype, Array<number>(1030 * 24).fill(1));
        new Product(dtype, 1030, 0, 24, transposes).run(0, 0, c); // operands without an address
        expect(new Set(read(dtype, c, 1030 * 24))).toEqual(new Set([0]));
        expect(run(dtype, { ...shape, m: 0, k: 3 })).toEqual([]);
        expect(run(dtype, { ...shape, k: 3, n: 0 })).toEqual([]);
      }
    });

    it('keeps NaN and infinity to their rows and columns, where 0 times them is NaN', () => {
      setDeterministic(deterministic);
      for (const { transposeA, transposeB } of flags) {
        for (const [m, k, n] of [
          [9, 5, 7],
          [5, 3, 10],
          [30, 2, 1025],
          [1025, 9, 25],
        ] as const) {
          const a = Array<number>(m * k).fill(0);
          const b = Array<number>(k * n).fill(1);
          a[transposeA ? m + 1 : k + 1] = Number.NaN; // row 1, term 1
          a[transposeA ? 2 : 2 * k] = Number.POSITIVE_INFINITY; // row 2, term 0
          b[transposeB ? 3 * k : 3] = Number.NEGATIVE_INFINITY; // term 0, column 3
          const at = { a: put(dtype, a), b: put(dtype, b), c: put(dtype, Array<number>(m * n).fill(0)) };
          new Product(dtype, m, k, n, { transposeA, transposeB }).run(at.a, at.b, at.c);
          const element = (i: number, j: number): number => {
            if (i === 1 || (j === 3 && i !== 2)) return Number.NaN;
            if (i === 2) return j === 3 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
            return 0;
          };
          const wanted = Array.from({ length: m * n }, (_, index) => element(Math.floor(index / n), index % n));
          expect(read(dtype, at.c, m * n)).toEqual(wanted);
        }
      }
    });

    it('sums in blocks, which keeps long sums accurate', () => {
      setDeterministic(deterministic);
      const k = 20_000;
      const values = Array<number>(k).fill(Math.fround(0.1));
      const at = { a: put(dtype, values), b: put(dtype, Array<number>(k).fill(1)), c: put(dtype, [0]) };
      new Product(dtype, 1, k, 1).run(at.a, at.b, at.c);
      const sum = k * Math.fround(0.1);
      expect(Math.abs(read(dtype, at.c, 1)[0]! - sum)).toBeLessThan((256 + k / 256) * roundoff[dtype] * sum);
    });

    it('reads nothing behind the end of the memory', () => {
      setDeterministic(deterministic);
      const size = heap.size;
      const block = heap.allocate(size); // so large that nobody has what is at the end now
      const shapes = [
        { m: 1025, k: 3, n: 25 },
        { m: 25, k: 3, n: 1025 },
      ];
      for (const test of shapes.flatMap((shape) => flags.map((transposes) => ({ ...shape, ...transposes })))) {
        const wanted = run(dtype, test);
        const { a, b, at, result, release } = operands(dtype, test);
        for (const [name, data] of [
          ['a', a],
          ['b', b],
        ] as const) {
          const end = { ...at, [name]: heap.size - 64 - Math.ceil((data.length * bytesOf[dtype]) / 16) * 16 };
          (dtype === 'float32' ? heap.f32 : heap.f64).set(data, end[name] / bytesOf[dtype]);
          new Product(dtype, test.m, test.k, test.n, test).run(end.a, end.b, at.c);
          expect(result()).toEqual(wanted);
        }
        release();
      }
      heap.release(block, size);
    });
  });
});

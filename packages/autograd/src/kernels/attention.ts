/**
 * Attention, one head of one sample at a time, so that its scores stay in the first-level cache. The heads of a query, key or value lie
 * side by side in rows: [batch, length, heads * size].
 */
import { i32 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { splat } from './elementwise.ts';
import { exp } from './math/exp.ts';
import { Product, type ProductLayout } from './matmul.ts';
import { folds } from './reduce-fold.ts';
import { RowCode } from './softmax-row.ts';

export interface AttentionSizes {
  readonly batch: number;
  readonly heads: number;
  /** Queries. */
  readonly length: number;
  readonly keys: number;
  /** Of a head of query and key. */
  readonly size: number;
  /** Of a head of value. */
  readonly valueSize: number;
}

/** A mask of rows of `keys` numbers. */
export interface MaskRows {
  /** The address of the first row for each head of each sample. */
  readonly addresses: readonly number[];
  /** The bytes from the row of a query to that of the next. */
  readonly pitch: number;
}

interface Addresses {
  readonly query: number;
  readonly key: number;
  readonly value: number;
  /** [batch, heads, length, keys] */
  readonly weights: number;
}

const softmaxRows = (masked: boolean) =>
  perFloat((dtype) =>
    kernel('attentionSoftmax', ['i32', 'i32', 'i32', 'f64', 'i32', 'i32', 'i32'], (f, p, end, n, scale, causal, mask, pitch) => {
      const L = lanes[dtype];
      const factor = f.let(splat(dtype, scale));
      const rowBytes = f.let(i32.mul(n, i32.const(L.bytes)));
      const visible = f.let(n);
      f.if(causal, () => f.set(visible, i32.const(1)));
      f.for(p, end, rowBytes, () => {
        const row = new RowCode(f, dtype, visible);
        const max = masked
          ? row.fold(folds.max, [p, mask], (x, m) => L.fma(x, factor, m), p)
          : row.fold(folds.max, [p], (x) => L.mul(x, factor), p);
        const sum = row.narrow(row.fold(folds.sum, [p], (x) => exp(f, L, L.sub(x, max)), p));
        row.map([p], p, (e) => L.div(e, sum));
        const unseen = f.let(i32.add(p, row.bytes));
        new RowCode(f, dtype, i32.sub(n, visible), 1).map([unseen], unseen, () => L.zero);
        f.bump(visible, i32.and(causal, i32.ltU(visible, n)));
        f.bump(mask, pitch);
      });
    }),
  );
/** run(p, end of p, n, scale, whether causal, mask, mask's pitch): rows x to softmax(scale x + mask); causal row i over 0 to i, the rest 0. */
const softmax = { plain: /* @__PURE__ */ softmaxRows(false), masked: /* @__PURE__ */ softmaxRows(true) };

/** run(p, g, end of g, n, scale): rows g, the cotangent of softmax p, to scale p (g - <g p>). */
const softmaxBackward = /* @__PURE__ */ perFloat((dtype) =>
  kernel('attentionSoftmaxBackward', ['i32', 'i32', 'i32', 'i32', 'f64'], (f, p, g, end, n, scale) => {
    const row = new RowCode(f, dtype, n);
    const { L } = row;
    const factor = f.let(splat(dtype, scale));
    f.for(g, end, row.bytes, () => {
      const sum = row.narrow(row.fold(folds.sum, [p, g], (a, b) => L.mul(a, b)));
      row.map([p, g], g, (a, b) => L.mul(L.mul(a, factor), L.sub(b, sum)));
      f.bump(p, row.bytes);
    });
  }),
);

/** Calls `visit` for each head with where its rows lie, in bytes, among rows of all heads: of `count` rows of `width` elements. */
function eachHead(
  dtype: FloatType,
  { batch, heads }: AttentionSizes,
  visit: (index: number, start: (count: number, width: number) => number) => void,
): void {
  const { bytes } = lanes[dtype];
  let sample = 0;
  let head = 0;
  const start = (count: number, width: number): number => (sample * count * heads + head) * width * bytes;
  for (sample = 0; sample < batch; sample++) for (head = 0; head < heads; head++) visit(sample * heads + head, start);
}

/** c = a b */
function multiply(
  dtype: FloatType,
  [m, k, n]: readonly [number, number, number],
  a: number,
  b: number,
  c: number,
  layout: ProductLayout,
): void {
  new Product(dtype, m, k, n, layout).run(a, b, c);
}

/** weights = softmax(scale query key^T + mask), y = weights value. */
export function attentionForward(
  dtype: FloatType,
  sizes: AttentionSizes,
  at: Addresses & { readonly y: number },
  { scale, isCausal }: { readonly scale: number; readonly isCausal: boolean },
  mask: MaskRows | undefined,
): void {
  const { heads, length, keys, size, valueSize } = sizes;
  const { bytes } = lanes[dtype];
  const [narrow, wide] = [heads * size * bytes, heads * valueSize * bytes];
  const [toScores, toValues] = [
    { transposeB: true, pitchA: narrow, pitchB: narrow },
    { pitchB: wide, pitchC: wide },
  ];
  const block = length * keys * bytes;
  const { run } = (mask ? softmax.masked : softmax.plain)[dtype];
  eachHead(dtype, sizes, (index, start) => {
    const weights = at.weights + index * block;
    const [query, key] = [at.query + start(length, size), at.key + start(keys, size)];
    multiply(dtype, [length, size, keys], query, key, weights, toScores);
    run(weights, weights + block, keys, scale, Number(isCausal), mask?.addresses[index] ?? 0, mask?.pitch ?? 0);
    const [value, y] = [at.value + start(keys, valueSize), at.y + start(length, valueSize)];
    multiply(dtype, [length, keys, valueSize], weights, value, y, toValues);
  });
}

/** The gradients of query, key and value; those of address 0 are left out. `scores` is room for [length, keys]. */
export function attentionBackward(
  dtype: FloatType,
  sizes: AttentionSizes,
  at: Addresses & Readonly<Record<'dy' | 'dquery' | 'dkey' | 'dvalue' | 'scores', number>>,
  scale: number,
): void {
  const { heads, length, keys, size, valueSize } = sizes;
  const { bytes } = lanes[dtype];
  const [narrow, wide] = [heads * size * bytes, heads * valueSize * bytes];
  const [toScores, fromScores, toValues] = [
    { transposeB: true, pitchA: wide, pitchB: wide },
    { pitchB: narrow, pitchC: narrow },
    { pitchB: wide, pitchC: wide },
  ];
  const block = length * keys * bytes;
  const { scores } = at;
  eachHead(dtype, sizes, (index, start) => {
    const weights = at.weights + index * block;
    const [query, key, value] = [start(length, size), start(keys, size), start(keys, valueSize)];
    const dy = at.dy + start(length, valueSize);
    if (at.dvalue) multiply(dtype, [keys, length, valueSize], weights, dy, at.dvalue + value, { ...toValues, transposeA: true });
    if (!at.dquery && !at.dkey) return;
    multiply(dtype, [length, valueSize, keys], dy, at.value + value, scores, toScores);
    softmaxBackward[dtype].run(weights, scores, scores + block, keys, scale);
    if (at.dquery) multiply(dtype, [length, keys, size], scores, at.key + key, at.dquery + query, fromScores);
    if (at.dkey)
      multiply(dtype, [keys, length, size], scores, at.query + query, at.dkey + key, { ...fromScores, transposeA: true });
  });
}

/**
 * Attention, one head of one sample at a time, so that its scores stay in the first-level cache. The heads of a query, key or value lie
 * side by side in rows: [batch, length, heads * size].
 */
import { i32 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { splat } from './elementwise.ts';
import { exp } from './math/exp.ts';
import { matmul } from './matmul.ts';
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

/** A matrix whose rows lie `pitch` bytes apart. */
interface Matrix {
  readonly at: number;
  readonly pitch: number;
  readonly transposed?: boolean;
}
const turned = (x: Matrix): Matrix => ({ ...x, transposed: true });

/** What the heads of one attention have in common. */
class Heads {
  readonly bytes: number;

  constructor(
    readonly dtype: FloatType,
    readonly sizes: AttentionSizes,
  ) {
    this.bytes = lanes[dtype].bytes;
  }

  /** Head number `index`, of all samples, in rows of all heads. */
  of(address: number, index: number, rows: number, width: number): Matrix {
    const { heads } = this.sizes;
    const sample = Math.floor(index / heads);
    const pitch = heads * width * this.bytes;
    return { at: address + sample * rows * pitch + (index % heads) * width * this.bytes, pitch };
  }

  /** c = a b */
  multiply(m: number, k: number, n: number, a: Matrix, b: Matrix, c: Matrix): void {
    const pitches = { a: a.pitch, b: b.pitch, c: c.pitch };
    matmul(this.dtype, m, k, n, a.at, b.at, c.at, a.transposed, b.transposed, 0, false, 0, m, pitches);
  }
}

/** weights = softmax(scale query key^T + mask), y = weights value. */
export function attentionForward(
  dtype: FloatType,
  sizes: AttentionSizes,
  at: Addresses & { readonly y: number },
  { scale, isCausal }: { readonly scale: number; readonly isCausal: boolean },
  mask: MaskRows | undefined,
): void {
  const all = new Heads(dtype, sizes);
  const { batch, heads, length, keys, size, valueSize } = sizes;
  const pitch = keys * all.bytes;
  const { run } = (mask ? softmax.masked : softmax.plain)[dtype];
  for (let index = 0; index < batch * heads; index++) {
    const weights = { at: at.weights + index * length * pitch, pitch };
    all.multiply(length, size, keys, all.of(at.query, index, length, size), turned(all.of(at.key, index, keys, size)), weights);
    const end = weights.at + length * pitch;
    run(weights.at, end, keys, scale, Number(isCausal), mask?.addresses[index] ?? 0, mask?.pitch ?? 0);
    all.multiply(
      length,
      keys,
      valueSize,
      weights,
      all.of(at.value, index, keys, valueSize),
      all.of(at.y, index, length, valueSize),
    );
  }
}

/** The gradients of query, key and value; those of address 0 are left out. `scores` is room for [length, keys]. */
export function attentionBackward(
  dtype: FloatType,
  sizes: AttentionSizes,
  at: Addresses & Readonly<Record<'dy' | 'dquery' | 'dkey' | 'dvalue' | 'scores', number>>,
  scale: number,
): void {
  const all = new Heads(dtype, sizes);
  const { batch, heads, length, keys, size, valueSize } = sizes;
  const pitch = keys * all.bytes;
  const scores = { at: at.scores, pitch };
  for (let index = 0; index < batch * heads; index++) {
    const query = (address: number): Matrix => all.of(address, index, length, size);
    const key = (address: number): Matrix => all.of(address, index, keys, size);
    const value = (address: number): Matrix => all.of(address, index, keys, valueSize);
    const weights = { at: at.weights + index * length * pitch, pitch };
    const dy = all.of(at.dy, index, length, valueSize);
    if (at.dvalue) all.multiply(keys, length, valueSize, turned(weights), dy, value(at.dvalue));
    if (!at.dquery && !at.dkey) continue;
    all.multiply(length, valueSize, keys, dy, turned(value(at.value)), scores);
    softmaxBackward[dtype].run(weights.at, scores.at, scores.at + length * pitch, keys, scale);
    if (at.dquery) all.multiply(length, keys, size, scores, key(at.key), query(at.dquery));
    if (at.dkey) all.multiply(keys, length, size, turned(scores), query(at.query), key(at.dkey));
  }
}

/**
 * Products of matrices. Operands are read where they lie if the product kernel can walk along them in cache; a transposed B, and matrices
 * with long rows that it would walk down, are copied block by block into a work area first.
 */
import { heap } from '../runtime/heap.ts';
import type { Kernel } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { workAreas } from '../runtime/threads.ts';
import { atOnce, shareItems, sharesItems } from './calls.ts';
import { packPanels, packTransposed } from './matmul-pack.ts';
import { panelBytes, product, productByColumns } from './matmul-tile.ts';
import { isSmall, type MakeCall, shareRanges, split } from './split.ts';

/** Terms summed before the sum is added to the element: part of what the result is, so the same for all shapes. */
const blockDepth = 256;
/** Elements of A that are used together: a quarter of a megabyte (float32), which second-level caches hold. */
const blockElements = 1 << 16;
/** Bytes of a row of B that are packed together: with the depth, a megabyte. */
const blockBytes = 4096;
/**
 * Walking down rows this many bytes apart costs up to a third of the speed: each is in another page, and if it divides their distance all
 * fall into few sets of the first-level cache. Closer rows are read in place as fast as packed ones (measured from 1 to 12 KiB).
 */
const farApartA = 1024;
const farApartB = 4096;
/** Rows of A that must use a packed B to repay the copy; of B, twice as many columns. */
const repaidBy = 24;

/** Rows and columns of a part are multiples of these: mostly whole tiles, which divide powers of two, and enough to repay what parts pack anew. */
const partRows = 16;
const partColumns = 32;
/** What a multiply-add takes (float32). */
export const productNanoseconds = 0.04;

/** How the operands of a product are stored: row-major. */
export interface ProductLayout {
  /** Whether A is stored [k, m]. @defaultValue `false` */
  readonly transposeA?: boolean;
  /** Whether B is stored [n, k]. @defaultValue `false` */
  readonly transposeB?: boolean;
  /** The bytes from one row of a stored matrix to the next. @defaultValue those of a row */
  readonly pitchA?: number;
  readonly pitchB?: number;
  readonly pitchC?: number;
}

/**
 * C[m, n] = A[m, k] B[k, n] for matrices of these sizes at any addresses, plus `bias[n]` on every row unless it is 0, plus what C holds if
 * `accumulate`. C overlaps no operand.
 *
 * The order of an element's sum, and so its bits, depend on k alone: k is summed in blocks of 256, and the blocks' sums are added in turn,
 * C's old value first and the bias last.
 */
export class Product {
  private readonly bytes: number;
  private readonly pitchA: number;
  private readonly pitchB: number;
  private readonly pitchC: number;
  private readonly transposeA: boolean;
  private readonly transposeB: boolean;
  private readonly packsA: boolean;
  private readonly packsB: boolean;
  /** Terms that are summed at a time. */
  private readonly depth: number;
  /** What it takes on one thread. */
  readonly nanoseconds: number;

  constructor(
    private readonly dtype: FloatType,
    private readonly m: number,
    private readonly k: number,
    private readonly n: number,
    layout: ProductLayout = {},
  ) {
    const { bytes } = lanes[dtype];
    const { transposeA = false, transposeB = false } = layout;
    this.bytes = bytes;
    this.transposeA = transposeA;
    this.transposeB = transposeB;
    this.pitchA = layout.pitchA ?? (transposeA ? m : k) * bytes;
    this.pitchB = layout.pitchB ?? (transposeB ? k : n) * bytes;
    this.pitchC = layout.pitchC ?? n * bytes;
    this.packsA = k > 0 && transposeA && this.pitchA >= farApartA && n >= 2 * repaidBy;
    this.packsB = k > 0 && (transposeB || (this.pitchB >= farApartB && m >= repaidBy));
    this.depth = Math.min(k, blockDepth);
    this.nanoseconds = m * n * k * productNanoseconds * (bytes / 4);
  }

  /** Computes C; large ones are shared among threads. */
  run(a: number, b: number, c: number, bias = 0, accumulate = false): void {
    if (isSmall(this.nanoseconds)) this.describe(atOnce, heap.scratch(this.workBytes), a, b, c, bias, accumulate);
    else this.share(a, b, c, bias, accumulate);
  }

  private share(a: number, b: number, c: number, bias: number, accumulate: boolean): void {
    const { m, n, nanoseconds, bytes, packsA, packsB } = this;
    // Parts are cut so that no two of them pack the same: columns share no B, rows no A.
    const cutsColumns = packsB ? !packsA || n >= m : !packsA && n > m;
    const ranges = cutsColumns ? split(n, nanoseconds / n, partColumns) : split(m, nanoseconds / m, partRows);
    const [, first] = ranges[0]!;
    const workBytes = cutsColumns ? this.bytesA(m) + this.bytesB(first) : this.bytesA(first) + this.bytesB(n);
    const areas = workAreas(0, workBytes);
    const describe = (call: MakeCall, start: number, end: number): void => {
      if (cutsColumns) {
        const offset = start * bytes;
        this.rectangle(
          call,
          areas.own,
          m,
          end - start,
          a,
          b + start * this.columnB,
          c + offset,
          bias && bias + offset,
          accumulate,
        );
      } else {
        this.rectangle(call, areas.own, end - start, n, a + start * this.rowA, b, c + start * this.pitchC, bias, accumulate);
      }
    };
    shareRanges(ranges, describe, areas);
  }

  /** What `describe` needs for its work area. */
  get workBytes(): number {
    return this.bytesA(this.m) + this.bytesB(this.n);
  }

  /** Makes the calls that compute C, to be run in order. */
  describe(call: MakeCall, work: number, a: number, b: number, c: number, bias = 0, accumulate = false): void {
    if (this.m > 0 && this.n > 0) this.rectangle(call, work, this.m, this.n, a, b, c, bias, accumulate);
  }

  /** The bytes from one row of A to the next. */
  private get rowA(): number {
    return this.transposeA ? this.bytes : this.pitchA;
  }

  /** The bytes from one column of B to the next. */
  private get columnB(): number {
    return this.transposeB ? this.pitchB : this.bytes;
  }

  // Packing writes up to 7 rows and a band more than there are; a band is 8 numbers or less.
  private get packedPitch(): number {
    return (this.depth + 8) * this.bytes;
  }

  private get blockRows(): number {
    return Math.floor(blockElements / this.depth);
  }

  private bytesA(rows: number): number {
    return this.packsA ? (Math.min(rows, this.blockRows) + 8) * this.packedPitch : 0;
  }

  private bytesB(columns: number): number {
    if (!this.packsB) return 0;
    const panels = Math.ceil(Math.min(columns * this.bytes, blockBytes) / panelBytes);
    return (panels * this.depth + 8) * panelBytes;
  }

  /** Makes the calls for some rows and columns of C, which begin at these addresses. */
  private rectangle(
    call: MakeCall,
    work: number,
    rows: number,
    columns: number,
    a: number,
    b: number,
    c: number,
    bias: number,
    accumulate: boolean,
  ): void {
    const { dtype, bytes, k, pitchA, pitchB, pitchC, transposeA, transposeB, packsA, packsB, packedPitch, blockRows } = this;
    const multiply: Kernel = transposeA && !packsA ? productByColumns[dtype] : product[dtype];
    const packedB = work;
    const packedA = work + this.bytesB(columns);
    const { rowA, columnB } = this;
    const stepA = transposeA ? pitchA : bytes; // from one k to the next
    const stepB = transposeB ? bytes : pitchB;
    const mostColumns = packsB ? blockBytes / bytes : columns;
    for (let left = 0; left < columns; left += mostColumns) {
      const width = Math.min(mostColumns, columns - left);
      let start = 0; // of the block of k
      do {
        const depth = Math.min(this.depth, k - start);
        const fromB = b + start * stepB + left * columnB;
        if (packsB) {
          if (transposeB) call(packTransposed[dtype], fromB, pitchB, width, depth, packedB, panelBytes, depth * panelBytes);
          else call(packPanels, fromB, pitchB, depth, width * bytes, packedB);
        }
        for (let top = 0; top < rows; top += blockRows) {
          const height = Math.min(blockRows, rows - top);
          const fromA = a + start * stepA + top * rowA;
          if (packsA) call(packTransposed[dtype], fromA, pitchA, depth, height, packedA, packedPitch, panelBytes);
          call(
            multiply,
            packsA ? packedA : fromA,
            packsA ? packedPitch : pitchA,
            packsB ? packedB : fromB,
            packsB ? panelBytes : pitchB,
            packsB ? depth * panelBytes : panelBytes,
            c + top * pitchC + left * bytes,
            pitchC,
            height,
            width,
            depth,
            bias !== 0 && start + depth === k ? bias + left * bytes : 0,
            accumulate || start > 0 ? 1 : 0,
          );
        }
        start += depth;
      } while (start < k);
    }
  }
}

/** Computes a product for each place in these lists of addresses. */
export function products(product: Product, a: readonly number[], b: readonly number[], c: readonly number[]): void {
  const { nanoseconds, workBytes } = product;
  const { length } = c;
  if (sharesItems(length, nanoseconds, workBytes)) {
    shareItems(length, nanoseconds, workBytes, (call, i, work) => product.describe(call, work, a[i]!, b[i]!, c[i]!));
  } else {
    for (let i = 0; i < length; i++) product.run(a[i]!, b[i]!, c[i]!);
  }
}

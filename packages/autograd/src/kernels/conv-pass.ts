/** Runs passes of convolutions: block by block of positions, the source is laid out so that every tap is a shift, and multiplied. */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import type { AxisPass, Phase } from './conv-lattice.ts';
import { convProduct, packedRows, tileHeights } from './conv-tile.ts';
import { weightProduct } from './conv-weight-tile.ts';
import { copyStrided } from './copy.ts';
import { copyElements, copyRows } from './copy-rows.ts';
import { fill } from './fill.ts';

/** [batch, groups, channels, height, width] in the heap. */
export interface Planes {
  readonly address: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Where weight[target channel, source channel, i, j] of each group lies, in elements. */
export interface WeightStrides {
  readonly group: number;
  readonly target: number;
  readonly source: number;
  readonly row: number;
}

/** Terms summed before the sum is added to the element, as in matmul: part of what the result is. */
const blockDepth = 256;
/** What a block of positions takes of the second-level cache. */
const blockBytes = 512 * 1024;

const count = ({ low, high }: Phase): number => high - low;

/** How the source of a block is laid out: planes of rows `pitch` elements apart, one for each phase of each channel. */
export interface Layout {
  /** Positions of a block. */
  readonly height: number;
  readonly width: number;
  /** Elements from row to row, and from plane to plane. */
  readonly pitch: number;
  readonly plane: number;
  /** Whether it is the source itself. */
  readonly inPlace: boolean;
}

/** Whether all that is read lies in the source as it is. */
const isInside = ({ sources, target, first, span }: AxisPass): boolean =>
  sources.length === 1 && sources[0]!.step === 1 && first >= sources[0]!.low && first + span + count(target) <= sources[0]!.high;

/** `planes`: of the source and the target together. */
export function layoutOf(dtype: FloatType, rows: AxisPass, columns: AxisPass, source: Planes, planes: number): Layout {
  const inPlace = isInside(rows) && isInside(columns);
  const most = blockBytes / (planes * lanes[dtype].bytes);
  const full = count(columns.target);
  const width = full <= most ? full : Math.max(64, Math.floor(most / 8) * 8);
  // Rows share the zeros between them: what follows one precedes the next. Only their start must not reach into the last one's values.
  const low = Math.max(columns.first, Math.min(...columns.sources.map((source) => source.low)));
  const high = Math.min(columns.first + columns.span + full, Math.max(...columns.sources.map((source) => source.high)));
  const reach = columns.first + columns.span + full;
  const shared = Math.max(full, reach - low, high - columns.first);
  const pitch = inPlace ? source.width : width < full ? width + columns.span : shared;
  const height = width < full ? 1 : Math.min(count(rows.target), Math.max(1, Math.floor(most / pitch)));
  return { height, width, pitch, plane: inPlace ? source.height * source.width : (height + rows.span) * pitch, inPlace };
}

/** Writes the distance of every tap of every channel, in bytes; the order is that of the weight. */
export function writeTable(
  dtype: FloatType,
  table: number,
  channels: number,
  rows: AxisPass,
  columns: AxisPass,
  layout: Layout,
): void {
  const { bytes } = lanes[dtype];
  let at = table / 4;
  for (let channel = 0; channel < channels; channel++) {
    for (const i of rows.taps) {
      for (const j of columns.taps) {
        const plane = (channel * rows.sources.length + i.phase) * columns.sources.length + j.phase;
        heap.i32[at++] = (plane * layout.plane + (i.shift - rows.first) * layout.pitch + j.shift - columns.first) * bytes;
      }
    }
  }
}

/** Copies what a block at (row, column) reads into the work area, where the zeros stand already; or finds it in place. */
export function layOut(
  dtype: FloatType,
  source: Planes,
  from: number,
  rows: AxisPass,
  columns: AxisPass,
  layout: Layout,
  area: number,
  row: number,
  column: number,
): number {
  const { bytes } = lanes[dtype];
  const firstRow = rows.first + row;
  const firstColumn = columns.first + column;
  if (layout.inPlace) {
    return from + ((rows.sources[0]!.origin + firstRow) * source.width + columns.sources[0]!.origin + firstColumn) * bytes;
  }
  const plane = source.height * source.width * bytes;
  let to = area;
  for (let channel = 0; channel < source.channels; channel++) {
    for (const i of rows.sources) {
      const low = Math.max(i.low, firstRow);
      const height = Math.min(i.high, firstRow + layout.height + rows.span) - low;
      for (const j of columns.sources) {
        const left = Math.max(j.low, firstColumn);
        const width = Math.min(j.high, firstColumn + layout.width + columns.span) - left;
        if (height > 0 && width > 0) {
          const p = from + channel * plane + ((i.origin + low * i.step) * source.width + j.origin + left * j.step) * bytes;
          const q = to + ((low - firstRow) * layout.pitch + left - firstColumn) * bytes;
          const pitch = i.step * source.width * bytes;
          moveRows(dtype, p, q, width, height, j.step, 1, pitch, layout.pitch * bytes);
        }
        to += layout.plane * bytes;
      }
    }
  }
  return area;
}

/** Copies rows of `width` elements, steps in elements, pitches in bytes. */
function moveRows(
  dtype: FloatType,
  from: number,
  to: number,
  width: number,
  height: number,
  fromStep: number,
  toStep: number,
  fromPitch: number,
  toPitch: number,
): void {
  const bytes = dtype === 'float32' ? 4 : 8;
  if (fromStep === 1 && toStep === 1) copyRows[bytes].run(from, to, width * bytes, height, fromPitch, toPitch);
  else copyElements[bytes].run(from, to, width, height, fromStep * bytes, toStep * bytes, fromPitch, toPitch);
}

/** target = weight applied to source, plus bias: for the positions of this pass. */
export function runPass(
  dtype: FloatType,
  batch: number,
  groups: number,
  rows: AxisPass,
  columns: AxisPass,
  source: Planes,
  target: Planes,
  weight: number,
  strides: WeightStrides,
  bias: number,
): void {
  const L = lanes[dtype];
  const { bytes } = L;
  const heightLeft = count(rows.target);
  const widthLeft = count(columns.target);
  const m = target.channels;
  if (heightLeft === 0 || widthLeft === 0 || m === 0) return;
  const phases = rows.sources.length * columns.sources.length;
  const layout = layoutOf(dtype, rows, columns, source, source.channels * phases + m);
  const k = source.channels * rows.taps.length * columns.taps.length;
  const heights = tileHeights(m);
  const tileBytes = k * packedRows * bytes;
  const pitchC = Math.ceil(((layout.height - 1) * layout.pitch + layout.width) / 8) * 8 * bytes;
  const sourcePlane = source.height * source.width * bytes;
  const targetPlane = target.height * target.width * bytes;
  const direct =
    rows.target.step === 1 && columns.target.step === 1 && layout.pitch === target.width && layout.width === target.width;

  const tableBytes = Math.ceil(k / 4) * 16;
  const packedBytes = heights.length * tileBytes;
  // Zeros follow the last plane: its last row reads on where the next row would begin.
  const areaLength = layout.inPlace ? 0 : source.channels * phases * layout.plane + layout.pitch + 16;
  const area = heap.scratch(tableBytes + packedBytes + areaLength * bytes + 64 + m * pitchC);
  const c = area + Math.ceil((areaLength * bytes) / 16) * 16;
  const packed = c + m * pitchC;
  const table = packed + packedBytes;
  writeTable(dtype, table, source.channels, rows, columns, layout);
  const manyBlocks = layout.height < heightLeft || layout.width < widthLeft;
  if (!manyBlocks && areaLength > 0) fill(dtype, area, areaLength, 0);

  const [i0 = 0, i1 = i0] = rows.taps.map(({ index }) => index);
  const [j0 = 0, j1 = j0] = columns.taps.map(({ index }) => index);
  for (let group = 0; group < groups; group++) {
    let first = weight + (group * strides.group + i0 * strides.row + j0) * bytes;
    heights.forEach((height, tile) => {
      copyStrided(
        bytes === 4 ? 4 : 8,
        [source.channels, rows.taps.length, columns.taps.length, height],
        first,
        [strides.source, (i1 - i0) * strides.row, j1 - j0, strides.target],
        packed + tile * tileBytes,
        [rows.taps.length * columns.taps.length * packedRows, columns.taps.length * packedRows, packedRows, 1],
      );
      first += height * strides.target * bytes;
    });
    for (let n = 0; n < batch; n++) {
      const from = source.address + (n * groups + group) * source.channels * sourcePlane;
      const to = target.address + (n * groups + group) * target.channels * targetPlane;
      for (let row = 0; row < heightLeft; row += layout.height) {
        for (let column = 0; column < widthLeft; column += layout.width) {
          const height = Math.min(layout.height, heightLeft - row);
          const width = Math.min(layout.width, widthLeft - column);
          if (manyBlocks && areaLength > 0) fill(dtype, area, areaLength, 0);
          const b = layOut(dtype, source, from, rows, columns, layout, area, row, column);
          const length = (height - 1) * layout.pitch + width;
          const firstRow = rows.target.origin + (rows.target.low + row) * rows.target.step;
          const firstColumn = columns.target.origin + (columns.target.low + column) * columns.target.step;
          const out = to + (firstRow * target.width + firstColumn) * bytes;
          const isDirect = direct && length % L.count === 0;
          let start = 0;
          do {
            const depth = Math.min(blockDepth, k - start);
            convProduct[dtype].run(
              packed + start * packedRows * bytes,
              tileBytes,
              b,
              table + start * 4,
              isDirect ? out : c,
              isDirect ? targetPlane : pitchC,
              m,
              length,
              depth,
              bias !== 0 && start + depth === k ? bias + group * m * bytes : 0,
              start > 0 ? 1 : 0,
            );
            start += depth;
          } while (start < k);
          if (isDirect) continue;
          for (let channel = 0; channel < m; channel++) {
            const p = c + channel * pitchC;
            const q = out + channel * targetPlane;
            moveRows(
              dtype,
              p,
              q,
              width,
              height,
              1,
              columns.target.step,
              layout.pitch * bytes,
              rows.target.step * target.width * bytes,
            );
          }
        }
      }
    }
  }
}

/** weight[target channel, source channel, i, j] = the sum over batch and positions of target times what the tap reads of source. */
export function runWeightPass(
  dtype: FloatType,
  batch: number,
  groups: number,
  rows: AxisPass,
  columns: AxisPass,
  source: Planes,
  target: Planes,
  weight: number,
): void {
  const { bytes } = lanes[dtype];
  const heightLeft = count(rows.target);
  const widthLeft = count(columns.target);
  const m = target.channels;
  const k = source.channels * rows.taps.length * columns.taps.length;
  fill(dtype, weight, groups * m * k, 0);
  if (heightLeft === 0 || widthLeft === 0 || m === 0 || k === 0) return;
  const phases = rows.sources.length * columns.sources.length;
  const layout = layoutOf(dtype, rows, columns, source, source.channels * phases + m);
  const sourcePlane = source.height * source.width * bytes;
  const targetPlane = target.height * target.width * bytes;
  const tableBytes = Math.ceil(k / 4) * 16;
  const areaLength = layout.inPlace ? 0 : source.channels * phases * layout.plane + layout.pitch + 16;
  const table = heap.scratch(tableBytes + areaLength * bytes);
  const area = table + tableBytes;
  writeTable(dtype, table, source.channels, rows, columns, layout);
  const manyBlocks = layout.height < heightLeft || layout.width < widthLeft;
  if (!manyBlocks && areaLength > 0) fill(dtype, area, areaLength, 0);
  for (let n = 0; n < batch; n++) {
    for (let group = 0; group < groups; group++) {
      const from = source.address + (n * groups + group) * source.channels * sourcePlane;
      const to = target.address + (n * groups + group) * target.channels * targetPlane;
      for (let row = 0; row < heightLeft; row += layout.height) {
        for (let column = 0; column < widthLeft; column += layout.width) {
          const height = Math.min(layout.height, heightLeft - row);
          const width = Math.min(layout.width, widthLeft - column);
          if (manyBlocks && areaLength > 0) fill(dtype, area, areaLength, 0);
          const b = layOut(dtype, source, from, rows, columns, layout, area, row, column);
          weightProduct[dtype].run(
            to + (row * target.width + column) * bytes,
            targetPlane,
            target.width * bytes,
            b,
            table,
            layout.pitch * bytes,
            height,
            width,
            weight + group * m * k * bytes,
            k * bytes,
            m,
            k,
            1,
          );
        }
      }
    }
  }
}

/** Passes of convolutions that give an output or an input. */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { type Call, parallelCalls } from '../runtime/threads.ts';
import { copyPlanes } from './conv-copy.ts';
import { blockBytes, Layout, type Pass } from './conv-layout.ts';
import { convProduct, packedRows, tileHeights, workBytes } from './conv-tile.ts';
import { copyStrided } from './copy.ts';
import { productNanoseconds } from './matmul.ts';
import { mostParts, split } from './split.ts';

/** How far it is, in elements, from one group, target channel, source channel and row of the kernel to the next. */
export interface WeightStrides {
  readonly group: number;
  readonly target: number;
  readonly source: number;
  readonly row: number;
}

/** Terms summed before the sum is added to the element: part of what the result is, as in matmul. */
const blockDepth = 256;

/** The weights of the taps of a pass, tile by tile of target channels: [tile, k, 8]. */
function packWeights(
  dtype: FloatType,
  { rows, columns, source }: Pass,
  weight: number,
  strides: WeightStrides,
  heights: readonly number[],
  packed: number,
): void {
  const { bytes } = lanes[dtype];
  const [i0 = 0, i1 = i0] = rows.taps.map(({ index }) => index);
  const [j0 = 0, j1 = j0] = columns.taps.map(({ index }) => index);
  const [height, width] = [rows.taps.length, columns.taps.length];
  let from = weight + (i0 * strides.row + j0) * bytes;
  let to = packed;
  for (const channels of heights) {
    const fromStrides = [strides.source, (i1 - i0) * strides.row, j1 - j0, strides.target];
    const toStrides = [height * width * packedRows, width * packedRows, packedRows, 1];
    copyStrided(dtype === 'float32' ? 4 : 8, [source.channels, height, width, channels], from, fromStrides, to, toStrides);
    from += channels * strides.target * bytes;
    to += source.channels * height * width * packedRows * bytes;
  }
}

/** Computes the target's elements of this pass: the weight applied to the source, plus a bias for each channel unless it is 0. */
export function runPass(dtype: FloatType, pass: Pass, weight: number, strides: WeightStrides, bias: number): void {
  const { batch, groups, rows, columns, source, target } = pass;
  const m = target.channels;
  if (batch === 0 || m === 0 || rows.count === 0 || columns.count === 0) return;
  const L = lanes[dtype];
  const layout = new Layout(dtype, pass);
  const k = source.channels * rows.taps.length * columns.taps.length;
  const heights = tileHeights(m);
  const tileBytes = k * packedRows * L.bytes;
  const groupBytes = heights.length * tileBytes;
  const rowBytes = layout.pitch * L.bytes;
  const pitchC = Math.ceil(((layout.height - 1) * rowBytes + layout.width * L.bytes) / 16) * 16;
  const planeBytes = target.height * target.width * L.bytes;
  const isTargetLike = layout.pitch === target.width && rows.target.step * columns.target.step === 1;

  const most = layout.inBlocks ? 1 : Math.floor(blockBytes / (layout.imageBytes + m * pitchC));
  const images = Math.max(1, Math.min(most, Math.ceil((batch * groups) / mostParts), batch));
  const blocks: (readonly [image: number, group: number, row: number, column: number])[] = [];
  for (let group = 0; group < groups; group++) {
    for (let image = 0; image < batch; image += images) {
      for (let row = 0; row < rows.count; row += layout.height) {
        for (let column = 0; column < columns.count; column += layout.width) blocks.push([image, group, row, column]);
      }
    }
  }
  const parts = split(blocks.length, images * m * k * layout.height * layout.width * productNanoseconds);
  const areaBytes = layout.areaBytes(images);
  const partBytes = areaBytes + images * m * pitchC + workBytes;
  const packed = heap.scratch(groups * groupBytes + layout.tableBytes + parts.length * partBytes);
  const table = packed + groups * groupBytes;
  const areas = table + layout.tableBytes;
  layout.writeTable(table);
  for (let group = 0; group < groups; group++) {
    packWeights(dtype, pass, weight + group * strides.group * L.bytes, strides, heights, packed + group * groupBytes);
  }

  const block = (area: number, image: number, group: number, row: number, column: number): Call[] => {
    const c = area + areaBytes;
    const work = c + images * m * pitchC;
    const some = Math.min(images, batch - image);
    const height = Math.min(layout.height, rows.count - row);
    const width = Math.min(layout.width, columns.count - column);
    const n = (height - 1) * layout.pitch + width;
    const firstRow = rows.target.origin + (rows.target.low + row) * rows.target.step;
    const firstColumn = columns.target.origin + (columns.target.low + column) * columns.target.step;
    const plane = target.address + (image * groups + group) * m * planeBytes;
    const out = plane + (firstRow * target.width + firstColumn) * L.bytes;
    // The kernel writes whole registers, so only rows of whole registers are written in place.
    const direct = isTargetLike && n % L.count === 0;
    const calls = layout.place(area, image, some, group, row, column);
    let start = 0;
    do {
      calls.push([
        convProduct[dtype],
        packed + group * groupBytes + start * packedRows * L.bytes,
        tileBytes,
        layout.first(area, image, group, row, column),
        table + start * 4,
        direct ? out : c,
        direct ? planeBytes : pitchC,
        m,
        n,
        Math.min(blockDepth, k - start),
        bias === 0 || start > 0 ? 0 : bias + group * m * L.bytes,
        start > 0 ? 1 : 0,
        work,
        some,
        layout.imageBytes,
        direct ? groups * m * planeBytes : m * pitchC,
      ]);
      start += blockDepth;
    } while (start < k);
    if (direct) return calls;
    calls.push([
      copyPlanes[dtype],
      c,
      out,
      width,
      height,
      m,
      some,
      L.bytes,
      rowBytes,
      pitchC,
      m * pitchC,
      columns.target.step * L.bytes,
      rows.target.step * target.width * L.bytes,
      planeBytes,
      groups * m * planeBytes,
    ]);
    return calls;
  };
  parallelCalls(
    parts.map(([start, end], part) => {
      const area = areas + part * partBytes;
      layout.clear(area, images);
      return blocks.slice(start, end).flatMap((at) => block(area, ...at));
    }),
  );
}

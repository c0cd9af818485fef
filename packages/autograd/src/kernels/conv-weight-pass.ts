/** The pass of a convolution that gives the gradient of its weight. */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { copyPlanes } from './conv-copy.ts';
import { blockBytes, Layout, type Pass } from './conv-layout.ts';
import { workBytes } from './conv-tile.ts';
import { weightProduct } from './conv-weight-tile.ts';
import { fill } from './fill.ts';

/** Rows of whole registers and from this length on are multiplied one by one; the rows of others are joined into one. */
const longRow = 16;
/** Positions of several images that are summed before the sum is added to the element. */
const blockPositions = 1024;

/** weight[target channel, source channel, i, j] = the sum over images and positions of target times what tap (i, j) reads of source. */
export function runWeightPass(dtype: FloatType, pass: Pass, weight: number): void {
  const { source, target, rows, columns, groups } = pass;
  const size = groups * target.channels * source.channels * rows.taps.length * columns.taps.length;
  const { width } = target;
  const joins = width < longRow || width % lanes[dtype].count !== 0;
  fill(dtype, weight, size, 0);
  const exact = sumProducts(dtype, pass, weight, joins);
  if (exact || allFinite(dtype, weight, size)) return;
  fill(dtype, weight, size, 0);
  sumProducts(dtype, pass, weight, false);
}

/**
 * Adds the products of all blocks to the weight. With `joins`, the rows of a block are one row with zeros of the target in between.
 *
 * @returns whether nothing was multiplied by such zeros: an infinity in the source would have become a NaN.
 */
function sumProducts(dtype: FloatType, pass: Pass, weight: number, joins: boolean): boolean {
  const { batch, groups, rows, columns, source, target } = pass;
  const { bytes, count } = lanes[dtype];
  const m = target.channels;
  const k = source.channels * rows.taps.length * columns.taps.length;
  if (m === 0 || k === 0 || rows.count === 0 || columns.count === 0) return true;
  const layout = new Layout(dtype, pass);
  const apart = layout.height > 1 && layout.pitch !== target.width;
  const inRows = apart && !joins;
  const copies = apart && joins;
  const rowBytes = layout.pitch * bytes;
  const planeBytes = target.height * target.width * bytes;
  const joined = (layout.height - 1) * layout.pitch + layout.width;
  const copyBytes = copies ? Math.ceil((joined * bytes) / 16) * 16 : 0; // of a plane of the target
  const most = Math.min(blockPositions / joined, blockBytes / (layout.imageBytes + m * copyBytes), batch);
  const images = inRows || layout.inBlocks ? 1 : Math.max(1, Math.floor(most));

  const copied = heap.scratch(images * m * copyBytes + layout.areaBytes(images) + layout.tableBytes + workBytes);
  const area = copied + images * m * copyBytes;
  const table = area + layout.areaBytes(images);
  const work = table + layout.tableBytes;
  layout.prepare(area, images, table);
  if (copies) fill(dtype, copied, (images * m * copyBytes) / bytes, 0);

  // A single block has zeros behind its copy, and, laid out, something to multiply them by: the last register may be a whole one.
  const isPadded = copies && !layout.inPlace && !layout.inBlocks;

  const block = (image: number, group: number, row: number, column: number): void => {
    const height = Math.min(layout.height, rows.count - row);
    const width = Math.min(layout.width, columns.count - column);
    const length = (height - 1) * layout.pitch + width;
    const some = Math.min(images, batch - image);
    const y = (slot: number): number =>
      target.address + ((image + slot) * groups + group) * m * planeBytes + (row * target.width + column) * bytes;
    const b = layout.place(image, group, row, column);
    for (let slot = 0; slot < some; slot++) {
      if (slot > 0) layout.place(image + slot, group, row, column, slot);
      if (!copies) continue;
      const to = copied + slot * m * copyBytes;
      copyPlanes[dtype].run(y(slot), to, width, height, m, bytes, target.width * bytes, planeBytes, bytes, rowBytes, copyBytes);
    }
    weightProduct[dtype].run(
      copies ? copied : y(0),
      copies ? copyBytes : planeBytes,
      inRows ? target.width * bytes : copies ? m * copyBytes : groups * m * planeBytes,
      b,
      table,
      inRows ? rowBytes : layout.imageBytes,
      inRows ? height : some,
      inRows ? width : isPadded ? Math.ceil(length / count) * count : length,
      weight + group * m * k * bytes,
      k * bytes,
      m,
      k,
      work,
    );
  };
  for (let group = 0; group < groups; group++) {
    for (let image = 0; image < batch; image += images) {
      for (let row = 0; row < rows.count; row += layout.height) {
        for (let column = 0; column < columns.count; column += layout.width) block(image, group, row, column);
      }
    }
  }
  return !copies;
}

function allFinite(dtype: FloatType, address: number, length: number): boolean {
  const start = address / lanes[dtype].bytes;
  const values = dtype === 'float32' ? heap.f32 : heap.f64;
  let total = 0;
  for (let i = start; i < start + length; i++) total += values[i]!;
  return Number.isFinite(total);
}

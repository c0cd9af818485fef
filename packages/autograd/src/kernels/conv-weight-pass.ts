/** The pass of a convolution that gives the gradient of its weight. */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { type Call, parallel, workAreas } from '../runtime/threads.ts';
import { copyPlanes } from './conv-copy.ts';
import { blockBytes, type Corner, cornersOf, inRegisters, Layout, type Pass, placeIn } from './conv-layout.ts';
import { workBytes } from './conv-tile.ts';
import { weightProduct } from './conv-weight-tile.ts';
import { mapKernel } from './elementwise.ts';
import { fill, fills } from './fill.ts';
import { mostParts } from './split.ts';

/** Rows of whole registers and from this length on are multiplied one by one; the rows of others are joined into one. */
const longRow = 16;
/** Positions of several images that are summed before the sum is added to the element. */
const blockPositions = 1024;
/** Images are summed part by part, however many threads there are: the least positions and products of a part, and the bytes of all sums. */
const partPositions = 256;
const partProducts = 400_000;
const partsBytes = 16 * 1024 * 1024;

/** run(a, b, sum, end of the sum) */
export const addTo = /* @__PURE__ */ mapKernel('conv add', 2, (_f, L, a, b) => L.add(a, b));

/** weight[target channel, source channel, i, j] = the sum over images and positions of target times what tap (i, j) reads of source. */
export function runWeightPass(dtype: FloatType, pass: Pass, weight: number): void {
  const { source, target, rows, columns, groups } = pass;
  const size = groups * target.channels * source.channels * rows.taps.length * columns.taps.length;
  const joins = target.width < longRow || target.width % lanes[dtype].count !== 0;
  const exact = sumProducts(dtype, pass, weight, size, joins);
  if (!exact && !allFinite(dtype, weight, size)) sumProducts(dtype, pass, weight, size, false);
}

/**
 * Sums the products of all blocks. With `joins`, the rows of a block are one row with zeros of the target in between.
 *
 * @returns whether nothing was multiplied by such zeros: an infinity in the source would have become a NaN.
 */
function sumProducts(dtype: FloatType, pass: Pass, weight: number, size: number, joins: boolean): boolean {
  const { batch, groups, rows, columns, source, target } = pass;
  const { bytes, count: laneCount } = lanes[dtype];
  const m = target.channels;
  const k = source.channels * rows.taps.length * columns.taps.length;
  fill(dtype, weight, size, 0);
  if (batch === 0 || size === 0 || rows.count === 0 || columns.count === 0) return true;
  const layout = new Layout(dtype, pass);
  const apart = layout.height > 1 && layout.pitch !== target.width;
  const inRows = apart && !joins;
  const copies = apart && joins;
  const joined = (layout.height - 1) * layout.pitch + layout.width;
  const copyBytes = copies ? inRegisters(joined * bytes) : 0; // of a plane of the target
  const inCache = Math.floor(blockBytes / (layout.imageBytes + m * copyBytes));
  const images = layout.inBlocks
    ? 1
    : Math.max(1, Math.min(inRows ? batch : Math.floor(blockPositions / joined), inCache, batch));

  // A part is some groups, where there are enough; else some images, and all but the first sum into weights of their own, which are small
  // beside their images.
  const byGroup = groups >= mostParts;
  const weightBytes = inRegisters(size * bytes);
  const positions = rows.count * columns.count;
  const perPart = byGroup
    ? Math.max(Math.ceil(groups / mostParts), Math.ceil(partProducts / (m * k * positions * batch)))
    : Math.max(
        inRows ? 1 : images,
        Math.ceil(batch / mostParts),
        Math.ceil(partPositions / positions),
        Math.ceil(partProducts / (size * positions)),
        Math.ceil((batch * weightBytes) / partsBytes),
      );
  const count = byGroup ? groups : batch;
  const parts = Math.ceil(count / perPart);
  const copiedBytes = images * m * copyBytes;
  const ownBytes = copiedBytes + layout.areaBytes(images) + workBytes;
  const sumsBytes = byGroup ? 0 : (parts - 1) * weightBytes;
  const areas = workAreas(sumsBytes + layout.tableBytes, ownBytes);
  const { shared: sums, own: copied } = areas;
  const table = sums + sumsBytes;
  const area = copied + copiedBytes;
  layout.writeTable(table);
  if (table > sums) fill(dtype, sums, (table - sums) / bytes, 0);

  // A single block has zeros behind its copy, and, laid out, something to multiply them by: the last register may be a whole one.
  const isPadded = copies && !layout.inPlace && !layout.inBlocks;

  const block = (part: number, lastImage: number, corner: Corner): Call[] => {
    const [image, group, row, column] = corner;
    const some = Math.min(images, lastImage - image);
    const height = Math.min(layout.height, rows.count - row);
    const width = Math.min(layout.width, columns.count - column);
    const length = (height - 1) * layout.pitch + width;
    const from = placeIn(target, bytes, groups, corner);
    const copy = { address: copied, element: bytes, row: layout.pitch * bytes, plane: copyBytes, image: m * copyBytes };
    const [y, b] = [copies ? copy : from, layout.first(area, corner)];
    return [
      ...layout.place(area, corner, some),
      ...(copies ? [copyPlanes(dtype, [some, m, height, width], from, copy)] : []),
      weightProduct(dtype, {
        y: y.address,
        planeY: y.plane,
        rowY: inRows ? y.row : y.image,
        b: b.address,
        table,
        rowB: inRows ? b.row : b.image,
        height: inRows ? height : some,
        width: inRows ? width : isPadded ? Math.ceil(length / laneCount) * laneCount : length,
        c: (part === 0 || byGroup ? weight : sums + (part - 1) * weightBytes) + group * m * k * bytes,
        m,
        k,
        work: area + layout.areaBytes(images),
        ...(inRows && { times: some, nextY: y.image, nextB: b.image }),
      }),
    ];
  };
  parallel(
    Array.from({ length: parts }, (_, part) => {
      const range = [part * perPart, Math.min(count, (part + 1) * perPart)] as const;
      const [ofBatch, ofGroups] = byGroup ? [[0, batch] as const, range] : [range, undefined];
      const corners = cornersOf(pass, [images, layout.height, layout.width], ofBatch, ofGroups);
      return [
        ...layout.clear(area, images),
        ...(copies ? [[fills[dtype], copied, area, 0] as const] : []),
        ...corners.flatMap((corner) => block(part, ofBatch[1], corner)),
      ];
    }),
    areas,
  );
  for (let from = sums; from < table; from += weightBytes) addTo[dtype].run(weight, from, weight, weight + size * bytes);
  return !copies;
}

/** Whether no element is an infinity or NaN, nor their sum. */
export function allFinite(dtype: FloatType, address: number, length: number): boolean {
  const start = address / lanes[dtype].bytes;
  const values = dtype === 'float32' ? heap.f32 : heap.f64;
  let total = 0;
  for (let i = start; i < start + length; i++) total += values[i]!;
  return Number.isFinite(total);
}

/** Passes of convolutions that give an output or an input. */
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { type Call, parallel, workAreas } from '../runtime/threads.ts';
import { copyPlanes } from './conv-copy.ts';
import { blockBytes, type Corner, cornersOf, inRegisters, Layout, type Pass, placeIn } from './conv-layout.ts';
import { packedRows, productCalls, tileHeights, workBytes } from './conv-tile.ts';
import { copyStrided } from './copy.ts';
import { productNanoseconds } from './matmul.ts';
import { mostParts, split } from './split.ts';

/** What a block takes at least, in nanoseconds, if there are images enough: several times what it costs to describe. */
const leastBlock = 10_000;

/** How far it is, in elements, from one group, target channel, source channel and row of the kernel to the next. */
export interface WeightStrides {
  readonly group: number;
  readonly target: number;
  readonly source: number;
  readonly row: number;
}

/**
 * Packs the weights of the taps of a group: those of a tile of target channels lie side by side. `to` says how far it is, in elements, from
 * one tile, source channel, row and column of the kernel to the next.
 */
export function packWeights(
  dtype: FloatType,
  { rows, columns, source, target }: Pass,
  weight: number,
  strides: WeightStrides,
  packed: number,
  [tile, ...to]: readonly [tile: number, source: number, row: number, column: number],
): void {
  const { bytes } = lanes[dtype];
  const [i0 = 0, i1 = i0] = rows.taps.map(({ index }) => index);
  const [j0 = 0, j1 = j0] = columns.taps.map(({ index }) => index);
  const fromStrides = [strides.source, (i1 - i0) * strides.row, j1 - j0, strides.target];
  let from = weight + (i0 * strides.row + j0) * bytes;
  for (const channels of tileHeights(target.channels)) {
    const shape = [source.channels, rows.taps.length, columns.taps.length, channels];
    copyStrided(dtype === 'float32' ? 4 : 8, shape, from, fromStrides, packed, [...to, 1]);
    from += channels * strides.target * bytes;
    packed += tile * bytes;
  }
}

/** Computes the target's elements of this pass: the weight applied to the source, plus a bias for each channel unless it is 0. */
export function runPass(dtype: FloatType, pass: Pass, weight: number, strides: WeightStrides, bias: number): void {
  const { batch, groups, rows, columns, source, target } = pass;
  const m = target.channels;
  const taps = rows.taps.length * columns.taps.length;
  const k = source.channels * taps;
  if (batch === 0 || m === 0 || rows.count === 0 || columns.count === 0) return;
  const { bytes, count } = lanes[dtype];
  const layout = new Layout(dtype, pass);
  const pitchC = inRegisters(((layout.height - 1) * layout.pitch + layout.width) * bytes);
  // As many images as fit into the cache, but enough blocks to share, unless those would be of next to no work.
  const nanoseconds = m * k * layout.height * layout.width * productNanoseconds;
  const most = layout.inBlocks ? 1 : Math.floor(blockBytes / (layout.imageBytes + m * pitchC));
  const worth = Math.max(Math.ceil((batch * groups) / mostParts), Math.floor(leastBlock / nanoseconds));
  const images = Math.max(1, Math.min(most, worth, batch));
  const corners = cornersOf(pass, [images, layout.height, layout.width]);
  const parts = split(corners.length, images * nanoseconds);

  const tileBytes = k * packedRows * bytes;
  const groupBytes = tileHeights(m).length * tileBytes;
  const areaBytes = layout.areaBytes(images);
  const ownBytes = areaBytes + images * m * pitchC + workBytes;
  const areas = workAreas(groups * groupBytes + layout.tableBytes, ownBytes);
  const { shared: packed, own: area } = areas;
  const table = packed + groups * groupBytes;
  layout.writeTable(table);
  for (let group = 0; group < groups; group++) {
    const to = [k * packedRows, taps * packedRows, columns.taps.length * packedRows, packedRows] as const;
    packWeights(dtype, pass, weight + group * strides.group * bytes, strides, packed + group * groupBytes, to);
  }

  const isTargetLike = layout.pitch === target.width && rows.target.step * columns.target.step === 1;
  const block = (corner: Corner): Call[] => {
    const [image, group, row, column] = corner;
    const some = Math.min(images, batch - image);
    const height = Math.min(layout.height, rows.count - row);
    const width = Math.min(layout.width, columns.count - column);
    const n = (height - 1) * layout.pitch + width;
    const [i, j] = [rows.target, columns.target];
    const first: Corner = [image, group, i.origin + (i.low + row) * i.step, j.origin + (j.low + column) * j.step];
    const out = placeIn(target, bytes, groups, first, i.step, j.step);
    // The kernel writes whole registers, so only rows of whole registers are written in place.
    const direct = isTargetLike && n % count === 0;
    const apart = area + areaBytes;
    const c = direct ? out : { address: apart, element: bytes, row: layout.pitch * bytes, plane: pitchC, image: m * pitchC };
    const b = layout.first(area, corner);
    return [
      ...layout.place(area, corner, some),
      ...productCalls(dtype, {
        a: packed + group * groupBytes,
        tileA: tileBytes,
        b: b.address,
        table,
        c: c.address,
        pitchC: c.plane,
        m,
        n,
        k,
        bias: bias && bias + group * m * bytes,
        work: apart + images * m * pitchC,
        times: some,
        nextA: 0,
        nextB: b.image,
        nextC: c.image,
      }),
      ...(direct ? [] : [copyPlanes(dtype, [some, m, height, width], c, out)]),
    ];
  };
  parallel(
    parts.map(([start, end]) => [...layout.clear(area, images), ...corners.slice(start, end).flatMap(block)]),
    areas,
  );
}

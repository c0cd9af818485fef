/** How the source of a pass lies in memory, so that each tap reads it at one distance for all positions. */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import type { Call } from '../runtime/threads.ts';
import type { AxisPass, Phase } from './conv-axis.ts';
import { copyPlanes, type Place } from './conv-copy.ts';
import { fills } from './fill.ts';
import type { Range } from './split.ts';

/** [batch, groups, channels, height, width] at an address. */
export interface Planes {
  readonly address: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A map from source to target over two axes. */
export interface Pass {
  readonly batch: number;
  readonly groups: number;
  readonly rows: AxisPass;
  readonly columns: AxisPass;
  readonly source: Planes;
  readonly target: Planes;
}

/** Elements of an image's group from (row, column) on, that are some rows and columns apart. */
export function placeIn(
  { address, channels, height, width }: Planes,
  bytes: number,
  groups: number,
  [image, group, row, column]: Corner,
  rowStep = 1,
  columnStep = 1,
): Place {
  const plane = height * width * bytes;
  return {
    address: address + (image * groups + group) * channels * plane + (row * width + column) * bytes,
    element: columnStep * bytes,
    row: rowStep * width * bytes,
    plane,
    image: groups * channels * plane,
  };
}

/** Where a block begins. */
export type Corner = readonly [image: number, group: number, row: number, column: number];

/** The blocks of some groups of some images: each of `images` of a group and of height x width positions, or fewer. */
export function cornersOf(
  { batch, groups, rows, columns }: Pass,
  [images, height, width]: readonly [images: number, height: number, width: number],
  ofBatch: Range = [0, batch],
  ofGroups: Range = [0, groups],
): Corner[] {
  const corners: Corner[] = [];
  for (let group = ofGroups[0]; group < ofGroups[1]; group++) {
    for (let image = ofBatch[0]; image < ofBatch[1]; image += images) {
      for (let row = 0; row < rows.count; row += height) {
        for (let column = 0; column < columns.count; column += width) corners.push([image, group, row, column]);
      }
    }
  }
  return corners;
}

export const inRegisters = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** What source and target of a block of positions may take of the second-level cache. */
export const blockBytes = 512 * 1024;
/** The least width of a block that is narrower than the target: below, taps at its edges would be most of its source. */
const narrowest = 64;

/** Whether all that is read lies in the source as it is. */
const isInside = ({ sources: [source, ...others], count, first, span }: AxisPass): boolean =>
  source?.step === 1 && others.length === 0 && first >= source.low && first + span + count <= source.high;

/**
 * The source of a block of positions: for each phase of each channel a plane whose row p, column q is what position (p, q) reads at the
 * first of the shifts. If nothing but the source itself is read, that is the layout.
 */
export class Layout {
  /** Positions of a block. */
  readonly height: number;
  readonly width: number;
  /** Whether the target is more than one block. */
  readonly inBlocks: boolean;
  /** Elements from row to row. */
  readonly pitch: number;
  /** Bytes from image to image. */
  readonly imageBytes: number;
  readonly tableBytes: number;
  /** Whether it is the source itself. */
  readonly inPlace: boolean;
  /** Elements from plane to plane. */
  private readonly plane: number;
  private readonly bytes: number;

  /** @param height - of a block, which then has whole rows; by default a block fits into the cache */
  constructor(
    private readonly dtype: FloatType,
    private readonly pass: Pass,
    height?: number,
  ) {
    const { groups, rows, columns, source, target } = pass;
    this.bytes = lanes[dtype].bytes;
    this.inPlace = isInside(rows) && isInside(columns);
    const planes = source.channels * rows.sources.length * columns.sources.length;
    const positions = Math.floor(blockBytes / ((planes + target.channels) * this.bytes));
    this.width = height ? columns.count : Math.min(columns.count, Math.max(narrowest, Math.floor(positions / 8) * 8));
    this.pitch = this.pitchFor(columns, source.width);
    const rowsInCache = this.width < columns.count ? 1 : Math.max(1, Math.floor(positions / this.pitch));
    this.height = Math.min(rows.count, height ?? rowsInCache);
    this.inBlocks = this.width < columns.count || this.height < rows.count;
    this.plane = this.inPlace ? source.height * source.width : (this.height + rows.span) * this.pitch;
    // The last row of a plane reads on where a next one would begin, and kernels a register further: zeros follow the last plane.
    const areaBytes = inRegisters((planes * this.plane + this.pitch) * this.bytes) + 64;
    this.imageBytes = this.inPlace ? groups * source.channels * this.plane * this.bytes : areaBytes;
    this.tableBytes = inRegisters(4 * source.channels * rows.taps.length * columns.taps.length);
  }

  /** Rows share their zeros: those behind one are those before the next. No tap may reach over them into another row. */
  private pitchFor({ sources, count, first, span }: AxisPass, sourceWidth: number): number {
    if (this.inPlace) return sourceWidth;
    if (this.width < count) return this.width + span;
    const end = first + span + count;
    const low = Math.max(first, Math.min(...sources.map((phase) => phase.low)));
    const high = Math.min(end, Math.max(...sources.map((phase) => phase.high)));
    return Math.max(count, end - low, high - first);
  }

  /** The bytes of work area that some images need. */
  areaBytes(images: number): number {
    return this.inPlace ? 0 : images * this.imageBytes;
  }

  /** Writes the distance of every tap, in bytes and in the order of the weight. */
  writeTable(table: number): void {
    const { rows, columns, source } = this.pass;
    let at = table / 4;
    for (let channel = 0; channel < source.channels; channel++) {
      for (const row of rows.taps) {
        for (const column of columns.taps) {
          const plane = (channel * rows.sources.length + row.phase) * columns.sources.length + column.phase;
          const place = plane * this.plane + (row.shift - rows.first) * this.pitch + column.shift - columns.first;
          heap.i32[at++] = place * this.bytes;
        }
      }
    }
  }

  /** What makes a work area fit for all blocks of some images: zeros around what each lays out. */
  clear(area: number, images: number): Call[] {
    return this.inPlace || this.inBlocks ? [] : [this.zeros(area, images)];
  }

  private zeros(area: number, images: number): Call {
    return [fills[this.dtype], area, area + this.areaBytes(images), 0];
  }

  /** What the first position of a block reads at the first of the shifts: it lies in place or in `area`. */
  first(area: number, [image, group, row, column]: Corner): Place {
    const { rows, columns } = this.pass;
    if (this.inPlace)
      return this.placeOf(rows.sources[0]!, columns.sources[0]!, [image, group, rows.first + row, columns.first + column]);
    const { bytes, pitch, plane, imageBytes } = this;
    return { address: area, element: bytes, row: pitch * bytes, plane: plane * bytes, image: imageBytes };
  }

  /** Elements of two phases from the u-th row and v-th column on. */
  private placeOf(i: Phase, j: Phase, [image, group, u, v]: Corner): Place {
    const { groups, source } = this.pass;
    return placeIn(source, this.bytes, groups, [image, group, i.origin + u * i.step, j.origin + v * j.step], i.step, j.step);
  }

  /** What lays out in `area` what a block of some images reads. */
  place(area: number, corner: Corner, images: number): Call[] {
    const { rows, columns, source } = this.pass;
    const calls: Call[] = [];
    if (this.inPlace || source.channels === 0) return calls;
    if (this.inBlocks) calls.push(this.zeros(area, 1));
    const [image, group, row, column] = corner;
    const to = this.first(area, corner);
    const [top, left] = [rows.first + row, columns.first + column];
    const phases = rows.sources.length * columns.sources.length;
    let { address } = to;
    for (const i of rows.sources) {
      const low = Math.max(i.low, top);
      const height = Math.min(i.high, top + this.height + rows.span) - low;
      for (const j of columns.sources) {
        const start = Math.max(j.low, left);
        const width = Math.min(j.high, left + this.width + columns.span) - start;
        if (height > 0 && width > 0) {
          calls.push(
            copyPlanes(this.dtype, [images, source.channels, height, width], this.placeOf(i, j, [image, group, low, start]), {
              ...to,
              address: address + (low - top) * to.row + (start - left) * to.element,
              plane: phases * to.plane,
            }),
          );
        }
        address += to.plane;
      }
    }
    return calls;
  }
}

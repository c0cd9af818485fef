/** How the source of a pass lies in memory, so that each tap reads it at one distance for all positions. */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import type { Call } from '../runtime/threads.ts';
import type { AxisPass, Phase } from './conv-axis.ts';
import { copyPlanes } from './conv-copy.ts';
import { fill, fills } from './fill.ts';

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

  constructor(
    private readonly dtype: FloatType,
    private readonly pass: Pass,
  ) {
    const { groups, rows, columns, source, target } = pass;
    this.bytes = lanes[dtype].bytes;
    this.inPlace = isInside(rows) && isInside(columns);
    const planes = source.channels * rows.sources.length * columns.sources.length;
    const positions = Math.floor(blockBytes / ((planes + target.channels) * this.bytes));
    this.width = Math.min(columns.count, Math.max(narrowest, Math.floor(positions / 8) * 8));
    this.pitch = this.pitchFor(columns, source.width);
    this.height = this.width < columns.count ? 1 : Math.min(rows.count, Math.max(1, Math.floor(positions / this.pitch)));
    this.inBlocks = this.width < columns.count || this.height < rows.count;
    this.plane = this.inPlace ? source.height * source.width : (this.height + rows.span) * this.pitch;
    // The last row of a plane reads on where a next one would begin, and kernels a register further: zeros follow the last plane.
    const areaBytes = Math.ceil(((planes * this.plane + this.pitch) * this.bytes) / 16) * 16 + 64;
    this.imageBytes = this.inPlace ? groups * source.channels * this.plane * this.bytes : areaBytes;
    this.tableBytes = Math.ceil((source.channels * rows.taps.length * columns.taps.length) / 4) * 16;
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

  /** Makes a work area for some images fit for use. */
  clear(area: number, images: number): void {
    if (!this.inBlocks) fill(this.dtype, area, this.areaBytes(images) / this.bytes, 0);
  }

  /** The address of what the first position of the block at (row, column) reads of an image's group, which lies in place or in `area`. */
  first(area: number, image: number, group: number, row: number, column: number): number {
    const { rows, columns } = this.pass;
    if (!this.inPlace) return area;
    return this.addressOf(image, group, rows.sources[0]!, columns.sources[0]!, rows.first + row, columns.first + column);
  }

  private addressOf(image: number, group: number, i: Phase, j: Phase, u: number, v: number): number {
    const { groups, source } = this.pass;
    const from = (image * groups + group) * source.channels * source.height;
    return source.address + ((from + i.origin + u * i.step) * source.width + j.origin + v * j.step) * this.bytes;
  }

  /** What lays out in `area` what the block at (row, column) reads of a group of some images. */
  place(area: number, image: number, images: number, group: number, row: number, column: number): Call[] {
    const { groups, rows, columns, source } = this.pass;
    const { bytes, pitch } = this;
    const calls: Call[] = [];
    if (this.inPlace) return calls;
    if (this.inBlocks) calls.push([fills[this.dtype], area, area + this.areaBytes(1), 0]);
    const plane = source.height * source.width * bytes;
    const top = rows.first + row;
    const left = columns.first + column;
    const phases = rows.sources.length * columns.sources.length;
    let to = area;
    for (const i of rows.sources) {
      const low = Math.max(i.low, top);
      const height = Math.min(i.high, top + this.height + rows.span) - low;
      for (const j of columns.sources) {
        const start = Math.max(j.low, left);
        const width = Math.min(j.high, left + this.width + columns.span) - start;
        if (height > 0 && width > 0) {
          calls.push([
            copyPlanes[this.dtype],
            this.addressOf(image, group, i, j, low, start),
            to + ((low - top) * pitch + start - left) * bytes,
            width,
            height,
            source.channels,
            images,
            j.step * bytes,
            i.step * source.width * bytes,
            plane,
            groups * source.channels * plane,
            bytes,
            pitch * bytes,
            phases * this.plane * bytes,
            this.imageBytes,
          ]);
        }
        to += this.plane * bytes;
      }
    }
    return calls;
  }
}

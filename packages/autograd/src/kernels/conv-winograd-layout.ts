/** What convolutions by tiles, see conv-winograd.ts, are done for, and how the tiles lie in memory. */
import { heap } from '../runtime/heap.ts';
import type { Kernel } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import type { Call } from '../runtime/threads.ts';
import type { AxisPass } from './conv-axis.ts';
import type { Place } from './conv-copy.ts';
import { type Corner, cornersOf, inRegisters, Layout, type Pass, placeIn } from './conv-layout.ts';
import { workBytes } from './conv-tile.ts';
import { transformInput } from './conv-winograd-tile.ts';
import type { Range } from './split.ts';

/** With fewer channels or positions the transforms cost more than they save. */
const leastChannels = 8;
export const leastPositions = 256;
/** What the components of a block's tiles may take of the second-level cache. */
const blockBytes = 1024 * 1024;
/** What those of a row of tiles may take at all: each thread has a block of its own. */
const mostRowBytes = 8 * blockBytes;
export const components = 16;
/** Bytes between components, which would otherwise often be a power of two apart and share few sets of the cache. */
const apart = 64;

const suits = ({ taps, sources, target, count, span }: AxisPass): boolean =>
  taps.length === 3 && span === 2 && sources.length === 1 && sources[0]!.step === 1 && target.step === 1 && count % 2 === 0;

/** The bytes of the components of a row of tiles. */
const rowBytes = (dtype: FloatType, { columns, source, target }: Pass): number =>
  components * (source.channels + target.channels) * (columns.count / 2) * lanes[dtype].bytes;

/** Whether a pass can be done so, and faster. */
export const suitsWinograd = (dtype: FloatType, pass: Pass): boolean => {
  const { batch, groups, rows, columns, source, target } = pass;
  return (
    suits(rows) &&
    suits(columns) &&
    groups === 1 &&
    columns.count >= 2 * lanes[dtype].count &&
    batch * rows.count * columns.count >= leastPositions &&
    Math.min(source.channels, target.channels) >= leastChannels &&
    rowBytes(dtype, pass) <= mostRowBytes
  );
};

/** The tiles of a pass in blocks of whole rows, and the work area of a thread, in which the components of a block's tiles lie. */
export class Tiles {
  readonly layout: Layout;
  /** Bytes from plane to plane of a component, and from component to component of the source and of the target. */
  readonly planeBytes: number;
  readonly sourceBytes: number;
  readonly targetBytes: number;
  readonly tableBytes: number;
  readonly ownBytes: number;
  private readonly bytes: number;

  constructor(
    private readonly dtype: FloatType,
    private readonly pass: Pass,
  ) {
    const { rows, columns, source, target } = pass;
    this.bytes = lanes[dtype].bytes;
    const blocks = Math.ceil(rows.count / 2 / Math.max(1, Math.floor(blockBytes / rowBytes(dtype, pass))));
    this.layout = new Layout(dtype, pass, 2 * Math.ceil(rows.count / 2 / blocks));
    this.planeBytes = inRegisters((this.layout.height / 2) * (columns.count / 2) * this.bytes);
    this.sourceBytes = source.channels * this.planeBytes + apart;
    this.targetBytes = target.channels * this.planeBytes + apart;
    this.tableBytes = inRegisters(4 * source.channels);
    this.ownBytes = this.layout.areaBytes(1) + components * (this.sourceBytes + this.targetBytes) + workBytes;
  }

  writeTable(table: number): void {
    for (let channel = 0; channel < this.pass.source.channels; channel++)
      heap.i32[table / 4 + channel] = channel * this.planeBytes;
  }

  corners(ofBatch?: Range): Corner[] {
    return cornersOf(this.pass, [1, this.layout.height, this.layout.width], ofBatch);
  }

  /** How many tiles the block at a corner has. */
  count(corner: Corner): number {
    return this.tileRows(corner) * (this.pass.columns.count / 2);
  }

  private tileRows([, , row]: Corner): number {
    return Math.min(this.layout.height, this.pass.rows.count - row) / 2;
  }

  /** Where the components of the source and of the target lie in a work area, and what is left of it. */
  source(area: number): number {
    return area + this.layout.areaBytes(1);
  }
  target(area: number): number {
    return this.source(area) + components * this.sourceBytes;
  }
  work(area: number): number {
    return this.target(area) + components * this.targetBytes;
  }

  /** Makes the components of the source. */
  transformSource(area: number, corner: Corner): Call[] {
    const { layout, dtype, pass, sourceBytes } = this;
    const pixels = layout.first(area, corner);
    return [
      ...layout.place(area, corner, 1),
      this.transform(transformInput[dtype], pixels, this.source(area), sourceBytes, pass.source.channels, corner),
    ];
  }

  /** Makes the components of the target, or the target of them. */
  transformTarget(kernel: Kernel, area: number, corner: Corner, bias = 0, flag = 0): Call {
    const { groups, target } = this.pass;
    const pixels = placeIn(target, this.bytes, groups, corner);
    return this.transform(kernel, pixels, this.target(area), this.targetBytes, target.channels, corner, bias, flag);
  }

  private transform(
    kernel: Kernel,
    pixels: Place,
    tiles: number,
    component: number,
    planes: number,
    corner: Corner,
    bias = 0,
    flag = 0,
  ): Call {
    const sizes = [planes, this.tileRows(corner), this.pass.columns.count / 2];
    return [kernel, pixels.address, pixels.row, pixels.plane, tiles, component, this.planeBytes, ...sizes, bias, flag];
  }
}

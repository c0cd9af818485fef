/**
 * One WebAssembly memory and its blocks. Sizes are rounded up to classes, four to a doubling, and a freed block waits in the list of
 * its class: a reused block is some ten times faster than fresh pages. Only when no block or free stretch fits are the lists merged
 * into stretches again, and only then does the memory grow.
 */
import { maxPages } from './encoder.ts';

const pageBytes = 65_536;
/**
 * Bytes behind every block that belong to nobody: a kernel may read, and write, one register past the end instead of treating the last
 * elements singly. 64 of them also keep blocks of a power of two from falling into the same cache sets.
 */
const slack = 64;
/** Addresses below are never handed out, so 0 means "not in the heap". */
const firstAddress = 1024;
const smallest = 64;

interface Stretch {
  start: number;
  bytes: number;
}

/** The index of the size class of `bytes`: 64, 80, 96, 112, 128, 160, ... */
function sizeClass(bytes: number): number {
  if (bytes <= smallest) return 0;
  const exponent = 31 - Math.clz32(bytes - 1);
  return (exponent - 6) * 4 + ((bytes - 1) >>> (exponent - 2)) - 3;
}

/** What a block of the class holds, in bytes. */
function classBytes(index: number): number {
  return index === 0 ? smallest : (5 + ((index - 1) & 3)) * (1 << (((index - 1) >> 2) + 4));
}

/**
 * Shared memory where workers can be had that may wait: in Node, and in workers of pages that are cross-origin isolated. Elsewhere, and
 * where its address space cannot be reserved, plain memory.
 */
function makeMemory(): WebAssembly.Memory {
  const limits = { initial: 32, maximum: maxPages };
  const { WorkerGlobalScope, crossOriginIsolated, process } = globalThis as Environment;
  const inWorker = WorkerGlobalScope !== undefined && crossOriginIsolated === true;
  if ((inWorker || process?.versions?.node !== undefined) && typeof SharedArrayBuffer !== 'undefined') {
    try {
      return new WebAssembly.Memory({ ...limits, shared: true });
    } catch {} // as below
  }
  return new WebAssembly.Memory(limits);
}

interface Environment {
  readonly WorkerGlobalScope?: unknown;
  readonly crossOriginIsolated?: boolean;
  readonly process?: { readonly versions?: { readonly node?: string } };
}

export class Heap {
  /** @internal Its type is one of the DOM's, which programs for Node that read our declarations need not load. */
  readonly memory = makeMemory();
  /** Whether workers can use the memory too. */
  readonly shared = !(this.memory.buffer instanceof ArrayBuffer);
  /** Views of the whole memory, made anew when it grows: never keep one. */
  f32!: Float32Array;
  f64!: Float64Array;
  i32!: Int32Array;
  u8!: Uint8Array;
  /** Bytes in blocks that are handed out. */
  live = 0;
  /** How often the memory grew. */
  growths = 0;
  /** How often no freed block of the size waited. */
  misses = 0;
  /** How a work area is allocated. Who knows what lies in the blocks puts a function here that makes room, or throws. */
  reserve = (bytes: number): number => this.allocate(bytes);
  private readonly free: number[][] = [];
  private freeBytes = 0;
  private stretches: Stretch[] = [];
  private scratchBlock = 0;
  private scratchBytes = 0;

  constructor() {
    this.refresh();
    this.stretches.push({ start: firstAddress, bytes: this.memory.buffer.byteLength - firstAddress });
  }

  private refresh(): void {
    const { buffer } = this.memory;
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
  }

  /** The size of the memory, in bytes; it never shrinks. */
  get size(): number {
    return this.u8.length;
  }

  /** The address of a block of at least `bytes` (16-byte aligned, contents undefined), or 0 if the memory cannot grow any more. */
  allocate(bytes: number): number {
    if (bytes > maxPages * pageBytes) return 0; // beyond 32 bits, where size classes end
    const index = sizeClass(bytes);
    const size = classBytes(index) + slack;
    const reused = this.free[index]?.pop();
    if (reused !== undefined) {
      this.freeBytes -= size;
      this.live += size;
      return reused;
    }
    this.misses++;
    const address = this.carve(size) || this.merge(size) || this.grow(size);
    if (address !== 0) this.live += size;
    return address;
  }

  /** Takes back a block of `bytes` that `allocate` handed out. */
  release(address: number, bytes: number): void {
    const index = sizeClass(bytes);
    const size = classBytes(index) + slack;
    const list = (this.free[index] ??= []);
    list.push(address);
    this.freeBytes += size;
    this.live -= size;
  }

  /** A work area for the running kernel call. It may move and is overwritten by the next caller. */
  scratch(bytes: number): number {
    if (bytes > this.scratchBytes) {
      if (this.scratchBytes > 0) this.release(this.scratchBlock, this.scratchBytes);
      this.scratchBytes = 0;
      this.scratchBlock = this.reserve(bytes);
      this.scratchBytes = bytes;
    }
    return this.scratchBlock;
  }

  private carve(size: number): number {
    for (const stretch of this.stretches) {
      if (stretch.bytes < size) continue;
      const { start } = stretch;
      stretch.start += size;
      stretch.bytes -= size;
      return start;
    }
    return 0;
  }

  /** Joins neighbouring free blocks; worth its sort only if an eighth of the memory lies in the lists. */
  private merge(size: number): number {
    if (this.freeBytes < Math.max(size, this.size / 8)) return 0;
    const pieces = this.stretches.filter(({ bytes }) => bytes > 0);
    this.free.forEach((list, index) => {
      for (const start of list) pieces.push({ start, bytes: classBytes(index) + slack });
      list.length = 0;
    });
    this.freeBytes = 0;
    pieces.sort((a, b) => a.start - b.start);
    this.stretches = [];
    for (const piece of pieces) {
      const last = this.stretches.at(-1);
      if (last && last.start + last.bytes === piece.start) last.bytes += piece.bytes;
      else this.stretches.push(piece);
    }
    return this.carve(size);
  }

  private grow(size: number): number {
    const wanted = Math.ceil(Math.max(size, this.size / 4) / pageBytes);
    const least = Math.ceil(size / pageBytes);
    const end = this.size;
    const pages = [wanted, least].find((count) => {
      try {
        this.memory.grow(count);
        return true;
      } catch {
        return false;
      }
    });
    if (pages === undefined) return 0;
    this.growths++;
    this.refresh();
    const last = this.stretches.at(-1);
    if (last && last.start + last.bytes === end) last.bytes += pages * pageBytes;
    else this.stretches.push({ start: end, bytes: pages * pageBytes });
    return this.carve(size);
  }
}

/** The one heap of this thread. */
export const heap = new Heap();

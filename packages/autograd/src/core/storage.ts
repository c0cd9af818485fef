/**
 * Where the values of tensors live, and until when. Several tensors may share one storage.
 *
 * A storage is resident (in the heap), at home (in an ordinary array, where garbage collection finds it), both, or freed. Nobody
 * disposes of anything; three rules give memory back:
 *
 * 1. What user code never holds (hidden outputs, inner activations of a module, temporaries of backward) is freed as soon as no
 *    unspent node of the graph needs it.
 * 2. What user code may hold is never freed but demoted: moved home, at the end of the backward after the one that ended its graph.
 * 3. Past a cap, whatever was least recently used is demoted.
 */
import { heap } from '../runtime/heap.ts';
import { bytesPerElement, type DataArray, type DType } from './dtype.ts';
import { FreedError, MemoryError } from './errors.ts';

export class Storage {
  /** Address in the heap; 0 if not resident. */
  address = 0;
  /** The values outside the heap; up to date whenever it is there. */
  home: DataArray | null = null;
  /** Its last in-place write; those to all storages are numbered together. 0 if there was none. */
  version = 0;
  /** The time of last use, in ops. */
  used = 0;
  /** Position in the list of residents, while it is one. */
  slot = -1;
  /** How often unspent nodes of the graph hold it, as input or output. */
  holds = 0;
  /** How many cotangents of the running backward lie in it. */
  pending = 0;
  /** Whether nobody outside can hold it: a hidden output, or made during a module's call and not returned. */
  inner = false;
  /** Whether user code holds it for certain: returned, detached, kept, handed to a hook or read from `.grad`. Final. */
  visible = false;
  /** Whether the running backward made it for itself. */
  temporary = false;
  /** The backward pass that ended the last graph holding it; 0 if none did. */
  endedIn = 0;
  /** Whether it was freed for good. */
  freed = false;
  /** How often an op brought it back from home. */
  revivals = 0;
  /** Parameters, buffers, optimizer state, gradients and constants: the last to be demoted while they are in use. */
  preferred = false;
  readonly bytes: number;

  constructor(
    readonly dtype: DType,
    readonly length: number,
  ) {
    this.bytes = length * bytesPerElement(dtype);
  }

  /** Whether nothing but the graph holds it: inner, and not made visible since. */
  get ofGraph(): boolean {
    return this.inner && !this.visible && !this.preferred;
  }
}

/** Collects the storages made while it is the current one: for a module's call, a scope, or a backward. */
export interface Frame {
  readonly kind: 'call' | 'scope' | 'backward';
  readonly made: Storage[];
  readonly outer: Frame | null;
}

let clock = 0;
let writes = 0;
let frame: Frame | null = null;
let cap = 128 * 2 ** 20;
const residents: Storage[] = [];
/** The backward pass that runs or comes next. */
let pass = 1;
/** Storages whose graphs ended in this pass, and in the one before. */
let ended: Storage[] = [];
let endedBefore: Storage[] = [];
/** When the last two backward passes began. */
let recentPasses: [number, number] = [0, 0];

/** Starts the next op and tells its time. What it touches from here on is pinned until the next one starts. */
export function tick(): number {
  return ++clock;
}

/** The last in-place write to any storage. */
export function lastWrite(): number {
  return writes;
}

export function currentFrame(): Frame | null {
  return frame;
}

/** Makes a frame of the given kind the current one. */
export function enterFrame(kind: Frame['kind']): Frame {
  frame = { kind, made: [], outer: frame };
  return frame;
}

/** Ends the current frame; the outer one takes over what it made. */
export function leaveFrame(left: Frame): void {
  frame = left.outer;
  if (!frame) return;
  for (const storage of left.made) {
    if (storage.freed) continue;
    frame.made.push(storage);
    storage.temporary = frame.kind === 'backward';
  }
}

/** Runs user code that a backward calls, outside of it: what that makes is nobody's temporary. */
export function outsideBackward<T>(fn: () => T): T {
  const inside = frame;
  while (frame?.kind === 'backward') frame = frame.outer;
  try {
    return fn();
  } finally {
    frame = inside;
  }
}

/** A storage of undefined contents, in the heap. */
export function allocateStorage(dtype: DType, length: number): Storage {
  const storage = new Storage(dtype, length);
  makeResident(storage);
  if (frame) {
    frame.made.push(storage);
    storage.temporary = frame.kind === 'backward';
  }
  return storage;
}

/** A storage with a home and no place in the heap until an op asks for one. */
export function storageOf(dtype: DType, home: DataArray): Storage {
  const storage = new Storage(dtype, home.length);
  storage.home = home;
  return storage;
}

/** The address of the values, brought into the heap if need be; valid until the next op starts. */
export function addressOf(storage: Storage): number {
  storage.used = clock;
  if (storage.address === 0) {
    const { home } = storage;
    if (home === null) throw freedError();
    makeResident(storage);
    storage.revivals++;
    write(storage, home);
  }
  return storage.address;
}

/** As `addressOf`, for a kernel that writes in place: counts the write and ends the home. */
export function writableAddress(storage: Storage): number {
  const address = addressOf(storage);
  storage.home = null;
  storage.version = ++writes;
  storage.preferred = true;
  return address;
}

function freedError(): FreedError {
  return new FreedError(
    'tensor: its values were freed; it was made inside a module (or by a backward) and the backward through its graph has ended. ' +
      'Call .keep() or .detach() on it in forward, return it from the module, or use retainGraph.',
  );
}

/** The address of a new block, for which others make room if need be. */
function reserve(bytes: number): number {
  if (inUse() + bytes > cap) evict(bytes);
  const address = heap.allocate(bytes);
  if (address !== 0) return address;
  evict(Number.POSITIVE_INFINITY);
  const again = heap.allocate(bytes);
  if (again !== 0) return again;
  throw new MemoryError(
    `heap: ${bytes} bytes were asked for, ${heap.live} are live and in use, the cap is ${cap}, and the memory of ` +
      `${heap.size} bytes cannot grow; use smaller batches, or checkpoint() to store fewer activations.`,
  );
}
heap.reserve = reserve;

function makeResident(storage: Storage): void {
  storage.address = reserve(storage.bytes);
  storage.used = clock;
  storage.slot = residents.push(storage) - 1;
}

function leaveHeap(storage: Storage): void {
  heap.release(storage.address, storage.bytes);
  storage.address = 0;
  const last = residents.pop();
  if (last !== undefined && last !== storage) {
    residents[storage.slot] = last;
    last.slot = storage.slot;
  }
}

/** The whole heap as elements of a type: not to be kept. */
function elementsOf(dtype: DType): Float32Array | Float64Array | Int32Array | Uint8Array {
  switch (dtype) {
    case 'float32':
      return heap.f32;
    case 'float64':
      return heap.f64;
    case 'int32':
      return heap.i32;
    case 'bool':
      return heap.u8;
  }
}

/** Where the values begin among the elements of the heap. */
function startOf({ address, dtype }: Storage): number {
  return address / bytesPerElement(dtype);
}

function write(storage: Storage, values: DataArray): void {
  elementsOf(storage.dtype).set(values, startOf(storage));
}

/** A copy of the values, wherever they are. Reading moves nothing. */
export function read(storage: Storage): DataArray {
  if (storage.address !== 0) {
    const start = startOf(storage);
    return elementsOf(storage.dtype).slice(start, start + storage.length);
  }
  if (storage.home !== null) return storage.home.slice();
  throw freedError();
}

/** One value, by its flat index. */
export function readAt(storage: Storage, index: number): number {
  const { address, home } = storage;
  if (address !== 0) return elementsOf(storage.dtype)[startOf(storage) + index]!;
  if (home !== null) return home[index]!;
  throw freedError();
}

/** Overwrites the values in place. */
export function overwrite(storage: Storage, values: DataArray): void {
  writableAddress(storage);
  write(storage, values);
}

/** Gives the heap block back and keeps the values at home. */
export function demote(storage: Storage): void {
  if (storage.address === 0) return;
  storage.home ??= read(storage);
  leaveHeap(storage);
}

/** Gives everything back; a later read throws. */
export function free(storage: Storage): void {
  if (storage.address !== 0) leaveHeap(storage);
  storage.home = null;
  storage.freed = true;
}

/** A node that held the storage was spent. The last one to let go ends the storage's graph. */
export function letGo(storage: Storage): void {
  if (--storage.holds > 0) return;
  storage.endedIn = pass;
  if (storage.ofGraph) freeIfUnused(storage);
  else if (!storage.preferred) ended.push(storage);
}

/** Frees a storage that nobody outside can hold, once neither the graph nor a pending cotangent needs it. */
export function freeIfUnused(storage: Storage): void {
  if (storage.ofGraph && storage.holds === 0 && storage.pending === 0) free(storage);
}

/** Notes the start of a backward pass: what none of the last two touched is no longer preferred. */
export function beginPass(): void {
  recentPasses = [recentPasses[1], clock];
}

/** At the end of a backward pass: demotes what ended in the one before and was not used since. */
export function endPass(): void {
  for (const storage of endedBefore) {
    const stays = storage.holds > 0 || storage.preferred || storage.revivals >= 2 || storage.endedIn === pass;
    if (!stays) demote(storage);
  }
  endedBefore = ended;
  ended = [];
  pass++;
}

/** What a resident costs beside its block, about: a loop over tiny tensors must not pile up objects until their blocks fill the cap. */
const bookkeepingBytes = 512;

const inUse = (): number => heap.live + residents.length * bookkeepingBytes;

/** Demotes the least recently used until `bytes` more stay below three quarters of the cap. What the running op touched is pinned. */
function evict(bytes: number): void {
  const target = Math.max(0, cap * 0.75 - bytes);
  const candidates = residents.filter((storage) => storage.used !== clock && storage.pending === 0);
  const rank = (storage: Storage): number => (storage.preferred && storage.used >= recentPasses[0] ? clock : 0) + storage.used;
  candidates.sort((a, b) => rank(a) - rank(b));
  for (const storage of candidates) {
    if (inUse() <= target) return;
    demote(storage);
  }
}

/**
 * Sets how many bytes of heap, everything counted, tensors use before the least recently used move to ordinary arrays.
 *
 * @defaultValue 128 MiB
 */
export function setMemoryCap(bytes: number): void {
  if (!(bytes > 0)) throw new MemoryError(`setMemoryCap: ${bytes} bytes were given; the cap must be a positive number of bytes.`);
  cap = bytes;
}

export interface MemoryStatistics {
  /** Bytes of heap in use by tensors and kernels. */
  readonly live: number;
  /** Bytes of the WebAssembly memory, which never shrinks. */
  readonly size: number;
  /** How often the memory grew: constant in the steady state of a training loop. */
  readonly growths: number;
  /** How often there was no freed block to use again; constant, too. */
  readonly misses: number;
  /** Storages in the heap. */
  readonly tensors: number;
  readonly cap: number;
}

export function memoryStatistics(): MemoryStatistics {
  return { live: heap.live, size: heap.size, growths: heap.growths, misses: heap.misses, tensors: residents.length, cap };
}

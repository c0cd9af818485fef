/** What a call of user code makes and nobody outside can hold: module calls and scopes. */
import { ArgumentError } from './errors.ts';
import { walkGraph } from './graph-walk.ts';
import { currentFrame, enterFrame, free, freeIfUnused, leaveFrame, type Storage } from './storage.ts';
import { refusePromise } from './tape.ts';
import { Tensor } from './tensor.ts';

/** Calls `found` with every tensor in arrays, plain objects, Maps and Sets; tells whether anything else might hide one. */
function findTensors(value: unknown, found: (x: Tensor) => void, known?: Set<unknown>): boolean {
  if (value instanceof Tensor) {
    found(value);
    return true;
  }
  if (typeof value === 'function') return false;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || known?.has(value)) return true;
  const seen = known ?? new Set();
  seen.add(value);
  const visit = (item: unknown): boolean => findTensors(item, found, seen);
  if (Array.isArray(value) || value instanceof Set) return [...value].map(visit).every(Boolean);
  if (value instanceof Map) return [...value].flat().map(visit).every(Boolean);
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).map(visit).every(Boolean);
}

/** Makes every tensor found in `value` visible: user code holds it. Tells whether anything else might hide one. */
export function expose(value: unknown): boolean {
  return findTensors(value, (x) => {
    x.storage.visible = true;
  });
}

function insideCall(): boolean {
  for (let frame = currentFrame(); frame !== null; frame = frame.outer) if (frame.kind === 'call') return true;
  return false;
}

/**
 * Runs `fn` as a module's call: what it computes and does not return belongs to the graph alone, and is freed by the backward that uses
 * it. Tensors count as returned in arrays, plain objects, Maps and Sets, to any depth; if `fn` returns another object (a class
 * instance, closure, Promise or iterator), everything stays readable. Of nested calls the outermost decides.
 */
export function callBoundary<T>(fn: () => T): T {
  return insideCall() ? fn() : closedCall(fn);
}

/** As `callBoundary`, but decides even inside another call. */
export function closedCall<T>(fn: () => T): T {
  const frame = enterFrame('call');
  try {
    const result = fn();
    if (expose(result)) {
      for (const storage of frame.made) {
        storage.inner = true;
        if (storage.endedIn > 0) freeIfUnused(storage);
      }
    }
    return result;
  } finally {
    leaveFrame(frame);
  }
}

/** Marks the storage of `x` and those that its graph, where it is not spent, needs. */
function markGraph(x: Tensor, needed: Set<Storage>): void {
  needed.add(x.storage);
  const { nodes } = walkGraph([x]);
  for (const { inputs, outputs } of nodes) {
    for (const input of inputs) if (input !== undefined) needed.add(input.storage);
    for (const { storage } of outputs) needed.add(storage);
  }
}

/**
 * Runs `fn` and frees at once every op result made inside that is neither returned nor kept (`keep()`), nor needed by the graph of what
 * is returned, nor a gradient, buffer or optimizer state. For tight loops; nothing needs it.
 *
 * @throws ArgumentError if `fn` returns a Promise, or an object in which tensors cannot be found.
 */
export function scope<T>(fn: () => T): T {
  const frame = enterFrame('scope');
  const needed = new Set<Storage>();
  try {
    const result = refusePromise('scope', fn());
    if (!findTensors(result, (x) => void markGraph(x, needed))) {
      throw new ArgumentError(
        'scope: fn returned a class instance or function; it must return tensors, alone or in arrays, plain objects, Maps or Sets.',
      );
    }
    for (const storage of frame.made) {
      if (!needed.has(storage) && !storage.preferred && storage.home === null) free(storage);
    }
    return result;
  } finally {
    leaveFrame(frame);
  }
}

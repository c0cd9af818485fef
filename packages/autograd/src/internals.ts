/** What the packages of this library, and ops with kernels of their own, need of the inside: the kernel builder, addresses, in-place writes. */
export { surrounded } from './core/checkpoint.ts';
export { alignColumns } from './core/columns.ts';
export { addr, addrEnd, empty, Op, writableAddr } from './core/define-op.ts';
export { expose } from './core/frames.ts';
export { refuseForeign, requireOptions, showGiven } from './core/given.ts';
export { walkGraph } from './core/graph-walk.ts';
export { settingsOf } from './core/settings-of.ts';
export { tick } from './core/storage.ts';
export type { Node } from './core/tape.ts';
export { watcher } from './core/watch.ts';
export * from './kernels/gradient.ts';
export { copy, multiplyAdd } from './kernels/limits.ts';
export * from './kernels/optimizer.ts';
export { type Update, Updates } from './kernels/optimizer-update.ts';
export { heap } from './runtime/heap.ts';
export * from './runtime/instructions.ts';
export { type Func, type Kernel, kernel, type Local, perFloat } from './runtime/kernel.ts';
export { type Lanes, lanes } from './runtime/lanes.ts';

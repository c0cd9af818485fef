/** What the packages of this library, and ops with kernels of their own, need of the inside: addresses in the heap and in-place writes. */
export { addr, addrEnd, empty, writableAddr } from './core/define-op.ts';
export { tick } from './core/storage.ts';
export * from './kernels/optimizer.ts';
export { heap } from './runtime/heap.ts';

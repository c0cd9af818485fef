/** Filling and copying flat arrays; both run whole registers into the slack. */
import { bytesPerElement, type DType } from '../core/dtype.ts';
import { v128 } from '../runtime/instructions.ts';
import { type Kernel, kernel } from '../runtime/kernel.ts';
import { typedKernel } from './elementwise.ts';
import { sharedFlat } from './split.ts';

export const fills: Record<DType, Kernel> = {
  float32: typedKernel('fill', { compute: 'float32', inputs: [], output: 'float32', scalars: 1 }, (_f, _L, value) => value),
  float64: typedKernel('fill', { compute: 'float64', inputs: [], output: 'float64', scalars: 1 }, (_f, _L, value) => value),
  int32: typedKernel('fill', { compute: 'int32', inputs: [], output: 'int32', scalars: 1 }, (_f, _L, value) => value),
  bool: typedKernel('fill', { compute: 'int32', inputs: [], output: 'bool', scalars: 1 }, (_f, L, value) => L.ne(value, L.zero)),
};

/** Sets `length` elements to `value`. */
export function fill(dtype: DType, address: number, length: number, value: number): void {
  fills[dtype].run(address, address + length * bytesPerElement(dtype), value);
}

const copyBytes = /* @__PURE__ */ kernel('copy', ['i32', 'i32', 'i32'], (f, from, to, end) => {
  f.for(to, end, 64, () => {
    for (const at of [0, 16, 32, 48]) f.do(v128.store(to, v128.load(from, at), at));
    f.bump(from, 64);
  });
});

const copyBlocks = /* @__PURE__ */ sharedFlat(copyBytes, [1, 1], 0.1);

/** Copies `length` elements between blocks that do not overlap. */
export function copyFlat(dtype: DType, from: number, to: number, length: number): void {
  copyBlocks.run(from, to, to + length * bytesPerElement(dtype));
}

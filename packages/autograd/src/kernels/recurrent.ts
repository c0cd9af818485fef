/**
 * The gates of recurrent cells, row by row. x and h are their two linear parts, rows of one block of n for each gate; everything else has
 * rows of n.
 */
import { i32, type V128 } from '../runtime/instructions.ts';
import { type Func, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import type { Lanes } from '../runtime/lanes.ts';
import { sigmoid } from './math/sigmoid.ts';
import { tanh } from './math/tanh.ts';
import { RowCode } from './softmax-row.ts';

type Pointer = Local<'i32'>;

/** dy times the slope at y = sigmoid. */
const sigmoidSlope = (f: Func, L: Lanes, dy: V128, y: Local<'v128'>): V128 => L.mul(dy, f.let(L.fnma(y, y, y)));
/** dy times the slope at y = tanh. */
const tanhSlope = (f: Func, L: Lanes, dy: V128, y: Local<'v128'>): V128 => {
  const slope = f.let(dy);
  return L.fnma(L.mul(y, y), slope, slope);
};

/** Each pointer to its next row. */
function step(row: RowCode, ...pointers: Pointer[]): void {
  for (const p of pointers) row.f.bump(p, row.bytes);
}

/** run(x, h, c, i, f, g, o, next, end of next, n): i, f, o = sigmoid, g = tanh of their blocks of x + h; next = f c + i g. */
export const lstmForward = /* @__PURE__ */ perFloat((dtype) =>
  kernel(
    'lstmForward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, x, h, c, i, forget, g, o, next, end, n) => {
      const row = new RowCode(f, dtype, n, 1);
      const { L } = row;
      const gate = (target: Pointer, activation: typeof sigmoid): void => {
        row.map([x, h], target, (a, b) => activation(f, L, L.add(a, b)));
        step(row, x, h);
      };
      f.for(next, end, row.bytes, () => {
        gate(i, sigmoid);
        gate(forget, sigmoid);
        gate(g, tanh);
        gate(o, sigmoid);
        row.map([i, forget, g, c], next, (vi, vf, vg, vc) => L.fma(vf, vc, L.mul(vi, vg)));
        step(row, c, i, forget, g, o);
      });
    },
  ),
);

/** run(c, i, f, g, o, dnext, do, d, dc, end of dc, n): the gradients of x (and h) and of c. */
export const lstmBackward = /* @__PURE__ */ perFloat((dtype) =>
  kernel(
    'lstmBackward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, c, i, forget, g, o, dnext, doutput, d, dc, end, n) => {
      const row = new RowCode(f, dtype, n, 1);
      const { L } = row;
      const gate = (sources: readonly Pointer[], slope: (...values: Local<'v128'>[]) => V128): void => {
        row.map(sources, d, slope);
        step(row, d);
      };
      f.for(dc, end, row.bytes, () => {
        gate([dnext, g, i], (dy, other, y) => sigmoidSlope(f, L, L.mul(dy, other), y));
        gate([dnext, c, forget], (dy, other, y) => sigmoidSlope(f, L, L.mul(dy, other), y));
        gate([dnext, i, g], (dy, other, y) => tanhSlope(f, L, L.mul(dy, other), y));
        gate([doutput, o], (dy, y) => sigmoidSlope(f, L, dy, y));
        row.map([dnext, forget], dc, (dy, other) => L.mul(dy, other));
        step(row, c, i, forget, g, o, dnext, doutput);
      });
    },
  ),
);

/** run(x, h, old, r, z, n, y, end of y, size): r, z = sigmoid of their blocks of x + h, n = tanh(x + r h) of its; y = (1 - z) n + z old. */
export const gruForward = /* @__PURE__ */ perFloat((dtype) =>
  kernel('gruForward', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (f, x, h, old, r, z, n, y, end, size) => {
    const row = new RowCode(f, dtype, size, 1);
    const { L } = row;
    f.for(y, end, row.bytes, () => {
      for (const gate of [r, z]) {
        row.map([x, h], gate, (a, b) => sigmoid(f, L, L.add(a, b)));
        step(row, x, h);
      }
      row.map([x, h, r], n, (a, b, vr) => tanh(f, L, L.fma(vr, b, a)));
      row.map([old, n, z], y, (vold, vn, vz) => L.fma(vz, L.sub(vold, vn), vn));
      step(row, x, h, old, r, z, n);
    });
  }),
);

/** run(h, old, r, z, n, dy, dx, dh, dold, end of dold, size): the gradients of x, h and old. */
export const gruBackward = /* @__PURE__ */ perFloat((dtype) =>
  kernel(
    'gruBackward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, h, old, r, z, n, dy, dx, dh, dold, end, size) => {
      const row = new RowCode(f, dtype, size, 1);
      const { L } = row;
      const block = (start: Pointer, index: number): Pointer => f.let(i32.add(start, i32.mul(row.bytes, i32.const(index))));
      f.for(dold, end, row.bytes, () => {
        const [dxr, dxz, dxn] = [dx, block(dx, 1), block(dx, 2)];
        row.map([dy, z, n], dxn, (v, vz, vn) => tanhSlope(f, L, L.fnma(v, vz, v), vn));
        row.map([dxn, block(h, 2), r], dxr, (v, vh, vr) => sigmoidSlope(f, L, L.mul(v, vh), vr));
        row.map([dy, old, n, z], dxz, (v, vold, vn, vz) => sigmoidSlope(f, L, L.mul(v, L.sub(vold, vn)), vz));
        row.map([dxr], dh, (v) => v);
        row.map([dxz], block(dh, 1), (v) => v);
        row.map([dxn, r], block(dh, 2), (v, vr) => L.mul(v, vr));
        row.map([dy, z], dold, (v, vz) => L.mul(v, vz));
        step(row, old, r, z, n, dy);
        for (const p of [h, dx, dh]) step(row, p, p, p);
      });
    },
  ),
);

/** Copies of planes that lie apart: into work areas and out of them. Nothing is written outside the rows. */
import { i32, v128 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import type { Call } from '../runtime/threads.ts';
import { registerBytes } from './tiles.ts';

/** Where the first of some elements lies, and how many bytes it is from element to element, row to row, plane to plane and image to image. */
export interface Place {
  readonly address: number;
  readonly element: number;
  readonly row: number;
  readonly plane: number;
  readonly image: number;
}

/** Copies the elements of [images, planes, height, width]; sizes are 1 or more. */
export const copyPlanes = (
  dtype: FloatType,
  [images, planes, height, width]: readonly [images: number, planes: number, height: number, width: number],
  from: Place,
  to: Place,
): Call => [
  copies[dtype],
  ...[from.address, to.address, width, height, planes, images],
  ...[from.element, from.row, from.plane, from.image, to.element, to.row, to.plane, to.image],
];

const copies = /* @__PURE__ */ perFloat((dtype) => {
  const L = lanes[dtype];
  return kernel(
    `conv copy ${dtype}`,
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, from, to, width, height, planes, images, fromStep, fromRow, fromPlane, fromImage, toStep, toRow, toPlane, toImage) => {
      const rowBytes = f.let(i32.mul(width, i32.const(L.bytes)));
      const dense = f.let(i32.eq(i32.or(fromStep, toStep), i32.const(L.bytes)));
      const inRegisters = f.let(i32.and(dense, i32.ge(rowBytes, i32.const(registerBytes))));
      const beforeLast = f.let(i32.sub(rowBytes, i32.const(registerBytes)));
      const rows = f.let(height);
      const left = f.let(width);
      const planesLeft = f.let(planes);
      const [planeFrom, planeTo] = [f.let(from), f.let(to)];
      const [rowFrom, rowTo, p, q, last] = [f.let(from), f.let(to), f.let(from), f.let(to), f.let(to)];
      const registers = (): void => {
        f.set(last, i32.add(rowTo, beforeLast));
        f.for(q, last, registerBytes, () => {
          f.do(v128.store(q, v128.load(p)));
          f.bump(p, registerBytes);
        });
        // The last register ends where the row ends, and may begin in the one before.
        f.do(v128.store(last, v128.load(i32.add(rowFrom, beforeLast))));
      };
      const elements = (): void => {
        f.set(left, width);
        f.loop(
          () => {
            f.do(L.storeOne(q, L.loadOne(p)));
            f.bump(p, fromStep);
            f.bump(q, toStep);
            f.bump(left, -1);
          },
          () => left,
        );
      };
      f.loop(
        () => {
          f.set(planeFrom, from);
          f.set(planeTo, to);
          f.set(planesLeft, planes);
          f.loop(
            () => {
              f.set(rowFrom, planeFrom);
              f.set(rowTo, planeTo);
              f.set(rows, height);
              f.loop(
                () => {
                  f.set(p, rowFrom);
                  f.set(q, rowTo);
                  f.if(inRegisters, registers, elements);
                  f.bump(rowFrom, fromRow);
                  f.bump(rowTo, toRow);
                  f.bump(rows, -1);
                },
                () => rows,
              );
              f.bump(planeFrom, fromPlane);
              f.bump(planeTo, toPlane);
              f.bump(planesLeft, -1);
            },
            () => planesLeft,
          );
          f.bump(from, fromImage);
          f.bump(to, toImage);
          f.bump(images, -1);
        },
        () => images,
      );
    },
  );
});

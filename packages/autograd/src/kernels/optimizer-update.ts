/** Kernels that change a parameter, and an optimizer's state for it, in place and in one pass. */
import { bytesPerElement } from '../core/dtype.ts';
import { heap } from '../runtime/heap.ts';
import { f64, type V128 } from '../runtime/instructions.ts';
import { type Func, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../runtime/lanes.ts';
import { splat } from './elementwise.ts';
import { isSmall, line, overRows } from './split.ts';

/** What an element takes. */
const nanoseconds = 1;

type Register = Local<'v128'>;

/** What every update is told of its direction. */
export interface Slope {
  /** 1 to descend, -1 to climb. */
  readonly sign: number;
  /** What times the parameter is added to the gradient. */
  readonly decay: number;
  /** What times the parameter is taken off it, before the step. */
  readonly shrink: number;
}

interface Definition<N extends string> {
  readonly name: string;
  /** How many arrays of state there are. */
  readonly states: number;
  /** What is the same for all elements of a step. */
  readonly numbers: readonly N[];
  /** From the registers of the parameter (shrunk), its gradient (decay added) and the states to the new ones of the parameter and the states. */
  step(f: Func, L: Lanes, parameter: Register, g: Register, states: Register[], numbers: Record<N, Register>): V128[];
}

/** One step on `length` elements, over flat arrays and into their slack. */
export type Update<N extends string> = (
  dtype: FloatType,
  length: number,
  parameter: number,
  gradient: number,
  states: readonly number[],
  slope: Slope,
  numbers: Readonly<Record<N, number>>,
) => void;

export function defineUpdate<N extends string>({ name, states: count, numbers, step }: Definition<N>): Update<N> {
  // Numbers go through memory: as arguments of varying number they would cost more than a small parameter's update.
  const kernels = perFloat((dtype) =>
    kernel(name, ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (f, parameter, end, gradient, given, ...addresses) => {
      const L = lanes[dtype];
      const number = (i: number) => f.let(splat(dtype, f64.load(given, 8 * i)));
      const [sign, decay, shrink] = [number(0), number(1), number(2)];
      const named = Object.fromEntries(numbers.map((name, i) => [name, number(3 + i)])) as Record<N, Register>;
      const changing = [parameter, ...addresses.slice(0, count)];
      f.for(parameter, end, 16, () => {
        const [value, ...state] = changing.map((address) => f.let(L.load(address)));
        const g = f.let(L.fma(value!, decay, L.mul(L.load(gradient), sign)));
        const results = step(f, L, f.let(L.fnma(value!, shrink, value!)), g, state, named);
        results.forEach((result, i) => {
          f.do(L.store(changing[i]!, result));
        });
        for (const address of [gradient, ...changing.slice(1)]) f.bump(address, 16);
      });
    }),
  );
  return (dtype, length, parameter, gradient, states, { sign, decay, shrink }, given) => {
    const address = heap.scratch(8 * (3 + numbers.length));
    const { f64: view } = heap;
    let i = address / 8;
    view[i++] = sign;
    view[i++] = decay;
    view[i++] = shrink;
    for (const name of numbers) view[i++] = given[name];
    const end = parameter + length * bytesPerElement[dtype];
    const [a = 0, b = 0, c = 0] = states;
    if (isSmall(length * nanoseconds)) kernels[dtype].run(parameter, end, gradient, address, a, b, c);
    else{
      const { bytes } = lanes[dtype];
      overRows(kernels[dtype], length, nanoseconds, (start, stop) => {
        const by = start * bytes;
        return [parameter + by, parameter + stop * bytes, gradient + by, address, a + by, b + by, c + by];
      }, line);
    }
  };
}

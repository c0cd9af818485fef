/** Kernels that change parameters, and an optimizer's state for them, in place and in one pass, many parameters in one call. */
import { bytesPerElement } from '../core/dtype.ts';
import { heap } from '../runtime/heap.ts';
import { f64, i32, type V128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../runtime/lanes.ts';
import { parallel } from '../runtime/threads.ts';
import { splat } from './elementwise.ts';

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

/** An optimizer's step as a kernel: run(rows, end of rows). */
export interface Update<N extends string> {
  readonly numbers: readonly N[];
  readonly kernels: Record<FloatType, Kernel>;
}

// A row: up to 12 numbers, then as int32 the parameter, its end, the gradient, and up to 3 states.
const rowBytes = 128;
const place = { parameter: 96, end: 100, gradient: 104, states: 108 };

/** Kernels run over flat arrays and into their slack. */
export function defineUpdate<N extends string>({ name, states: count, numbers, step }: Definition<N>): Update<N> {
  const kernels = perFloat((dtype) =>
    kernel(name, ['i32', 'i32'], (f, row, rowsEnd) => {
      const L = lanes[dtype];
      f.for(row, rowsEnd, rowBytes, () => {
        const number = (i: number) => f.let(splat(dtype, f64.load(row, 8 * i)));
        const address = (at: number) => f.let(i32.load(row, at));
        const [sign, decay, shrink] = [number(0), number(1), number(2)];
        const named = Object.fromEntries(numbers.map((name, i) => [name, number(3 + i)])) as Record<N, Register>;
        const [parameter, end, gradient] = [address(place.parameter), address(place.end), address(place.gradient)];
        const changing = [parameter, ...Array.from({ length: count }, (_, i) => address(place.states + 4 * i))];
        f.for(parameter, end, 16, () => {
          const [value, ...state] = changing.map((address) => f.let(L.load(address)));
          const g = f.let(L.fma(value!, decay, L.mul(L.load(gradient), sign)));
          const results = step(f, L, f.let(L.fnma(value!, shrink, value!)), g, state, named);
          results.forEach((result, i) => {
            f.do(L.store(changing[i]!, result));
          });
          for (const address of [gradient, ...changing.slice(1)]) f.bump(address, 16);
        });
      });
    }),
  );
  return { numbers, kernels };
}

/** The addresses of what one step reads and changes. */
export interface Stepped {
  readonly parameter: number;
  readonly gradient: number;
  readonly states: readonly number[];
}

const mostRows = 64;
/** Elements of a row: a larger parameter takes several, which threads may share. */
const rowElements = 2 ** 14;
/** Below, waking threads would cost more than they save. */
const fewElements = 2 ** 15;
/** What lies in the heap for one call: few bytes, so that the memory cap can be kept, and enough to make the call cheap. */
const mostElements = 2 ** 18;

/** Steps that wait to be taken in one kernel call. */
export class Updates {
  private readonly bytes = new Uint8Array(mostRows * rowBytes);
  private readonly f64 = new Float64Array(this.bytes.buffer);
  private readonly i32 = new Int32Array(this.bytes.buffer);
  private rows = 0;
  private elements = 0;
  private kernel: Kernel | undefined;

  /** Whether none waits, so that what is added next is the first to lie in the heap. */
  get empty(): boolean {
    return this.rows === 0;
  }

  add<N extends string>(
    { numbers, kernels }: Update<N>,
    dtype: FloatType,
    length: number,
    { parameter, gradient, states }: Stepped,
    { sign, decay, shrink }: Slope,
    given: Readonly<Record<N, number>>,
  ): void {
    if (this.kernel !== kernels[dtype]) this.run();
    this.kernel = kernels[dtype];
    const size = bytesPerElement(dtype);
    const end = length * size;
    for (let start = 0; start < end; start += rowElements * size) {
      const stop = Math.min(end, start + rowElements * size);
      let at = (this.rows * rowBytes) / 8;
      this.f64[at++] = sign;
      this.f64[at++] = decay;
      this.f64[at++] = shrink;
      for (const name of numbers) this.f64[at++] = given[name];
      at = (this.rows * rowBytes + place.parameter) / 4;
      this.i32[at++] = parameter + start;
      this.i32[at++] = parameter + stop;
      this.i32[at++] = gradient + start;
      for (const state of states) this.i32[at++] = state + start;
      this.elements += (stop - start) / size;
      if (++this.rows === mostRows) this.run();
    }
    if (this.elements >= mostElements) this.run();
  }

  /** Takes the steps. */
  run(): void {
    const { kernel, rows, elements } = this;
    this.rows = 0;
    this.elements = 0;
    if (kernel === undefined || rows === 0) return;
    const table = heap.scratch(mostRows * rowBytes);
    heap.u8.set(this.bytes.subarray(0, rows * rowBytes), table);
    if (elements < fewElements) kernel.run(table, table + rows * rowBytes);
    else parallel(Array.from({ length: rows }, (_, i) => [[kernel, table + i * rowBytes, table + (i + 1) * rowBytes]]));
  }
}

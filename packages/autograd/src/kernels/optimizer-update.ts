/** Kernels that change a parameter, and an optimizer's state for it, in place and in one pass. */
import type { V128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../runtime/lanes.ts';
import { ofType, splat } from './elementwise.ts';

type Register = Local<'v128'>;

export interface Update {
  readonly name: string;
  /** How many arrays of state there are. */
  readonly states: number;
  /** How many numbers. */
  readonly numbers: number;
  /** From the registers of parameter, gradient, states and numbers to the new ones of the parameter and the states. */
  step(f: Func, L: Lanes, parameter: Register, gradient: Register, states: Register[], numbers: Register[]): V128[];
}

/** run(parameter, end of parameter, gradient, ...states, ...numbers), over flat arrays and into their slack. */
export function updateKernel({ name, states, numbers, step }: Update): Record<FloatType, Kernel> {
  const types = [...Array<'i32'>(states).fill('i32'), ...Array<'f64'>(numbers).fill('f64')];
  return perFloat((dtype) =>
    kernel(name, ['i32', 'i32', 'i32', ...types], (f, parameter, end, gradient, ...rest: Local[]) => {
      const L = lanes[dtype];
      const constants = rest.filter(ofType('f64')).map((x) => f.let(splat(dtype, x)));
      const changing = [parameter, ...rest.filter(ofType('i32'))];
      f.for(parameter, end, 16, () => {
        const [value, ...state] = changing.map((address) => f.let(L.load(address)));
        const results = step(f, L, value!, f.let(L.load(gradient)), state, constants);
        results.forEach((result, i) => {
          f.do(L.store(changing[i]!, result));
        });
        for (const address of [gradient, ...changing.slice(1)]) f.bump(address, 16);
      });
    }),
  );
}

/** Derivatives of the next order: those of a function's gradients. */
import type { Generator } from '@normgrad/autograd';
import { randomCotangents } from './cotangents.ts';
import { gradients, leaf, type Problem, valuesOf } from './differentiable.ts';

/** The function (inputs, cotangents) -> gradients, as a problem of its own. */
export function nextOrder({ order, fn, inputs, names, cotangents }: Problem, generator: Generator): Problem {
  const next: Problem['fn'] = (all) => gradients(fn, all.slice(0, inputs.length), all.slice(inputs.length), true);
  const all = [...inputs, ...cotangents.map((cotangent) => leaf(valuesOf(cotangent), cotangent))];
  // v: the cotangent of the outputs; of order 2, of the gradients: v(dx), v(dweight)
  const own = cotangents.map((_, i) =>
    order > 1 ? `v(${'d'.repeat(order - 1)}${names[i]})` : cotangents.length === 1 ? 'v' : `v${i}`,
  );
  return {
    order: order + 1,
    fn: next,
    inputs: all,
    linearFrom: inputs.length,
    names: [...names, ...own],
    cotangents: randomCotangents(next(all), generator),
  };
}

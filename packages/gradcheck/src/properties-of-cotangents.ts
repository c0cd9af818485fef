/** How gradients must depend on their cotangents. */
import { grad, type Tensor } from '@normgrad/autograd';
import { randomCotangents } from './cotangents.ts';
import { mapped, valuesOf, weightedSize } from './differentiable.ts';
import { type Check, combined, difference, pulled, rounding, scaled, snapshot } from './subject.ts';

/** Below this, numbers lose digits: not even doubling is exact. */
const leastNormal = 2 ** -1022;

const filled = (like: readonly Tensor[], value: (k: number) => number): Tensor[] =>
  like.map((x) => mapped(x, (_, k) => value(k)).detach());

export const cotangentProperties: Readonly<Record<string, Check>> = {
  'a zero cotangent gives zero': (subject) => {
    for (const recorded of [false, true]) {
      const found = pulled(subject, scaled(subject.cotangents, 0), recorded);
      const wrong = difference(
        subject,
        found.map((values) => values.map((value) => (value === 0 ? 0 : value))), // -0 is zero too
        found.map(({ length }) => new Float64Array(length)),
        () => 0,
      );
      if (wrong) return wrong;
    }
    return undefined;
  },

  'linear in the cotangent': (subject) => {
    const { cotangents, generator } = subject;
    const one = generator.integer(Math.max(1, cotangents[0]?.size ?? 1));
    // Random ones, and those that backwards have shortcuts for.
    const others = [
      randomCotangents(cotangents, generator),
      filled(cotangents, () => 1),
      filled(cotangents, (k) => Number(k === one)),
    ];
    for (const recorded of [false, true]) {
      const a = pulled(subject, cotangents, recorded);
      for (const factor of [2 ** 30, 2 ** -30]) {
        const times = combined(a, factor, a, 0);
        const wrong = difference(
          subject,
          pulled(subject, scaled(cotangents, factor), recorded),
          times,
          // A power of 2 rounds nothing, unless numbers leave the range.
          (i, k) => leastNormal + 64 * Number.EPSILON * Math.abs(times[i]![k]!),
        );
        if (wrong) return `with ${factor} times the cotangent, ${wrong}`;
      }
      for (const other of others) {
        const mixed = cotangents.map((cotangent, o) => {
          const values = valuesOf(other[o]!);
          return mapped(cotangent, (value, k) => 2 * value - 3 * values[k]!).detach();
        });
        const b = pulled(subject, other, recorded);
        const allowed = rounding(subject, combined(a, 2, a, 0), combined(b, 3, b, 0));
        const found = pulled(subject, mixed, recorded);
        const wrong = difference(subject, found, combined(a, 2, b, -3), (i, k) => 8 * allowed(i, k));
        if (wrong) return wrong;
      }
    }
    return undefined;
  },

  'as exact as the outputs': ({ noise, names, cotangents, outputs }) => {
    const exact = noise.sum / weightedSize(cotangents, outputs);
    const i = noise.backward.findIndex((share) => share > Math.max(1e-10, 1e3 * exact) && share < 1e-5);
    if (i < 0) return undefined;
    const [coarse, fine] = [noise.backward[i]!, exact].map((share) => share.toExponential(0));
    return `the gradient of input ${i} (${names[i]}) is rounded to ${coarse} of its size, the outputs to ${fine}; does backward use float32?`;
  },

  'an output without a cotangent counts for nothing': (subject) => {
    const { fn, inputs, cotangents } = subject;
    if (cotangents.length < 2) return undefined;
    for (const [o, cotangent] of cotangents.entries()) {
      const [output] = [fn(inputs)[o]!];
      const alone = snapshot(grad(output, inputs, { gradOutputs: [cotangent], allowUnused: true }));
      const others = cotangents.map((other, at) => (at === o ? other : scaled([other], 0)[0]!));
      const zeros = pulled(subject, others);
      const wrong = difference(subject, alone, zeros, rounding(subject, zeros));
      if (wrong) return `with a cotangent for output ${o} alone, ${wrong}`;
    }
    return undefined;
  },
};

/** What must hold of any backward, whatever its values: found without numeric differences. */
import { type Generator, grad, noGrad, type Tensor, tensor } from '@normgrad/autograd';
import { randomCotangents } from './cotangents.ts';
import { gradients, leaf, type Problem, valuesOf, weightedSize } from './differentiable.ts';
import { type Noise, spread } from './noise.ts';
import { elementOf } from './report.ts';

/** A property that does not hold. */
export interface Violation {
  readonly property: string;
  /** What was seen, and where. */
  readonly detail: string;
}

/** Values as they were at one moment. */
type Snapshot = readonly Float64Array[];
const snapshot = (tensors: readonly Tensor[]): Snapshot => tensors.map(valuesOf);

/** What `fn` reads and writes beside its inputs: running statistics. */
export interface State {
  /** The function as it is, where `fn` of the problem puts the buffers back after each call. */
  readonly raw: Problem['fn'];
  readonly buffers: readonly Tensor[];
}

/** Everything a property may look at. */
interface Subject extends Problem, State {
  readonly outputs: Snapshot;
  readonly noise: Noise;
  readonly generator: Generator;
}

type Check = (subject: Subject) => string | undefined;

/** Below this, numbers lose digits: not even doubling is exact. */
const leastNormal = 2 ** -1022;

/** The first entry of two lists of tensors that differs by more than `allowed`, in words. */
function difference(
  { names, inputs }: Subject,
  found: Snapshot,
  expected: Snapshot,
  allowed: (input: number, k: number) => number,
): string | undefined {
  for (const [i, values] of found.entries()) {
    const k = values.findIndex((value, at) => {
      const other = expected[i]![at]!;
      return !Object.is(value, other) && !(Math.abs(value - other) <= allowed(i, at));
    });
    if (k < 0) continue;
    return `the gradient of input ${i} (${names[i]}) is ${values[k]} at ${elementOf(inputs[i]!.shape, k)}, not ${expected[i]![k]}`;
  }
  return undefined;
}

/** Rounding of a sum of gradients as large as those given, or as the outputs let expect: those that cancel are rounded no less. */
function rounding(
  { noise, cotangents, outputs, inputs }: Subject,
  ...terms: readonly Snapshot[]
): (input: number, k: number) => number {
  const size = weightedSize(cotangents, outputs);
  const expected = inputs.map((input) => size / spread(valuesOf(input)));
  return (i, k) =>
    16 * noise.gradients[i]![k]! + 64 * Number.EPSILON * terms.reduce((sum, term) => sum + Math.abs(term[i]![k]!), expected[i]!);
}

const scaled = (cotangents: readonly Tensor[], factor: number): Tensor[] =>
  cotangents.map((cotangent) =>
    tensor(
      valuesOf(cotangent).map((value) => value * factor),
      { shape: cotangent.shape },
    ),
  );

const combined = (a: Snapshot, factorA: number, b: Snapshot, factorB: number): Snapshot =>
  a.map((values, i) => values.map((value, k) => factorA * value + factorB * b[i]![k]!));

const pulled = ({ fn, inputs }: Subject, cotangents: readonly Tensor[], recorded = false): Snapshot =>
  snapshot(gradients(fn, inputs, cotangents, recorded));

const checks: Readonly<Record<string, Check>> = {
  'the same twice': (subject) => {
    const { fn, inputs, cotangents } = subject;
    const [once, twice] = [snapshot(fn(inputs)), snapshot(fn(inputs))];
    if (!once.every((values, o) => values.every((value, k) => Object.is(value, twice[o]![k])))) {
      return 'fn gives another result for the same inputs; give its random numbers a seed inside fn';
    }
    return difference(subject, pulled(subject, cotangents), pulled(subject, cotangents), () => 0);
  },

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
    const others = randomCotangents(cotangents, generator);
    const mixed = cotangents.map((cotangent, o) => {
      const other = valuesOf(others[o]!);
      return tensor(
        valuesOf(cotangent).map((value, k) => 2 * value - 3 * other[k]!),
        { shape: cotangent.shape },
      );
    });
    for (const recorded of [false, true]) {
      const [a, b] = [pulled(subject, cotangents, recorded), pulled(subject, others, recorded)];
      // Doubling rounds nothing.
      const twice = combined(a, 2, a, 0);
      const doubled = difference(
        subject,
        pulled(subject, scaled(cotangents, 2), recorded),
        twice,
        (i, k) => leastNormal + 64 * Number.EPSILON * Math.abs(twice[i]![k]!),
      );
      if (doubled) return `with twice the cotangent, ${doubled}`;
      const expected = combined(a, 2, b, -3);
      const allowed = rounding(subject, combined(a, 2, a, 0), combined(b, 3, b, 0));
      const wrong = difference(subject, pulled(subject, mixed, recorded), expected, (i, k) => 8 * allowed(i, k));
      if (wrong) return wrong;
    }
    return undefined;
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

  'an input alone has the same gradient': (subject) => {
    const { fn, inputs, cotangents, names } = subject;
    if (inputs.length < 2) return undefined;
    const together = pulled(subject, cotangents);
    for (const [i, input] of inputs.entries()) {
      const mixed = inputs.map((x, at) => (at === i ? leaf(valuesOf(input), input) : x.detach()));
      const outputs = fn(mixed);
      const used = outputs.flatMap((output, o) => (output.requiresGrad ? [[output, cotangents[o]!] as const] : []));
      if (used.length === 0) continue;
      const [alone] = grad(
        used.map(([output]) => output),
        [mixed[i]!],
        {
          gradOutputs: used.map(([, cotangent]) => cotangent),
          allowUnused: true,
        },
      );
      const found = together.map((values, at) => (at === i ? valuesOf(alone!) : values));
      const wrong = difference(subject, found, together, rounding(subject, together));
      if (wrong) return `where only ${names[i]} requires a gradient, ${wrong}`;
    }
    return undefined;
  },

  'two uses add up': (subject) => {
    const { fn, inputs, cotangents } = subject;
    const outputs = [...fn(inputs), ...fn(inputs)];
    const gradOutputs = [...cotangents, ...scaled(cotangents, 0.5)];
    const found = snapshot(grad(outputs, inputs, { gradOutputs, allowUnused: true }));
    const once = pulled(subject, cotangents);
    return difference(subject, found, combined(once, 1.5, once, 0), rounding(subject, once));
  },

  'inputs and cotangents stay as they are': ({ fn, inputs, cotangents, names }) => {
    const all = [...inputs, ...cotangents];
    const before = snapshot(all);
    for (const recorded of [false, true]) {
      gradients(fn, inputs, cotangents, recorded);
      const changed = snapshot(all).findIndex((values, i) => values.some((value, k) => !Object.is(value, before[i]![k])));
      if (changed < 0) continue;
      return changed < inputs.length ? `input ${changed} (${names[changed]}) was changed` : 'a cotangent was changed';
    }
    return undefined;
  },

  'buffers change in forward, and then only': (subject) => {
    const { raw, inputs, cotangents, buffers } = subject;
    if (buffers.length === 0) return undefined;
    const expected = pulled(subject, cotangents);
    const before = snapshot(buffers);
    const put = (values: Snapshot): void => buffers.forEach((buffer, i) => void buffer.assign(values[i]!));
    const unchanged = (values: Snapshot): boolean =>
      snapshot(buffers).every((now, i) => now.every((value, k) => Object.is(value, values[i]![k])));
    try {
      const outputs = raw(inputs);
      const after = snapshot(buffers);
      const found = snapshot(grad(outputs, inputs, { gradOutputs: cotangents, createGraph: true, allowUnused: true }));
      if (!unchanged(after)) return 'backward changed a buffer';
      const wrong = difference(subject, found, expected, rounding(subject, expected));
      if (wrong) return wrong;
      put(before);
      noGrad(() => raw(inputs));
      if (!unchanged(after)) return 'the same forward from the same state left another one';
      put(before);
      const again = raw(inputs);
      put(before.map((values) => values.map((value) => 2 * value + 1)));
      const late = snapshot(grad(again, inputs, { gradOutputs: cotangents, allowUnused: true }));
      const stale = difference(subject, late, expected, rounding(subject, expected));
      return stale && `with buffers changed between forward and backward, ${stale}`;
    } finally {
      put(before);
    }
  },
};

/** The properties that do not hold. */
export function violations(subject: Subject): Violation[] {
  return Object.entries(checks).flatMap(([property, check]) => {
    const detail = check(subject);
    return detail === undefined ? [] : [{ property, detail }];
  });
}

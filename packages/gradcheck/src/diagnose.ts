/** What a wrong gradient looks like: the mistake that would give these numbers. */
import { normMistakes } from './norm-mistakes.ts';
import { opMistakes, wrongSlope } from './op-mistakes.ts';
import { elementOf } from './report.ts';
import { alike, coordinates, largestOf, tolerance, type Wrong } from './wrong-gradient.ts';

/** analytic / numeric where that can be told; NaN elsewhere. */
function ratios({ analytic, numeric }: Wrong): Float64Array {
  const largest = largestOf(numeric);
  return numeric.map((value, k) => (Math.abs(value) > 1e-4 * largest ? analytic[k]! / value : Number.NaN));
}

const near = (a: number, b: number): boolean => Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), 1e-300);

/** What all numbers that are known have in common, if they have. */
function common(values: Float64Array): number | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length > 0 && known.every((value) => near(value, known[0]!)) ? known[0] : undefined;
}

/** How many values of the outputs each entry of the gradient sums over; 1 if it is as large as they are. */
function valuesPerEntry({ analytic, outputs }: Wrong): number {
  const size = outputs[0]?.values.length ?? 0;
  return size > analytic.length && size % analytic.length === 0 ? size / analytic.length : 1;
}

/** How many entries one has that the other has not. */
function surplus(of: Float64Array, over: Float64Array): number {
  const scale = tolerance * Math.max(largestOf(of), largestOf(over));
  return of.filter((value, k) => Math.abs(value) > scale && Math.abs(over[k]!) <= scale).length;
}

type Sign = (wrong: Wrong) => string | undefined;

const nothing: Sign = ({ analytic }) =>
  analytic.every((value) => value === 0) ? 'no gradient: its path is missing, or cut by a detach' : undefined;

const constantFactor: Sign = (wrong) => {
  const factor = common(ratios(wrong));
  if (factor === undefined || surplus(wrong.analytic, wrong.numeric) > 0) return undefined;
  const perEntry = valuesPerEntry(wrong);
  if (near(factor, -1)) return 'the sign is flipped';
  if (perEntry > 1 && near(factor * perEntry, 1)) return `mean instead of sum (${perEntry} values per entry)`;
  if (perEntry > 1 && near(factor, perEntry)) return `sum instead of mean (${perEntry} values per entry)`;
  if (near(factor, 2)) return 'twice what it should be: added twice?';
  const { p } = wrong.options;
  if (typeof p === 'number' && near(factor, 1 - p)) return `the factor 1 / (1 - p) is missing (p = ${p})`;
  for (const n of [perEntry, ...wrong.inputs[wrong.index]!.shape, wrong.analytic.length]) {
    for (const [power, name] of [
      [1, ''],
      [0.5, 'under a root '],
      [1.5, 'to the power 3/2 '],
    ] as const) {
      if (n > 1 && (near(factor, ((n - 1) / n) ** power) || near(factor, (n / (n - 1)) ** power))) {
        return `n - 1 in place of n, or the other way round ${name}(n = ${n})`;
      }
    }
  }
  if (near(factor, 0.5)) return 'half of what it should be: assigned where it should be added?';
  const whole = Math.round(1 / factor);
  if (whole > 1 && near(factor * whole, 1)) return `divided by ${whole}`;
  return `a constant factor of ${factor.toPrecision(6)}`;
};

/** The entry of a smaller tensor that meets entry k of one of `shape` when they broadcast; -1 if they do not. */
function broadcastIndex(shape: readonly number[], k: number, smaller: readonly number[]): number {
  let index = 0;
  let stride = 1;
  let rest = k;
  for (let dim = 1; dim <= shape.length; dim++) {
    const size = shape[shape.length - dim]!;
    const own = smaller[smaller.length - dim] ?? 1;
    if (own !== 1 && own !== size) return -1;
    if (own !== 1) index += (rest % size) * stride;
    stride *= own;
    rest = Math.floor(rest / size);
  }
  return smaller.length > shape.length ? -1 : index;
}

/** The shapes in which another input may meet the gradient: as it is, or a vector along any dimension. */
function meetings(shape: readonly number[], other: readonly number[]): number[][] {
  const vector =
    other.length === 1
      ? shape.flatMap((size, dim) => (size === other[0] ? [[size, ...shape.slice(dim + 1).map(() => 1)]] : []))
      : [];
  return [[...other], ...vector];
}

const otherInput: Sign = (wrong) => {
  const { index, inputs } = wrong;
  const { shape } = inputs[index]!;
  const found = ratios(wrong);
  for (const [i, input] of inputs.entries()) {
    if (i === index || !input || input.values.length < 2) continue;
    const { name, values } = input;
    for (const at of meetings(shape, input.shape)) {
      const met = found.map((_, k) => values[broadcastIndex(shape, k, at)] ?? Number.NaN);
      const same = (power: number): boolean =>
        !met.some(Number.isNaN) && common(found.map((ratio, k) => ratio / met[k]! ** power)) !== undefined;
      if (common(met) !== undefined) continue;
      if (same(1)) return `multiplied by ${name} once too often`;
      if (same(-1)) return `${name} is forgotten: the gradient lacks it as a factor`;
    }
  }
  return undefined;
};

/** The values in other places of the same shape. */
function moved(shape: readonly number[], values: Float64Array, place: (at: number[]) => readonly number[]): Float64Array {
  return values.map((_, k) => values[place(coordinates(shape, k)).reduce((index, at, dim) => index * shape[dim]! + at, 0)]!);
}

const elsewhere: Sign = ({ analytic, numeric, inputs, index }) => {
  const { shape } = inputs[index]!;
  const sort = (values: Float64Array): Float64Array => Float64Array.from(values).sort();
  if (analytic.length < 2 || !alike(sort(analytic), sort(numeric))) return undefined;
  const fits = (place: (at: number[]) => readonly number[]): boolean => alike(moved(shape, numeric, place), analytic);
  for (const [dim, size] of shape.entries()) {
    for (const by of [1, size - 1]) {
      if (fits((at) => at.map((k, i) => (i === dim ? (k + by) % size : k)))) return `the right values, off by 1 along dim ${dim}`;
    }
    for (let other = dim + 1; other < shape.length; other++) {
      if (size === shape[other] && fits((at) => at.map((k, i) => (i === dim ? at[other]! : i === other ? at[dim]! : k)))) {
        return `the right values transposed: dims ${dim} and ${other} are exchanged`;
      }
    }
  }
  for (let chosen = 1; chosen < 2 ** shape.length; chosen++) {
    const flipped = [...shape.keys()].filter((dim) => (chosen >> dim) & 1);
    const place = (at: number[]): number[] => at.map((k, dim) => (flipped.includes(dim) ? shape[dim]! - 1 - k : k));
    if (fits(place)) return `the right values back to front along dim ${flipped.join(' and ')}`;
  }
  return `the right values in the wrong places: dimensions of [${shape.join(', ')}] exchanged, or an index is off`;
};

const tooMany: Sign = ({ analytic, numeric }) => {
  const count = surplus(analytic, numeric);
  return count > 0
    ? `a gradient where the output does not depend on the input (${count} of ${analytic.length} elements)`
    : undefined;
};

const tooFew: Sign = ({ analytic, numeric }) => {
  const count = surplus(numeric, analytic);
  return count > 0 ? `no gradient in ${count} of ${analytic.length} elements that the output depends on` : undefined;
};

const onePlace: Sign = ({ analytic, numeric, inputs, index }) => {
  const { shape } = inputs[index]!;
  const scale = largestOf(numeric);
  const wrong = Array.from(analytic.keys()).filter((k) => Math.abs(analytic[k]! - numeric[k]!) > tolerance * scale);
  if (wrong.length === 1 && analytic.length > 2) return `wrong at ${elementOf(shape, wrong[0]!)} alone`;
  let stride = 1;
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    const size = shape[dim]!;
    const at = new Set(wrong.map((k) => Math.floor(k / stride) % size));
    stride *= size;
    if (size > 1 && at.size === 1) return `wrong at index ${[...at][0]} of dim ${dim} alone`;
  }
  return undefined;
};

const shifted: Sign = ({ analytic, numeric }) => {
  const difference = analytic.map((value, k) => value - numeric[k]!);
  if (difference.length > 1 && common(difference) !== undefined)
    return 'off by the same amount everywhere: a term that is constant is wrong';
  return undefined;
};

/** From the particular to the general: the first that fits is told. */
const signs: readonly Sign[] = [
  nothing,
  normMistakes,
  constantFactor,
  opMistakes,
  elsewhere,
  tooMany,
  onePlace,
  otherInput,
  tooFew,
  wrongSlope,
  shifted,
];

/** The mistake that a wrong gradient looks like, in a few words; `undefined` if it looks like none that is known. */
export function diagnose(wrong: Wrong): string | undefined {
  for (const sign of signs) {
    const said = sign(wrong);
    if (said !== undefined) return said;
  }
  return undefined;
}

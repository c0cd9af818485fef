/** Whether what came out is what was expected, and if not, where. */
import { Tensor } from '@normgrad/autograd';
import type { GoldenCase, GoldenTensor } from './format.ts';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A tensor or a number, of ours or of JSON; undefined for what holds several. */
function numbersOf(value: unknown): Numbers | undefined {
  if (typeof value !== 'object' || value === null) return { shape: [], data: [Number(value)] };
  if (value instanceof Tensor) return { shape: value.shape, data: [...value.toTypedArray()] };
  return isGoldenTensor(value) ? { shape: value.shape, data: value.data.map(Number) } : undefined;
}

function isGoldenTensor(value: object): value is GoldenTensor {
  return 'shape' in value && 'data' in value;
}

/** How far apart numbers at a place such as `grads.x` may be, of which `expected` is one of `all`. */
type Tolerance = (place: string, expected: number, all: readonly number[]) => number;

function toleranceOf({ op, dtype, expect: { max_abs: sizes } }: GoldenCase): Tolerance {
  if (dtype === 'float32') {
    const nameOf = (place: string): string => place.replace('outputs.', '').replace('grads.', 'grad.');
    return (place, _, all) => 4 * 2 ** -23 * Number(sizes?.[nameOf(place)] ?? Math.max(...all.map(Math.abs)));
  }
  return (place, expected) => (op === 'train_network' || place.startsWith('double') ? 1e-8 : 1e-10) * (1 + Math.abs(expected));
}

function close(a: number, b: number, tolerance: number): boolean {
  return Object.is(a, b) || a === b || (Number.isFinite(b) && Math.abs(a - b) <= tolerance);
}

/** One line for each place where `actual` is not what the case expects. */
export function differences(golden: GoldenCase, actual: object): string[] {
  const tolerance = toleranceOf(golden);
  const compare = (a: unknown, b: unknown, place: string): string[] => {
    if (a === undefined || b === undefined) return [`${place} is ${a === undefined ? 'missing' : 'not expected'}`];
    const [ours, expected] = [numbersOf(a), numbersOf(b)];
    if (ours === undefined || expected === undefined) return compareAll(entriesOf(a), entriesOf(b), `${place}.`);
    if (String(ours.shape) !== String(expected.shape)) return [`${place} has shape [${ours.shape}], not [${expected.shape}]`];
    const at = expected.data.findIndex((y, i) => !close(ours.data[i]!, y, tolerance(place, y, expected.data)));
    return at < 0 ? [] : [`${place}: ${ours.data[at]}, not ${expected.data[at]}, at ${at} of [${expected.shape}]`];
  };
  const compareAll = (a: Named, b: Named, prefix: string): string[] => {
    // An output more than expected is no harm, a state more is.
    const names = /state/.test(prefix) ? new Set([...a.keys(), ...b.keys()]) : b.keys();
    return [...names].flatMap((name) => compare(a.get(name), b.get(name), prefix + name));
  };
  return compareAll(entriesOf(actual), entriesOf(golden.expect), '');
}

type Named = ReadonlyMap<string, unknown>;
/** What stands beside the numbers that are expected. */
const notes = ['torch_f32_max_err', 'max_abs', 'alternative'];

/** What an object or an array holds, but for null and undefined. */
function entriesOf(value: unknown): Named {
  return new Map(Object.entries(value ?? {}).filter(([name, entry]) => entry != null && !notes.includes(name)));
}

/** Arguments of another kind than asked for, such as the numbers of PyTorch's x.reshape(2, 3) and x.sum(0), which plain JavaScript lets pass. */
import { ArgumentError } from './errors.ts';

/** Whether a value is a tensor, of this copy of the package or of another. */
const isTensor = (value: object): boolean => 'storage' in value;

/** A value of any kind, for messages. */
export function showGiven(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(showGiven).join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (isTensor(value)) return 'a tensor'; // bundlers rename its class
  return value.constructor === Object ? `{ ${Object.keys(value).join(', ')} }` : `a ${value.constructor?.name}`;
}

/** @throws ArgumentError if the value, which is no tensor of ours, is one of another copy of this package: its address is one in another memory. */
export function refuseForeign(op: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || !isTensor(value)) return;
  throw new ArgumentError(
    `${op}: a tensor of another copy of @normgrad/autograd was given; there must be one copy; have all packages depend on the same version.`,
  );
}

/** @throws ArgumentError if the value is no array. */
export function requireList<T>(op: string, name: string, value: readonly T[]): readonly T[] {
  if (Array.isArray(value)) return value;
  throw new ArgumentError(`${op}: ${name} is ${showGiven(value)}; it must be an array of integers, such as [2, 3].`);
}

const namesOf = new Map<string, ReadonlySet<string>>();

/**
 * Options as they were given. Modules hand themselves to ops as options: objects of a class may have more than these. Tensors are none, as
 * in PyTorch's layer_norm(x, shape, weight, bias).
 *
 * @param names - Those there are: `'dim, keepdim'`.
 * @throws ArgumentError if they are no object, or a record with others: what is not known would be left unread.
 */
export function requireOptions<Options extends object>(op: string, options: Options, names: string): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || isTensor(options)) {
    const known = names && ` with any of ${names}`;
    throw new ArgumentError(`${op}: ${showGiven(options)} was given for the options; they must be an object${known}.`);
  }
  if (Object.getPrototypeOf(options) !== Object.prototype) return options;
  let known = namesOf.get(names);
  if (!known) namesOf.set(names, (known = new Set(names.split(', '))));
  for (const name in options) {
    if (!known.has(name))
      throw new ArgumentError(`${op}: there is no option ${name}; ${names ? `choose from ${names}` : 'it takes none'}.`);
  }
  return options;
}

/** What a module has to check, by the shape of what it exports. */
import { internals, type Tensor } from '@normgrad/autograd';
import { type CheckOptions, checkCases, type OpCase } from '../check-cases.ts';
import type { DrawnOp } from '../check-op.ts';
import type { OpReport } from '../op-report.ts';
import { BadInput } from './load.node.ts';

/** Something to check, with the name under which it was exported. */
export interface Subject {
  readonly name: string;
  /** @param module - How its module is imported. */
  check(options: CheckOptions, module: string): OpReport | Promise<OpReport>;
}

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
/** Whether it means to be a case or an op: then it has to be a right one. */
const isSubject = (value: unknown): value is Fields => isRecord(value) && ('fn' in value || 'inputs' in value);
const isArbitrary = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'generate' in value && 'shrink' in value;

function requireFunction(where: string, { fn }: Fields): void {
  if (typeof fn === 'function') return;
  throw new BadInput(`${where}: fn is ${fn === undefined ? 'missing' : typeof fn}; it must be a function of tensors`);
}

function requireCase(where: string, value: unknown): OpCase {
  if (!isSubject(value)) throw new BadInput(`${where} is no case; a case is { title?, fn, inputs: [tensor, ...] }`);
  requireFunction(where, value);
  if (!Array.isArray(value.inputs)) {
    throw new BadInput(
      `${where}: inputs is ${value.inputs === undefined ? 'missing' : typeof value.inputs}; it must be a list of tensors`,
    );
  }
  return value as unknown as OpCase; // its tensors are looked at by gradcheck
}

/** The functions of a table, or of one case. */
function table(name: string, path: string, cases: readonly OpCase[]): Subject {
  return { name, check: (options, module) => checkCases(name, cases, { ...options, from: { module, path } }) };
}

/** All there is to check in one exported value. */
function subjectsIn(path: string, value: unknown): Subject[] {
  if (Array.isArray(value)) {
    if (value.length === 0) throw new BadInput(`${path} is an empty list; give it cases: { title?, fn, inputs: [tensor, ...] }`);
    if (value.every((entry) => isSubject(entry) && !isArbitrary(entry.inputs))) {
      const cases = value.map((entry, i) => requireCase(`${path}[${i}]`, entry));
      return [table(path, `${path}[].fn`, cases)];
    }
    return value.flatMap((entry, i) => subjectsIn(`${path}[${i}]`, entry));
  }
  if (isSubject(value)) {
    if (!isArbitrary(value.inputs)) return [table(path, `${path}.fn`, [requireCase(path, value)])];
    requireFunction(path, value);
    const op = { ...value, name: path } as unknown as DrawnOp<object>;
    return [
      {
        name: path,
        check: async (options, module) => (await drawing()).checkDrawn(op, { ...options, from: { module, path: `${path}.fn` } }),
      },
    ];
  }
  return isRecord(value) ? Object.entries(value).flatMap(([key, entry]) => subjectsIn(`${path}.${key}`, entry)) : [];
}

/** Ops, or else functions, that come without cases: checked on tensors of one shape. */
function bareSubjects(exported: Fields): Subject[] {
  const entries = Object.entries(exported);
  const ops = entries.flatMap(([name, op]) => (op instanceof internals.Op ? [bareOp(name, op)] : []));
  if (ops.length > 0) return ops;
  return entries.flatMap(([name, fn]) => {
    if (typeof fn !== 'function' || fn.length === 0 || /^class\b/.test(String(fn))) return [];
    const names = fn.length === 1 ? ['x'] : Array.from({ length: fn.length }, (_, i) => `x${i}`);
    return [
      bare(
        name,
        names,
        (list) => fn(...list),
        name,
        (call, list) => `${call}(${list.join(', ')})`,
      ),
    ];
  });
}

function bareOp(name: string, op: internals.Op): Subject {
  const call = (fn: string, list: readonly string[]): string => `${fn}([${list.join(', ')}], {}).slice(0, ${op.visible})`;
  return bare(name, op.inputNames, (list) => op.run(list, {}).slice(0, op.visible), `${name}.run`, call);
}

function bare(
  name: string,
  names: readonly string[],
  fn: (list: readonly Tensor[]) => Tensor | readonly Tensor[],
  path: string,
  call: (fn: string, names: readonly string[]) => string,
): Subject {
  return {
    name,
    async check(options, module) {
      const { checkDrawn } = await drawing();
      const op = (await import('../same-shape.ts')).ofOneShape(name, names, fn);
      return checkDrawn(op, { ...options, call, from: { module, path } });
    },
  };
}

/** What draws cases needs fast-check, which not everybody has. */
async function drawing(): Promise<typeof import('../check-op.ts')> {
  try {
    return await import('../check-op.ts');
  } catch {
    throw new BadInput(
      'drawing cases needs fast-check: npm install --save-dev fast-check; or export cases with inputs of their own',
    );
  }
}

/**
 * Everything that a module has to check.
 *
 * @throws BadInput
 */
export function subjectsOf(file: string, exported: Fields): Subject[] {
  const subjects = Object.entries(exported).flatMap(([name, value]) => subjectsIn(name, value));
  const found = subjects.length > 0 ? subjects : bareSubjects(exported);
  if (found.length > 0) return found;
  throw new BadInput(`${file} exports no op; export cases, { title?, fn, inputs: [tensor, ...] }, or an op: see --help`);
}

import { snakeCase } from '../names.ts';

/** Python that stands as it is. */
export class Expression {
  constructor(readonly text: string) {}
}

/** A value as Python writes it. Lists become tuples. */
export function literal(value: unknown): string {
  if (value instanceof Expression) return value.text;
  if (value === undefined || value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return `float('${value > 0 ? '' : '-'}inf')`;
  if (Array.isArray(value)) return `(${value.map(literal).join(', ')}${value.length === 1 ? ',' : ''})`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** A call; the names of arguments are ours. */
export function call(fn: string, positional: readonly unknown[], named: Readonly<Record<string, unknown>> = {}): string {
  const keywords = Object.entries(named).map(([name, value]) => `${snakeCase(name)}=${literal(value)}`);
  return `${fn}(${[...positional.map(literal), ...keywords].join(', ')})`;
}

/** What a module holds, found by looking: no registration, no decorators. */

/** A place in a module's fields. */
export interface Field {
  /** Its name in state dicts: `weight`, or `blocks.0` in an array or plain object. */
  readonly name: string;
  readonly value: object;
  /** The module, array or plain object it is a property of, and the property's name there. */
  readonly holder: object;
  readonly key: string;
}

/** `a.b`, where both have a name. */
export function joinNames(prefix: string, name: string): string {
  return prefix !== '' && name !== '' ? `${prefix}.${name}` : prefix + name;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The objects in the own properties of `holder`, and in arrays and plain objects there, to any depth.
 *
 * @param nameOf - The name of a property of `holder` in state dicts; '' leaves it out of the path.
 */
export function fieldsOf(holder: object, nameOf = (key: string): string => key): Field[] {
  const fields: Field[] = [];
  const seen = new Set<object>();
  const visit = (container: object, prefix: string, rename: (key: string) => string): void => {
    seen.add(container);
    for (const [key, value] of Object.entries(container)) {
      if (typeof value !== 'object' || value === null || seen.has(value)) continue;
      const name = joinNames(prefix, rename(key));
      if (isPlain(value)) visit(value, name, (inner) => inner);
      else fields.push({ name, value, holder: container, key });
    }
  };
  visit(holder, '', nameOf);
  return fields;
}

/**
 * Every exported function and class that takes options, found by their types: a number, a string or a list in their place, as PyTorch's
 * LeakyReLU(0.2), is refused before anything else is looked at.
 */
import * as ng from '@normgrad/autograd';
import * as gradchecks from '@normgrad/gradcheck';
import * as properties from '@normgrad/gradcheck/property';
import * as nn from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { exportsOf, isOptions } from './exports.ts';

const x = ng.ones([2, 2]);

/** Makes a call with something in place of the options, and legal arguments, as far as that matters, before them. */
interface Taker {
  readonly name: string;
  /** What the options' type has. */
  readonly options: readonly string[];
  readonly call: (options: unknown) => unknown;
}

/** A base class that is told of its options, and what takes a graph or values apart. */
const others = new Set<unknown>([nn.Optimizer, ng.toDot, properties.toTensor]);

/** What an entry point exports, and how it is called. */
function takersOf(entry: string, exported: Readonly<Record<string, unknown>>): Taker[] {
  const { checker, symbols } = exportsOf(entry);
  return symbols.flatMap((each): Taker[] => {
    const value = exported[each.name];
    if (typeof value !== 'function' || others.has(value) || value.prototype instanceof Error) return [];
    const type = checker.getTypeOfSymbol(each);
    const signatures = [...type.getCallSignatures(), ...type.getConstructSignatures()].flatMap(({ parameters }) => {
      const at = parameters.findIndex(isOptions);
      return at < 0 ? [] : [{ before: parameters.slice(0, at), options: checker.getTypeOfSymbol(parameters[at]!) }];
    });
    if (signatures.length === 0) return [];
    const before = signatures.at(-1)!.before.map((parameter) => {
      const kind = checker.typeToString(checker.getTypeOfSymbol(parameter));
      return kind === 'number' ? 1 : /^(Shape|readonly number\[\])$/.test(kind) ? [1, 1] : x;
    });
    const isClass = type.getConstructSignatures().length > 0;
    const call = (options: unknown): unknown => {
      const args = [...before, options];
      return isClass ? Reflect.construct(value, args) : Reflect.apply(value, undefined, args);
    };
    const names = signatures.flatMap(({ options }) =>
      checker
        .getNonNullableType(options)
        .getProperties()
        .map(({ name }) => name),
    );
    return [{ name: each.name, options: [...new Set(names)].sort(), call }];
  });
}

/** What a call throws, or what it promises or yields does. */
async function refusal(call: () => unknown): Promise<string> {
  try {
    const result = await call();
    if (result instanceof Object && Symbol.iterator in result) Array.from(result as Iterable<unknown>);
    return 'nothing was thrown';
  } catch (error) {
    return String(error);
  }
}

const takers = [
  ...takersOf('packages/autograd/src/index.ts', ng),
  ...takersOf('packages/gradcheck/src/index.ts', gradchecks),
  ...takersOf('packages/gradcheck/src/property.ts', properties),
  ...takersOf('packages/nn/src/index.ts', nn),
];

describe('what is no object in place of options', () => {
  it('is asked of everything that takes them', () => {
    expect(takers.length).toBeGreaterThan(150);
  });

  it.each(takers.map((taker) => [taker.name, taker] as const))(
    '%s refuses it, and names the options of its type',
    async (_, taker) => {
      for (const given of [0.2, 'sum', [1, 2], true, null]) {
        const message = await refusal(() => taker.call(given));
        expect(message).toMatch(/^ArgumentError: \w+: .* was given for the options; they must be an object( with any of .*)?\.$/);
        expect((/with any of (.*)\.$/.exec(message)?.[1] ?? '').split(', ').sort()).toEqual(
          taker.options.length > 0 ? taker.options : [''],
        );
      }
      expect(await refusal(() => taker.call({ nonsense: 1 }))).toMatch(/^ArgumentError: \w+: there is no option nonsense; .*\.$/);
    },
  );
});

it('says what there is', () => {
  const make = (kind: new () => unknown, given: unknown) => thrown(() => Reflect.construct(kind, [given]));
  expect(make(nn.LeakyReLU, 0.2)).toMatchInlineSnapshot(
    `"ArgumentError: LeakyReLU: 0.2 was given for the options; they must be an object with any of negativeSlope."`,
  );
  expect(make(nn.ReLU, true)).toMatchInlineSnapshot(
    `"ArgumentError: ReLU: true was given for the options; they must be an object."`,
  );
  expect(make(nn.CrossEntropyLoss, 'sum')).toMatchInlineSnapshot(
    `"ArgumentError: CrossEntropyLoss: 'sum' was given for the options; they must be an object with any of labelSmoothing, weight, ignoreIndex, reduction."`,
  );
});

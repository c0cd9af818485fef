/**
 * Every exported function and class that takes options, found by their types: a number, a string or a list in their place, as PyTorch's
 * LeakyReLU(0.2), is refused before anything else is looked at.
 */
import * as ng from '@normgrad/autograd';
import * as nn from '@normgrad/nn';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';

const x = ng.ones([2, 2]);

/** Makes a call with something in place of the options, and legal arguments, as far as that matters, before them. */
interface Taker {
  readonly name: string;
  readonly call: (options: unknown) => unknown;
}

/** What an entry point exports, and how it is called. */
function takersOf(entry: string, exported: Readonly<Record<string, unknown>>): Taker[] {
  const program = ts.createProgram([entry], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    customConditions: ['@normgrad/source'],
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  return checker.getExportsOfModule(symbol).flatMap((each): Taker[] => {
    const value = exported[each.name];
    if (typeof value !== 'function' || value === nn.Optimizer || value.prototype instanceof Error) return [];
    const type = checker.getTypeOfSymbol(each);
    const signature = [...type.getCallSignatures(), ...type.getConstructSignatures()].at(-1);
    const at = signature?.parameters.findIndex(({ name }) => name === 'options' || name === 'given') ?? -1;
    if (at < 0) return [];
    const before = signature!.parameters.slice(0, at).map((parameter) => {
      const kind = checker.typeToString(checker.getTypeOfSymbol(parameter));
      return kind === 'number' ? 1 : /^(Shape|readonly number\[\])$/.test(kind) ? [1, 1] : x;
    });
    const isClass = type.getConstructSignatures().length > 0;
    const call = (options: unknown): unknown => {
      const args = [...before, options];
      return isClass ? Reflect.construct(value, args) : Reflect.apply(value, undefined, args);
    };
    return [{ name: each.name, call }];
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

const takers = [...takersOf('packages/autograd/src/index.ts', ng), ...takersOf('packages/nn/src/index.ts', nn)];

describe('what is no object in place of options', () => {
  it('is asked of everything that takes them', () => {
    expect(takers.length).toBeGreaterThan(150);
  });

  it.each(takers.map(({ name, call }) => [name, call] as const))('%s refuses it', async (_, call) => {
    for (const given of [0.2, 'sum', [1, 2], true, null]) {
      expect(await refusal(() => call(given))).toMatch(
        /^ArgumentError: \w+: .* was given for the options; they must be an object/,
      );
    }
  });
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
    `"ArgumentError: CrossEntropyLoss: sum was given for the options; they must be an object with any of labelSmoothing, weight, ignoreIndex, reduction."`,
  );
});

/** A program that shows one case of an op, to run and to step through. */
import * as autograd from '@normgrad/autograd';

/** Where an op comes from. */
export interface Origin {
  /** As an import names it: `./my-op.ts`. */
  readonly module: string;
  /** The function among what the module exports: `cube.fn`; `cases[].fn` for those of a list. */
  readonly path: string;
}

interface Reproduction {
  /** What stands above the program. */
  readonly comment: string;
  readonly from: Origin | undefined;
  /** The function itself, whose text is shown if nobody knows where it comes from. */
  readonly fn: (...given: never) => unknown;
  /** The inputs' names, and the expressions that make them. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What to write for the call of `fn` inside of the check. */
  readonly call: (fn: string, names: readonly string[]) => string;
  readonly options: Readonly<Record<string, number>>;
}

/** `x`, or `x_0_` for `x[0]`. */
const identifier = (name: string): string => name.replace(/\W/g, '_');

/** The text of a function, without what a test runner makes of imported names. */
const textOf = (fn: Reproduction['fn']): string =>
  String(fn)
    .replace(/\(0, ?__\w+?__\.(\w+)\)/g, '$1')
    .replace(/__vi_import_\d+__\./g, '');

/** Exports of the library that a text mentions. */
const mentioned = (text: string): string[] =>
  Object.keys(autograd).filter((name) => new RegExp(`(?<![.\\w])${name}\\b`).test(text));

export function reproducer({ comment, from, fn, inputs, call, options }: Reproduction): string {
  const names = Object.keys(inputs).map(identifier);
  const text = textOf(fn);
  const root = from && /^\w+/.exec(from.path)![0];
  const imported = new Set([...(from ? [] : mentioned(text)), 'tensor']);
  const quoted = names.map((name) => `'${name}'`).join(', ');
  const settings = [`names: [${quoted}]`, ...Object.entries(options).map(([key, value]) => `${key}: ${value}`)].join(', ');
  const found = from && (root === 'default' ? from.path.replace('default', 'subject') : from.path);
  return [
    `// ${comment}`,
    `import { ${[...imported].sort().join(', ')} } from '@normgrad/autograd';`,
    "import { gradcheck } from '@normgrad/gradcheck';",
    ...(from ? [`import ${root === 'default' ? 'subject' : `{ ${root} }`} from '${from.module}';`] : []),
    '',
    ...(from ? [] : [`const fn = ${text};`]),
    ...Object.values(inputs).map((expression, i) => `const ${names[i]} = ${expression};`),
    `const report = gradcheck((${names.join(', ')}) => ${call(found ?? 'fn', names)}, [${names.join(', ')}], { ${settings} });`,
    'console.log(String(report));',
    '',
  ].join('\n');
}

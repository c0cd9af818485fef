import ts from 'typescript';

/** What a source file exports, with its types. */
export function exportsOf(entry: string): { checker: ts.TypeChecker; symbols: readonly ts.Symbol[] } {
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
  return { checker, symbols: checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!) };
}

/** Whether a parameter is the options; __2 is one that is taken apart at once. */
export const isOptions = ({ name }: ts.Symbol): boolean => /^(options|given|__\d+)$/.test(name);

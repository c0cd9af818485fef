/** Loads the module that is to be checked. */
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Something to say about the module in one line. */
export class BadInput extends Error {
  override name = 'BadInput';
}

/** The first line of what went wrong. */
export function lineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n')[0]!;
}

/**
 * What a module exports.
 *
 * @throws BadInput if there is none, or it does not load.
 */
export async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(file)) throw new BadInput(`${file}: no such file`);
  const { href } = pathToFileURL(resolve(file));
  if (/^\.[cm]?tsx?$/.test(extname(file))) {
    // Beside this file, which is TypeScript itself in the repository.
    register(`./typescript.node${extname(import.meta.url)}`, import.meta.url, { data: { entry: href } });
    process.setSourceMapsEnabled(true);
  }
  try {
    return await import(href);
  } catch (error) {
    throw new BadInput(`${file} does not load: ${lineOf(error)}`);
  }
}

/** How a script in the working directory imports a file. */
export function importPath(file: string): string {
  const path = relative(process.cwd(), resolve(file)).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** NPZ files: a zip archive of NPY files. fflate zips: 8 kB, without dependencies, in Node and browsers alike. */
import { ArgumentError, type Tensor } from '@normgrad/autograd';
import { type Unzipped, unzipSync, zipSync } from 'fflate';
import type { StateDict } from '../state-dict.ts';
import { loadNpy, saveNpy } from './npy.ts';
import type { LoadFileOptions } from './safetensors.ts';

/** No deflated byte stands for more: a claim beyond is no reason to allocate. */
const highestRatio = 1032;
const ending = '.npy';

export interface SaveNpzOptions {
  /** As `numpy.savez_compressed` does. @defaultValue `false` */
  readonly compress?: boolean;
}

/** Tensors by name as the bytes of an NPZ file, which `numpy.load` reads. The same tensors give the same bytes. */
export function saveNpz(dict: StateDict, { compress = false }: SaveNpzOptions = {}): Uint8Array<ArrayBuffer> {
  const files = Object.fromEntries(Object.entries(dict).map(([name, value]) => [name + ending, saveNpy(value)]));
  // A date that is always the same, the first that zip files know.
  return new Uint8Array(zipSync(files, { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) }));
}

/**
 * Reads an NPZ file; its entries are as `loadNpy` reads them.
 *
 * @throws ArgumentError naming the entry, if one cannot be read or the file is damaged.
 */
export function loadNpz(bytes: Uint8Array, { file = 'the file' }: LoadFileOptions = {}): Record<string, Tensor> {
  const where = `loadNpz: ${file}`;
  const names = new Set<string>();
  let claimed = 0;
  const check = (name: string, size: number): boolean => {
    const entry = `${where}: entry ${name}`;
    if (names.has(name)) throw damaged(entry, 'is there twice', 'names must be unique');
    if (!name.endsWith(ending)) throw damaged(entry, 'is no array', `its name must end in ${ending}`);
    claimed += size;
    if (!(claimed <= bytes.length * highestRatio)) {
      throw damaged(entry, `claims ${size} bytes`, `no file of ${bytes.length} bytes holds that`);
    }
    names.add(name);
    return true;
  };
  let files: Unzipped;
  try {
    files = unzipSync(bytes, { filter: ({ name, originalSize }) => check(name, originalSize) });
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    throw damaged(where, 'cannot be unzipped', 'it must be a zip archive');
  }
  return Object.fromEntries(
    [...names].map((name) => {
      const own = name.slice(0, -ending.length);
      return [own, loadNpy(files[name] ?? new Uint8Array(), { file: `${file}: entry ${own}` })];
    }),
  );
}

function damaged(where: string, given: string, rule: string): ArgumentError {
  return new ArgumentError(`${where} ${given}; ${rule}; it is damaged, or not what numpy.savez writes: write or fetch it again.`);
}

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyModule } from '../module.ts';
import { writeFile } from '../weights/write-file.node.ts';
import { exportTorch } from './export-torch.ts';

/** Writes a model for PyTorch into a folder, as `model.py` and `model.safetensors`; see `exportTorch`. */
export async function saveTorch(model: AnyModule, folder: string): Promise<void> {
  const { source, weights } = exportTorch(model);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.safetensors'), weights);
  await writeFile(join(folder, 'model.py'), source);
}

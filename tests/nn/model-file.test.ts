import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randn } from '@normgrad/autograd';
import { BatchNorm1d, Linear, Sequential } from '@normgrad/nn';
import { loadModel, saveModel, writeFile } from '@normgrad/nn/node';
import { expect, it } from 'vitest';
import { values } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-'));
const make = (): Sequential => new Sequential(new Linear(300, 50), new BatchNorm1d(50));

it('saves and loads models', async () => {
  const [source, target] = [make(), make()];
  source.call(randn([4, 300]));
  const path = join(folder, 'model.safetensors');
  await saveModel(source, path);
  await saveModel(source, path); // over an old one
  expect(await loadModel(target, path)).toEqual({ missing: [], unexpected: [] });
  const x = randn([5, 300]);
  expect(values(target.eval().call(x))).toEqual(values(source.eval().call(x)));
});

it('names the file in errors', async () => {
  const path = join(folder, 'cut.safetensors');
  await saveModel(make(), path);
  writeFileSync(path, readFileSync(path).subarray(0, 30_000));
  await expect(loadModel(make(), path)).rejects.toThrow(`${path}: entry 0.weight is cut off after`);
});

it('leaves the old file where writing fails, and nothing else', async () => {
  const path = join(folder, 'old.txt');
  await writeFile(path, 'old');
  function* failing(): Generator<Uint8Array> {
    yield new Uint8Array(10);
    throw new Error('no more');
  }
  await expect(writeFile(path, failing())).rejects.toThrow('no more');
  expect(readFileSync(path, 'utf8')).toBe('old');
  await writeFile(path, [new Uint8Array([110, 101]), new Uint8Array([119])]);
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

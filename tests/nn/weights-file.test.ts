/** Files whose tensors are read one by one, and written without a copy of all. */
import { mkdtempSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { noGrad, ones, randn, Tensor, tensor } from '@normgrad/autograd';
import { BatchNorm1d, Linear, openSafetensors, Sequential, saveSafetensors, streamSafetensors } from '@normgrad/nn';
import { loadModel, openWeights, saveModel } from '@normgrad/nn/node';
import { expect, it } from 'vitest';
import { values } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-'));
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
/** Bytes of array buffers in use. */
const used = (): number => {
  gc();
  return process.memoryUsage().arrayBuffers;
};

it('opens a file, and reads what is asked for', async () => {
  const path = join(folder, 'model.safetensors');
  const dict = { w: randn([3, 2]), half: tensor([true, false]), count: 2n ** 40n, empty: ones([0, 2]) };
  writeFileSync(path, saveSafetensors(dict, { metadata: { epoch: '3' } }));
  const opened = await openWeights(path);
  const blob = new Blob([saveSafetensors(dict, { metadata: { epoch: '3' } })]);
  const files = [opened, await openSafetensors(blob)];
  for (const file of files) {
    expect(file.metadata).toEqual({ epoch: '3' });
    expect(Object.fromEntries(file.tensors)).toEqual({
      w: { dtype: 'float32', shape: [3, 2] },
      half: { dtype: 'bool', shape: [2] },
      count: { dtype: 'int64', shape: [] },
      empty: { dtype: 'float32', shape: [0, 2] },
    });
    for (const [name, value] of Object.entries(dict)) {
      const read = await file.load(name);
      if (value instanceof Tensor && read instanceof Tensor)
        expect([read.shape, values(read)]).toEqual([value.shape, values(value)]);
      else expect(read).toBe(value);
    }
    await expect(file.load('v')).rejects.toThrow(
      /has no entry v; it must be one of its tensors; choose from count, w, empty, half\.$/,
    );
  }
  await opened.close();
});

it('reads one tensor of a file of 3 GB without the others', async () => {
  const path = join(folder, 'large.safetensors');
  const small = Float32Array.of(1, 2, 3);
  const large = 3 * 2 ** 30;
  const json = JSON.stringify({
    large: { dtype: 'F32', shape: [large / 4], data_offsets: [0, large] },
    small: { dtype: 'F32', shape: [3], data_offsets: [large, large + 12] },
  });
  writeFileSync(path, ''); // sparse: zeros that take no space on disk
  truncateSync(path, 8 + json.length + large + 12);
  const file = openSync(path, 'r+');
  writeSync(file, new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer), 0, 8, 0);
  writeSync(file, json, 8);
  writeSync(file, new Uint8Array(small.buffer), 0, 12, 8 + json.length + large);
  const before = used();
  const weights = await openWeights(path);
  expect(values((await weights.load('small')) as Tensor)).toEqual([1, 2, 3]);
  await weights.close();
  expect(used() - before).toBeLessThan(1e6);
});

it('refuses to open what is cut, or none', async () => {
  const whole = saveSafetensors({ w: ones([30]) });
  for (const [name, bytes] of Object.entries({
    empty: [],
    cut: whole.slice(0, -1),
    header: whole.slice(0, 20),
    more: [...whole, 0],
  })) {
    const path = join(folder, `${name}.safetensors`);
    writeFileSync(path, Uint8Array.from(bytes));
    await expect(openWeights(path)).rejects.toThrow(`openSafetensors: ${path} `);
  }
});

const model = (): Sequential => new Sequential(...Array.from({ length: 8 }, () => new Linear(1000, 250)), new BatchNorm1d(3));

it('writes a state with no more than a tensor of it in memory', () => {
  const source = model(); // 8 MB
  const before = used();
  let most = 0;
  for (const chunk of streamSafetensors(source.stateDict({ copy: false }))) most = Math.max(most, used() - before, chunk.length);
  expect(most).toBeGreaterThanOrEqual(1e6);
  expect(most).toBeLessThan(2.5e6);
});

it('writes the state at the call, whatever comes after', async () => {
  const [source, target] = [model(), model()];
  const before = source.stateDict();
  const path = join(folder, 'state.safetensors');
  const saved = saveModel(source, path);
  noGrad(() => {
    for (const parameter of source.parameters()) parameter.assign(parameter.mul(2));
  });
  await saved;
  await loadModel(target, path);
  for (const [name, value] of Object.entries(target.stateDict())) {
    if (value instanceof Tensor) expect(values(value)).toEqual(values(before[name] as Tensor));
  }
});

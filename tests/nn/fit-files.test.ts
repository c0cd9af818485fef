import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { tensor } from '@normgrad/autograd';
import { type FitCallbacks, fit, Linear, loadSafetensors, MSELoss, SGD } from '@normgrad/nn';
import { checkpointFile, progressBar, runLog } from '@normgrad/nn/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { values } from './support.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'normgrad-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** y = 2 x from one sample, the error halved by each step. */
function train(epochs: number, callbacks: FitCallbacks[], path?: string) {
  const model = new Linear(1, 1, { bias: false });
  model.loadStateDict({ weight: tensor([[0]]) });
  const optimizer = new SGD(model.parameters(), { lr: 0.25 });
  const data = [[tensor([[1]]), tensor([[2]])] as const];
  const options = { optimizer, data, loss: new MSELoss(), epochs, callbacks };
  return fit(model, path === undefined ? options : { ...options, validation: data, checkpoint: checkpointFile(path) });
}

it('checkpoints are files that other readers of safetensors read; logs have each epoch once', async () => {
  const [path, log] = [join(folder, 'run.safetensors'), join(folder, 'log.jsonl')];
  await train(1, [runLog(log)], path);
  const state = loadSafetensors(await readFile(path));
  expect(Object.keys(state)).toEqual(['model.weight']);
  await train(3, [runLog(log)], path);
  expect(await readFile(log, 'utf8')).toMatchInlineSnapshot(`
    "{"epoch":1,"steps":1,"lr":0.25,"training":{"loss":4},"validation":{"loss":1}}
    {"epoch":2,"steps":2,"lr":0.25,"training":{"loss":1},"validation":{"loss":0.25}}
    {"epoch":3,"steps":3,"lr":0.25,"training":{"loss":0.25},"validation":{"loss":0.0625}}
    "
  `);
  expect((await readdir(folder)).sort()).toEqual(['log.jsonl', 'run.safetensors']);
  const after = loadSafetensors(await readFile(path));
  expect(values(after['model.weight'] as ReturnType<typeof tensor>)).toEqual([1.75]);
});

it('errors of the file system are passed on', async () => {
  await expect(checkpointFile(folder).load()).rejects.toThrow('EISDIR');
});

describe('progressBar', () => {
  const written = async (isTTY: boolean, options = {}, path?: string): Promise<string> => {
    const stream = Object.assign(new PassThrough(), { isTTY, columns: 200, cursorTo() {}, clearLine() {}, moveCursor() {} });
    await train(2, [progressBar({ stream, ...options })], path);
    return String(stream.read());
  };

  it('writes lines where there is no terminal', async () => {
    expect(await written(false)).toMatchInlineSnapshot(`
      "epoch 1/2: training loss 4.000
      epoch 2/2: training loss 1.000
      "
    `);
    expect(await written(false, {}, join(folder, 'validated.safetensors'))).toMatchInlineSnapshot(`
      "epoch 1/2: training loss 4.000, validation loss 1.000
      epoch 2/2: training loss 1.000, validation loss 0.2500
      "
    `);
  });

  it('moves by batch where it knows how many there are', async () => {
    const text = await written(true, { batches: 1 });
    expect(text).toContain('epoch 1/2');
    expect(text).toContain('epoch 2/2 \u2588');
    expect(text).toContain('100%  loss 1.000');
    expect(await written(true)).toContain('100%  loss 1.000');
  });
});

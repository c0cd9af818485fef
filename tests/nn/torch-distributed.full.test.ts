import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Tensor, unbind } from '@normgrad/autograd';
import { GELU, LayerNorm, Linear, loadSafetensors, MSELoss, Sequential, SGD } from '@normgrad/nn';
import { loadModel, saveTorch } from '@normgrad/nn/node';
import { hasPyTorch, optional } from '../support/optional.ts';
import { expectClose } from './support.ts';

const { it } = optional('PyTorch', hasPyTorch());

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

it('two processes train as one does here with all samples', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-'));
  const make = (): Sequential => new Sequential(new Linear(3, 8), new LayerNorm(8), new GELU(), new Linear(8, 2));
  const model = make();
  await saveTorch(model, folder);
  writeFileSync(
    join(folder, 'train.py'),
    `
import torch
from model import distributed, load, save, write_safetensors

model = distributed(load())
rank = torch.distributed.get_rank()
torch.manual_seed(0)
x, target = torch.randn(5, 8, 3), torch.randn(5, 8, 2)
if rank == 0:
    write_safetensors({"x": x, "target": target}, "data.safetensors")
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(5):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(x[step, rank::2]), target[step, rank::2]).backward()
    optimizer.step()
save(model)
`,
  );
  // What torchrun sets: that of torch 1.13 does not run on Python 3.11.
  const port = await freePort();
  const shared = {
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: String(port),
    WORLD_SIZE: '2',
    OMP_NUM_THREADS: '1',
    CUDA_VISIBLE_DEVICES: '',
  };
  const train = (rank: string): Promise<unknown> =>
    promisify(execFile)('/usr/bin/python3', ['train.py'], {
      cwd: folder,
      env: { ...process.env, ...shared, RANK: rank, LOCAL_RANK: rank },
    });
  await Promise.all(['0', '1'].map(train));

  const { x, target } = loadSafetensors(readFileSync(join(folder, 'data.safetensors'))) as Record<string, Tensor>;
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  for (let step = 0; step < 5; step++) {
    optimizer.zeroGrad();
    const batch = (all: Tensor): Tensor => unbind(all)[step]!;
    new MSELoss().call(model.call(batch(x!)), batch(target!)).backward();
    optimizer.step();
  }
  const theirs = make();
  await loadModel(theirs, join(folder, 'trained.safetensors'));
  for (const [i, parameter] of theirs.parameters().entries()) expectClose(parameter, model.parameters()[i]!, 1e-5);
});

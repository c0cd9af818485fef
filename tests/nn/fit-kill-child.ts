/** A training for fit-kill.full.test.ts: `FOLDER [STEPS [write]]`. It kills itself after some steps; or then, while it writes a file. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Generator, manualSeed } from '@normgrad/autograd';
import {
  AdamW,
  accuracy,
  BatchNorm1d,
  CrossEntropyLoss,
  DataLoader,
  Dropout,
  EMA,
  fit,
  Linear,
  OneCycleLR,
  ReLU,
  randomSplit,
  Sequential,
  synthetic,
} from '@normgrad/nn';
import { checkpointFile, runLog } from '@normgrad/nn/node';

const [folder = '', steps = 'Infinity', when] = process.argv.slice(2);

const kill = () => process.kill(process.pid, 'SIGKILL');
const killInWrite = () => {
  if (readdirSync(folder).some((file) => file.endsWith('.tmp'))) kill();
  setImmediate(killInWrite).unref();
};
let left = Number(steps);

manualSeed(1);
const [train, held] = randomSplit(synthetic.spirals(260, { generator: new Generator(2) }), [200, 60]);
const model = new Sequential(new Linear(2, 24), new BatchNorm1d(24), new ReLU(), new Dropout({ p: 0.2 }), new Linear(24, 3));
const optimizer = new AdamW(model.parameters(), { lr: 0.01 });
const result = await fit(model, {
  optimizer,
  loss: new CrossEntropyLoss(),
  metrics: { accuracy },
  data: new DataLoader(train!, { batchSize: 8, shuffle: true, generator: new Generator(3) }),
  validation: new DataLoader(held!, { batchSize: 20 }),
  epochs: 8,
  accumulate: 2, // 13 steps an epoch, the last of one batch
  scheduler: new OneCycleLR(optimizer, { maxLr: 0.02, totalSteps: 104 }),
  scheduleBy: 'batch',
  ema: new EMA(model, { decay: 0.9 }),
  earlyStopping: { patience: 8 },
  checkpoint: checkpointFile(join(folder, 'run.safetensors')),
  checkpointEvery: 3,
  callbacks: [
    runLog(join(folder, 'log.jsonl')),
    {
      onBatchEnd() {
        if (--left === 0) (when === 'write' ? killInWrite : kill)();
      },
    },
  ],
});
console.log(JSON.stringify(result));

/** All ops of the cases. */
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { linear } from './linear.ts';
import { loss } from './loss.ts';
import { batchNormSteps, modules } from './module.ts';
import { network } from './network.ts';
import { norm, statistics } from './norm.ts';
import { optim } from './optim.ts';
import { recurrent } from './recurrent.ts';
import { reduce } from './reduce.ts';
import { schedule } from './schedule.ts';
import { shape } from './shape.ts';
import type { Procedures, Table } from './table.ts';

export const functions: Table = {
  ...elementwise,
  ...indexing,
  ...linear,
  ...loss,
  ...modules,
  ...norm,
  ...recurrent,
  ...reduce,
  ...shape,
};

export const procedures: Procedures = { ...batchNormSteps, ...network, ...optim, ...schedule, ...statistics };

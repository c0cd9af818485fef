/** All ops of the cases. */
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { init } from './init.ts';
import { layers } from './layers.ts';
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
  ...layers,
  ...modules,
  ...norm,
  ...recurrent,
  ...reduce,
  ...shape,
};

export const procedures: Procedures = { ...batchNormSteps, ...init, ...network, ...optim, ...schedule, ...statistics };

/** Every differentiable op with inputs to check it at: one row an op, or several where its options change the derivative. */
import { activationCases } from './cases/activation.ts';
import { attentionCases } from './cases/attention.ts';
import { convCases } from './cases/conv.ts';
import { elementwiseCases } from './cases/elementwise.ts';
import { indexCases } from './cases/index.ts';
import { linearCases } from './cases/linear.ts';
import { lossCases } from './cases/loss.ts';
import { normCases } from './cases/norm.ts';
import { poolCases } from './cases/pool.ts';
import { recurrentCases } from './cases/recurrent.ts';
import { reduceCases } from './cases/reduce.ts';
import { shapeCases } from './cases/shape.ts';
import { sortCases } from './cases/sort.ts';
import type { OpCases } from './cases/support.ts';

export const opCases: OpCases = {
  ...activationCases,
  ...attentionCases,
  ...convCases,
  ...elementwiseCases,
  ...indexCases,
  ...linearCases,
  ...lossCases,
  ...normCases,
  ...poolCases,
  ...recurrentCases,
  ...reduceCases,
  ...shapeCases,
  ...sortCases,
};

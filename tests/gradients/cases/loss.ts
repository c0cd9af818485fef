import * as ng from '@normgrad/autograd';
import { type OpCases, values } from './support.ts';

const classes = ng.tensor([1, 0, -100], { dtype: 'int32' });

export const lossCases: OpCases = {
  crossEntropy: (['mean', 'sum', 'none'] as const).map((reduction) => ({
    title: `crossEntropy ${reduction}`,
    fn: (logits) => ng.crossEntropy(logits!, classes, { reduction }),
    inputs: [values([3, 4])],
  })),
  logSoftmax: [0, 1].map((dim) => ({
    title: `logSoftmax over ${dim}`,
    fn: (x) => ng.logSoftmax(x!, { dim }),
    inputs: [values([3, 4])],
  })),
  softmax: [0, 1].map((dim) => ({
    title: `softmax over ${dim}`,
    fn: (x) => ng.softmax(x!, { dim }),
    inputs: [values([3, 4])],
  })),
};

import * as ng from '@normgrad/autograd';
import { type OpCase, type OpCases, values } from './support.ts';

export const linearCases: OpCases = {
  eigh: [
    {
      title: 'eigh of two matrices',
      fn: (x) => {
        const { eigenvalues, eigenvectors } = ng.eigh(x!);
        return [eigenvalues, eigenvectors];
      },
      inputs: [values([2, 3, 3])],
    },
    { title: 'eigh, eigenvalues alone', fn: (x) => ng.eigh(x!).eigenvalues, inputs: [values([4, 4], 1)] },
    { title: 'eigh, eigenvectors alone', fn: (x) => ng.eigh(x!).eigenvectors.square(), inputs: [values([3, 3], 2)] },
  ],
  einsum: [
    {
      title: 'einsum of a batch',
      fn: (a, b) => ng.einsum('bij,bkj->bik', a!, b!),
      inputs: [values([2, 2, 3]), values([2, 2, 3], 1)],
    },
    {
      title: 'einsum of a diagonal, an outer product and a sum',
      fn: (a, b, c) => ng.einsum('ii,j,ijk->ji', a!, b!, c!),
      inputs: [values([3, 3]), values([2], 1), values([3, 2, 2], 2)],
    },
    { title: 'einsum of one', fn: (a) => ng.einsum('...ij->j...', a!), inputs: [values([2, 3, 2])] },
  ],
  linear: [
    {
      title: 'linear',
      fn: (x, weight, bias) => ng.linear(x!, weight!, bias),
      inputs: [values([2, 1, 3]), values([4, 3], 1), values([4], 2)],
    },
    { title: 'linear without bias', fn: (x, weight) => ng.linear(x!, weight!), inputs: [values([3]), values([2, 3], 1)] },
  ],
  matmul: [
    { title: 'matmul of matrices', fn: (a, b) => ng.matmul(a!, b!), inputs: [values([2, 3]), values([3, 4], 1)] },
    { title: 'matmul of a batch and a matrix', fn: (a, b) => ng.matmul(a!, b!), inputs: [values([2, 1, 3]), values([3, 2], 1)] },
    { title: 'matmul of two batches', fn: (a, b) => ng.matmul(a!, b!), inputs: [values([2, 1, 2, 3]), values([3, 3, 1], 1)] },
    { title: 'matmul of vectors', fn: (a, b) => ng.matmul(a!, b!), inputs: [values([3]), values([3], 1)] },
    ...[
      { transposeA: true, transposeB: false },
      { transposeA: false, transposeB: true },
      { transposeA: true, transposeB: true },
    ].map((flags): OpCase => {
      const a = flags.transposeA ? [3, 2] : [2, 3];
      const b = flags.transposeB ? [4, 3] : [3, 4];
      return {
        title: `matmul ${JSON.stringify(flags)}`,
        fn: (s, t) => ng.matmul(s!, t!, flags),
        inputs: [values(a), values(b, 1)],
      };
    }),
  ],
  outer: [{ title: 'outer', fn: (a, b) => ng.outer(a!, b!), inputs: [values([3]), values([2], 1)] }],
  solve: [
    { title: 'solve of a vector', fn: (a, b) => ng.solve(a!, b!), inputs: [values([3, 3]), values([3], 1)] },
    { title: 'solve, broadcast', fn: (a, b) => ng.solve(a!, b!), inputs: [values([2, 1, 2, 2]), values([3, 2, 3], 1)] },
  ],
};

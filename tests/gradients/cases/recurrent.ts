import type { Tensor } from '@normgrad/autograd';
import * as ng from '@normgrad/autograd';
import { type OpCase, type OpCases, values } from './support.ts';

const [features, hidden] = [3, 2];

/** x, then states, weights and biases of a cell with some gates; norms' weights and biases after them. */
function tensors(gates: number, x: readonly number[], states: number, ...norms: number[]): Tensor[] {
  const rows = gates * hidden;
  const state = [...x.slice(x.length - 2, -1), hidden];
  const shapes = [x, ...Array<number[]>(states).fill(state), [rows, features], [rows, hidden], [rows], [rows]];
  return [...shapes, ...norms.flatMap((size) => [[size], [size]])].map((shape, i) => values(shape, i));
}

const norm = (weight?: Tensor, bias?: Tensor) => ({ weight, bias });

function lstmCases(fn: typeof ng.lstm | typeof ng.lstmCell, x: readonly number[]): OpCase[] {
  return [
    {
      title: fn.name,
      fn: (t, h, c, wi, wh, biasIh, biasHh) => Object.values(fn(t!, h!, c!, wi!, wh!, { biasIh, biasHh })),
      inputs: tensors(4, x, 2),
    },
    {
      title: `${fn.name} with layer norm`,
      fn: (t, h, c, wi, wh, biasIh, biasHh, wx, bx, wy, by, wz, bz) => {
        const norms = { normIh: norm(wx, bx), normHh: norm(wy, by), normC: norm(wz, bz) };
        return Object.values(fn(t!, h!, c!, wi!, wh!, { biasIh, biasHh, ...norms, eps: 0.5 }));
      },
      inputs: tensors(4, x, 2, 8, 8, 2),
    },
  ];
}

function gruCases(fn: typeof ng.gru | typeof ng.gruCell, x: readonly number[]): OpCase[] {
  const all = (result: Tensor | object): Tensor[] => (result instanceof ng.Tensor ? [result] : Object.values(result));
  return [
    {
      title: fn.name,
      fn: (t, h, wi, wh, biasIh, biasHh) => all(fn(t!, h!, wi!, wh!, { biasIh, biasHh })),
      inputs: tensors(3, x, 1),
    },
    {
      title: `${fn.name} with layer norm`,
      fn: (t, h, wi, wh, biasIh, biasHh, wx, bx, wy, by) =>
        all(fn(t!, h!, wi!, wh!, { biasIh, biasHh, normIh: norm(wx, bx), normHh: norm(wy, by), eps: 0.5 })),
      inputs: tensors(3, x, 1, 6, 6),
    },
  ];
}

const sequence = [2, 2, features];
const step = [2, features];

export const recurrentCases: OpCases = {
  gru: gruCases(ng.gru, sequence).slice(0, 1),
  gruCell: gruCases(ng.gruCell, step),
  lstm: lstmCases(ng.lstm, sequence).slice(0, 1),
  lstmCell: lstmCases(ng.lstmCell, step),
  rnn: [
    {
      title: 'rnn from the last step to the first',
      fn: (x, h, wi, wh) => Object.values(ng.rnn(x!, h!, wi!, wh!, { reverse: true })),
      inputs: tensors(1, sequence, 1).slice(0, 4),
    },
  ],
  rnnCell: [
    {
      title: 'rnnCell',
      fn: (x, h, wi, wh, biasIh, biasHh) => ng.rnnCell(x!, h!, wi!, wh!, { biasIh, biasHh }),
      inputs: tensors(1, step, 1),
    },
    {
      title: 'rnnCell with layer norm',
      fn: (x, h, wi, wh) => ng.rnnCell(x!, h!, wi!, wh!, { normIh: {}, normHh: {}, eps: 0.5 }),
      inputs: tensors(1, step, 1).slice(0, 4),
    },
  ],
};

import * as ng from '@normgrad/autograd';
import type { Table, X } from './table.ts';

/** An int, null for a new axis, an ellipsis, start, stop and step, or an array of ints. */
type Item = number | null | '...' | { slice: [number | null, number | null, number | null] } | { array: ng.TensorData };

function toIndexItem(item: Item): ng.IndexItem {
  if (item === null || typeof item !== 'object') return item;
  if ('array' in item) return ng.tensor(item.array, { dtype: 'int32' });
  const [start, stop, step] = item.slice;
  return { ...(start !== null && { start }), ...(stop !== null && { stop }), ...(step !== null && { step }) };
}

interface Indexed extends X {
  readonly index: ng.Tensor;
  readonly dim: number;
}

export const indexing: Table = {
  embedding: (given: { indices: ng.Tensor; weight: ng.Tensor; paddingIdx?: number }) =>
    ng.embedding(given.indices, given.weight, given),
  gather: (given: Indexed) => ng.gather(given.x, given.index, given),
  index: ({ x, index }: X & { index: Item[] }) => ng.index(x, index.map(toIndexItem)),
  index_select: (given: Indexed) => ng.indexSelect(given.x, given.index, given),
  masked_fill: ({ x, mask, value }: X & { mask: ng.Tensor; value: number }) => ng.maskedFill(x, mask, value),
  tril: ({ x, ...options }: X & { diagonal?: number }) => ng.tril(x, options),
};

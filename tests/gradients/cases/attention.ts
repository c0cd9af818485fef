import * as ng from '@normgrad/autograd';
import { type OpCases, values } from './support.ts';

const seen = ng.tensor(
  [
    [1, 0, 1],
    [1, 1, 1],
  ],
  { dtype: 'bool' },
); // [L, S]

export const attentionCases: OpCases = {
  attention: [
    {
      title: 'attention of two heads, and its weights',
      fn: (query, key, value) => Object.values(ng.attention(query!, key!, value!, { heads: 2 })),
      inputs: [values([2, 4]), values([3, 4], 1), values([3, 2], 2)],
    },
    {
      title: 'attention with a mask to add',
      fn: (query, key, value, attnMask) => ng.attention(query!, key!, value!, { heads: 2, attnMask }).output,
      inputs: [values([2, 2]), values([3, 2], 1), values([3, 4], 2), values([2, 1, 3], 3)],
    },
  ],
  scaledDotProductAttention: [
    {
      title: 'scaledDotProductAttention',
      fn: (query, key, value) => ng.scaledDotProductAttention(query!, key!, value!, { scale: 0.75 }),
      inputs: [values([2, 1, 2, 2]), values([2, 3, 2], 1), values([3, 1], 2)],
    },
    {
      title: 'scaledDotProductAttention with a bool mask',
      fn: (query, key, value) => ng.scaledDotProductAttention(query!, key!, value!, { attnMask: seen }),
      inputs: [values([2, 2, 2]), values([2, 3, 2], 1), values([2, 3, 3], 2)],
    },
    {
      title: 'causal scaledDotProductAttention',
      fn: (query, key, value) => ng.scaledDotProductAttention(query!, key!, value!, { isCausal: true }),
      inputs: [values([4, 2]), values([3, 2], 1), values([3, 2], 2)],
    },
  ],
};

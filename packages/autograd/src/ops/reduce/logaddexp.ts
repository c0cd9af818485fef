import { broadcastShapes } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { expand } from '../shape/expand.ts';
import { stack } from '../shape/stack.ts';
import { logsumexp } from './logsumexp.ts';

/** log(e^a + e^b), elementwise with broadcasting, without overflow: the sum of probabilities given by their logs. */
export function logaddexp(a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShapes('logaddexp', a.shape, b.shape);
  return logsumexp(stack([expand(a, shape), expand(b, shape)]), { dim: 0 });
}

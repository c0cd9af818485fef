import { ArgumentError } from '../../core/errors.ts';
import { callBoundary } from '../../core/frames.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { attend } from './attention.ts';
import type { AttentionOptions } from './attention-inputs.ts';

/**
 * softmax(scale query key^T + mask) value, the softmax along the keys (Vaswani et al. 2017, "Attention Is All You Need", eq. 1).
 *
 * @param query - [.., L, E]
 * @param key - [.., S, E]
 * @param value - [.., S, Ev]; the dimensions in front of all three broadcast.
 * @returns [.., L, Ev]
 * @throws ShapeError, DTypeError or ArgumentError for what does not fit; the mask must broadcast to [.., L, S] and
 *   excludes `isCausal`, as in PyTorch.
 */
export function scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}): Tensor {
  requireOptions('scaledDotProductAttention', options, 'attnMask, isCausal, dropoutP, scale, generator');
  if (options.attnMask && options.isCausal) {
    throw new ArgumentError(
      'scaledDotProductAttention: attnMask and isCausal were given; it must be one of them; put what is causal into the mask.',
    );
  }
  return callBoundary(() => attend('scaledDotProductAttention', query, key, value, options).output);
}

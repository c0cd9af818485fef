/**
 * Third and fourth derivatives of the norms with a kernel of their own: those of the composed reference, and numeric differences of the order
 * below. (PyTorch's fused batch, layer and instance norm are silently wrong at order 3.)
 */
import {
  batchNorm,
  batchNormOp,
  Generator,
  groupNorm,
  groupNormOp,
  instanceNorm,
  instanceNormOp,
  layerNorm,
  layerNormOp,
  randn,
  rmsNorm,
  rmsNormOp,
  type Shape,
  type Tensor,
} from '@normgrad/autograd';
import { assertGradients } from '@normgrad/gradcheck';
import { describe, expect, it } from 'vitest';
import { derivatives, expectSame } from './derivatives.ts';

type Norm = (...inputs: Tensor[]) => Tensor;
interface Case {
  readonly fused: Norm;
  readonly reference: Norm;
  /** Of x, weight and bias: to compare with the reference, and to take differences of. */
  readonly shapes: readonly Shape[];
  readonly small: readonly Shape[];
}

const eps = 1e-5;
const cases: Readonly<Record<string, Case>> = {
  batchNorm: {
    fused: (x, weight, bias) => batchNorm(x!, { weight, bias, training: true, eps }),
    reference: (x, weight, bias) => batchNormOp.reference!([x!, weight, bias], { eps }),
    shapes: [[3, 2, 2], [2], [2]],
    small: [[3, 1], [1], [1]],
  },
  layerNorm: {
    fused: (x, weight, bias) => layerNorm(x!, weight!.shape, { weight, bias, eps }),
    reference: (x, weight, bias) => layerNormOp.reference!([x!, weight, bias], { normalizedShape: weight!.shape, eps }),
    shapes: [
      [2, 2, 3],
      [2, 3],
      [2, 3],
    ],
    small: [[1, 3], [3], [3]],
  },
  groupNorm: {
    fused: (x, weight, bias) => groupNorm(x!, 2, { weight, bias, eps }),
    reference: (x, weight, bias) => groupNormOp.reference!([x!, weight, bias], { numGroups: 2, eps }),
    shapes: [[2, 6, 2], [6], [6]],
    small: [[1, 4, 2], [4], [4]],
  },
  instanceNorm: {
    fused: (x, weight, bias) => instanceNorm(x!, { weight, bias, eps }),
    reference: (x, weight, bias) => instanceNormOp.reference!([x!, weight, bias], { eps }),
    shapes: [[2, 2, 3], [2], [2]],
    small: [[1, 2, 3], [2], [2]],
  },
  rmsNorm: {
    fused: (x, weight) => rmsNorm(x!, weight!.shape, { weight, eps }),
    reference: (x, weight) => rmsNormOp.reference!([x!, weight], { normalizedShape: weight!.shape, eps }),
    shapes: [
      [2, 2, 3],
      [2, 3],
    ],
    small: [[1, 3], [3]],
  },
};

const draw = (shapes: readonly Shape[]): Tensor[] => {
  const generator = new Generator(11);
  return shapes.map((shape) => randn(shape, { generator, dtype: 'float64' }));
};

describe.each(Object.entries(cases))('%s', (_, { fused, reference, shapes, small }) => {
  it.each([3, 4])('derivatives of order %d are those of its reference', (order) => {
    const [actual, expected] = [fused, reference].map((norm) => derivatives(norm, draw(shapes), order, 5)[order]!);
    expect(actual!.some((x) => x.toTypedArray().some((value) => value !== 0))).toBe(true);
    expectSame(actual!, expected!, 1e-10, `order ${order}`);
  });

  it('derivatives of orders 3 and 4 are numeric differences of those below, to 7 digits', () => {
    assertGradients(fused, draw(small), { order: 4, digits: 7, everyElement: 8 });
  });
});

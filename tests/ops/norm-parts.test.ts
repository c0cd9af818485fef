/** What norms of one's own are made of: center, normalizeWith, rstd and moments. */
import { center, grad, moments, mul, normalizeWith, ones, reshape, rstd, sub, tensor } from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { thrown } from './support.ts';

const double = { dtype: 'float64', requiresGrad: true } as const;
const single = { dtype: 'float32', requiresGrad: true } as const;

describe('statistics', () => {
  it('may be float32, and then have gradients of float32', () => {
    const x = tensor([1.5, -2, 4], single);
    const [mean, scale] = [tensor([0.1], single), tensor([0.3], single)];
    const y = normalizeWith(x, mean, scale);
    expect(y.toArray()).toEqual(normalizeWith(x, mean.to('float64'), scale.to('float64')).toArray());
    expect(center(x, mean).toArray()).toEqual(center(x, mean.to('float64')).toArray());
    const gradients = [...grad(y.sum(), [mean, scale]), ...grad(center(x, mean).sum(), [mean])];
    expect(gradients.map(({ dtype, shape }) => [dtype, shape])).toEqual(Array(3).fill(['float32', [1]]));
  });

  it.each([
    ['of x', [2, 3], [2, 1]],
    ['larger than x', [1, 3], [2, 1]],
    ['for each element', [3], [2, 3]],
  ])('%s: gradients are those of sub and mul', (_, shape, ofStatistics) => {
    const values = (size: readonly number[], step: number) =>
      reshape(
        tensor(
          Array.from({ length: size.reduce((a, b) => a * b) }, (_, i) => ((i * step) % 7) / 4 - 0.6),
          double,
        ),
        [...size],
      );
    const [x, mean, scale] = [values(shape, 3), values(ofStatistics, 5), values(ofStatistics, 2)] as const;
    const upstream = values([2, 3], 4);
    const gradients = (y: typeof x) =>
      grad(mul(y, upstream).sum(), [x, mean, scale], { allowUnused: true }).map((g) => g?.toArray());
    expect(gradients(normalizeWith(x, mean, scale))).toEqual(gradients(mul(sub(x, mean), scale)));
    expect(gradients(center(x, mean))).toEqual(gradients(sub(x, mean)));
  });
});

it('integers are refused', () => {
  const whole = ones([2, 3], { dtype: 'int32' });
  const calls = [
    () => center(whole, ones([1])),
    () => normalizeWith(whole, ones([1]), ones([1])),
    () => rstd(whole, 1),
    () => moments(whole),
  ];
  expect(calls.map(thrown)).toMatchInlineSnapshot(`
    [
      "DTypeError: center: x is int32; it must be float32 or float64; call .float() on it.",
      "DTypeError: normalizeWith: x is int32; it must be float32 or float64; call .float() on it.",
      "DTypeError: rstd: variance is int32; it must be float32 or float64; call .float() on it.",
      "DTypeError: moments: x is int32; it must be float32 or float64; call .float() on it.",
    ]
  `);
});

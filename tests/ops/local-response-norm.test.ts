/** Local response norm against its formula in loops, and its refusals. */
import { grad, localResponseNorm, ones, tensor, zeros } from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from './support.ts';

describe.each(floats)('%s', (dtype) => {
  it.each([
    { shape: [2, 5, 3], size: 3, options: { alpha: 0.5, beta: 0.6, k: 0.75 } },
    { shape: [2, 5, 2, 3], size: 4, options: { alpha: 2, beta: -0.5, k: 1.5 } }, // two before, one behind
    { shape: [1, 3, 1, 1, 2], size: 9, options: { alpha: 0.1, beta: 1 } },
    { shape: [3, 1, 2], size: 2, options: {} },
    { shape: [2, 4, 1], size: 1, options: { alpha: 1 } },
  ])('$shape in windows of $size', ({ shape, size, options }) => {
    const { alpha = 1e-4, beta = 0.75, k = 1 }: { alpha?: number; beta?: number; k?: number } = options;
    const [batch, channels, ...space] = shape as [number, number, ...number[]];
    const width = space.reduce((product, n) => product * n, 1);
    const data = Array.from({ length: batch * channels * width }, (_, i) => ((i * 5) % 13) / 4 - 1.25);
    const at = (n: number, c: number, s: number): number => (n * channels + c) * width + s;
    const ys = new Array<number>(data.length).fill(0);
    const slopes = new Array<number>(data.length).fill(0);
    const dy = data.map((_, i) => (i % 3) - 0.5);
    for (let n = 0; n < batch; n++)
      for (let s = 0; s < width; s++)
        for (let c = 0; c < channels; c++) {
          const first = c - Math.floor(size / 2);
          const neighbours = Array.from({ length: size }, (_, i) => first + i).filter((i) => i >= 0 && i < channels);
          const base = k + (alpha / size) * neighbours.reduce((sum, i) => sum + data[at(n, i, s)]! ** 2, 0);
          const x = data[at(n, c, s)]!;
          ys[at(n, c, s)] = x * base ** -beta;
          slopes[at(n, c, s)]! += dy[at(n, c, s)]! * base ** -beta;
          for (const i of neighbours) {
            const inner = (2 * alpha * data[at(n, i, s)]!) / size;
            slopes[at(n, i, s)]! -= dy[at(n, c, s)]! * x * beta * base ** (-beta - 1) * inner;
          }
        }
    const x = of(data, shape, dtype).requiresGrad_();
    const near = (actual: number[], expected: number[]): void =>
      actual.forEach((each, i) => {
        expect(Math.abs(each - expected[i]!)).toBeLessThanOrEqual(dtype === 'float32' ? 2e-6 : 1e-14);
      });
    near(values(localResponseNorm(x, size, options)), ys);
    const gradOutputs = [of(dy, shape, dtype)];
    near(values(grad(localResponseNorm(x, size, options), [x], { gradOutputs })[0]!), slopes);
  });

  it('NaN spoils the channels that see it, and no other place', () => {
    const x = of([1, nan, 2, 3, 4, 5, 6, 7], [1, 4, 2], dtype);
    expect(values(localResponseNorm(x, 3)).map(Number.isNaN)).toEqual([false, true, false, true, false, false, false, false]);
  });

  it('nothing in, nothing out', () => {
    for (const shape of [
      [0, 3, 2],
      [2, 0, 2],
      [2, 3, 0],
    ]) {
      const x = zeros(shape, { dtype, requiresGrad: true });
      const y = localResponseNorm(x, 2);
      expect(grad(y, [x], { gradOutputs: [zeros(shape, { dtype })] })[0]!.shape).toEqual(shape);
    }
  });
});

const nan = Number.NaN;

it('refusals', () => {
  const x = ones([2, 3, 4]);
  expect(thrown(() => localResponseNorm(ones([2, 3]), 2))).toMatchInlineSnapshot(
    `"ShapeError: localResponseNorm: x has shape [2, 3]; it must be [N, C, ...] with 3 dimensions or more; unsqueeze it."`,
  );
  expect(thrown(() => localResponseNorm(x, 0))).toMatchInlineSnapshot(
    `"ArgumentError: localResponseNorm: size is 0; it must be a positive integer, a number of channels."`,
  );
  expect(thrown(() => localResponseNorm(x, 2.5))).toMatchInlineSnapshot(
    `"ArgumentError: localResponseNorm: size is 2.5; it must be a positive integer, a number of channels."`,
  );
  expect(thrown(() => localResponseNorm(x, 2, { beta: nan }))).toMatchInlineSnapshot(
    `"ArgumentError: localResponseNorm: beta is NaN; it must be a number."`,
  );
  expect(thrown(() => localResponseNorm(tensor([1], { dtype: 'int32' }), 2))).toMatchInlineSnapshot(
    `"DTypeError: localResponseNorm: x is int32; it must be float32 or float64; call .float() on it."`,
  );
});

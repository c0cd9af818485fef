/** The error of float32, judged by what the point allows. */
import { add, layerNorm, mean, moments, mul, randn, sin, square, sub, type Tensor, tensor } from '@normgrad/autograd';
import { gradcheck } from '@normgrad/gradcheck';
import { expect, it } from 'vitest';

const spread = [0.3, -1.2, 0.8, 1.7, -0.4, 0.1, -0.9, 2.2];
const around = (center: number): Tensor => tensor(Float64Array.from(spread, (value) => center + value));
const verdicts = (fn: (x: Tensor) => Tensor, x: Tensor) => {
  const { float32 } = gradcheck(fn, [x], { float32: true, digits: 3 });
  return typeof float32 === 'object' ? float32.map(({ verdict }) => verdict) : float32;
};

const oneVariance = (x: Tensor): Tensor => mul(sub(mean(square(x)), square(mean(x))), tensor([1, 2], { dtype: x.dtype }));
const twoPasses = (x: Tensor): Tensor => mul(mean(square(sub(x, mean(x)))), tensor([1, 2], { dtype: x.dtype }));

it('tells digits that are lost by the way from those that the point does not have', () => {
  expect(verdicts((x) => layerNorm(x, 8), around(0))).toEqual(['accurate', 'accurate']);
  expect(verdicts((x) => layerNorm(x, 8), around(1e4))).toEqual(['accurate', 'accurate']);
  expect(verdicts(twoPasses, around(1e4))).toEqual(['accurate', 'accurate']);
  expect(verdicts(oneVariance, around(1))).toEqual(['accurate', 'accurate']);
  expect(verdicts(oneVariance, around(1e4))?.[0]).toBe('wrong'); // E[x^2] - mean^2
  expect(verdicts((x) => sin(mul(x, 1e8)), around(1))).toEqual(['ill-conditioned', 'ill-conditioned']);
});

it('is a failure of the check, and says so', () => {
  const report = gradcheck(oneVariance, [around(1e4)], { float32: true, digits: 3 });
  expect(report.verdict).toBe('failed');
  expect(String(report)).toMatch(/in float32, output 0: wrong, \d digits? where \d are attainable/);
  expect(gradcheck(oneVariance, [around(1e4)], { digits: 3 }).passed).toBe(true);
});

it('takes functions of which a part is float64, such as statistics, in float32, too', () => {
  const report = gradcheck((x) => Object.values(moments(x, { dim: 0 })), [around(1)], { float32: true, digits: 3 });
  expect(Array.isArray(report.float32) && report.float32.map(({ verdict }) => verdict)).toEqual(Array(3).fill('accurate'));
});

it('says why fn does not run in float32', () => {
  const other = randn([8], { dtype: 'float64' });
  const report = gradcheck((x) => add(square(x), other), [around(0)], { float32: true });
  expect(report.passed).toBe(true);
  expect(String(report)).toContain('not checked in float32: add: a is float32, b is float64');
});

/**
 * The normal distribution: its density without the factor 1 / sqrt(2 pi), and the cumulative distribution, whose lower tail
 * e^(-x^2/2) R(|x|) keeps its relative accuracy until it underflows. R is Mills' ratio / sqrt(2 pi), a quotient of polynomials with
 * positive coefficients, which cancel nothing.
 */
import type { Func } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import { twoProduct } from './double-double.ts';
import { clamp, expTo } from './exp.ts';
import { polynomial, type Register } from './lanes-math.ts';

/** Numerator and denominator of R, by interpolation in (x - k) / (x + k): relative error 2^-33 up to 14, and 2^-55 up to 39. */
const ratio: Record<FloatType, readonly [readonly number[], readonly number[]]> = {
  float32: [
    [
      0.49999999997481054, 0.505583534376673, 0.24880262142763296, 0.07054736177893188, 0.011468264626945933,
      0.0008707340445670792,
    ],
    [
      1, 1.8090516242109986, 1.4410196927140275, 0.6522972249880602, 0.1790246047379574, 0.028746473313185472,
      0.002182609649111973,
    ],
  ],
  float64: [
    [
      0.5, 0.8264390116762824, 0.677233305206694, 0.3554710849740133, 0.1311071375110668, 0.03534107463999677,
      0.007041273528835195, 0.001025071569350438, 0.00010474310614534726, 6.8301227250702235e-6, 2.1841939157224647e-7,
    ],
    [
      1, 2.4507625841554304, 2.8098922385043354, 1.9934920327604, 0.97465321348953, 0.3457670766572471, 0.09112216947098654,
      0.017911312346517043, 0.00258659395820462, 0.0002630995276560322, 1.7120578741890866e-5, 5.474962226425645e-7,
    ],
  ],
};

/** e^(scale x^2), in float64 lanes; counts what the square loses in rounding. */
export function gaussian(f: Func, L: Lanes, accuracy: FloatType, x: Register, scale: -1 | -0.5): Register {
  const a = f.let(clamp(L, x, -40, 40)); // where it is 0
  if (accuracy === 'float32') return expTo(f, L, accuracy, L.mul(L.mul(a, a), L.const(scale)));
  const { high, low } = twoProduct(f, L, a, a);
  return expTo(f, L, accuracy, L.mul(high, L.const(scale)), f.let(L.mul(low, L.const(scale))));
}

/** e^(-x^2/2) and the probability of less than x, in float64 lanes: within 1 ulp in float32, 4 in float64. */
export function normal(f: Func, L: Lanes, accuracy: FloatType, x: Register): { density: Register; below: Register } {
  const density = gaussian(f, L, accuracy, x, -0.5);
  const a = f.let(clamp(L, L.abs(x), 0, 40));
  const [numerator, denominator] = ratio[accuracy].map((coefficients) => polynomial(f, L, a, coefficients));
  const tail = f.let(L.mul(density, L.div(numerator!, denominator!)));
  return { density, below: f.let(L.select(L.gt(x, L.zero), L.sub(L.one, tail), tail)) };
}

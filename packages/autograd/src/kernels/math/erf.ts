/** erf, of magnitude a = |x|: a + a P(a^2) up to 1; beyond, 1 - exp(Q(a - 1)), Q fitted to log erfc. */
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import { clamp, reducedExpm1 } from './exp.ts';
import { copySign, polynomial, powerOfTwo, type Register, widened } from './lanes-math.ts';

/** By Remez. P: relative error of erf 2^-29.6 and 2^-55.3. Q: absolute error of erf 2^-35.4 up to 4.1 and 2^-57.5 up to 6. */
const fits: Record<FloatType, { P: readonly number[]; Q: readonly number[] }> = {
  float32: {
    P: [
      0.12837916572581418, -0.37612625816976875, 0.1128358505390693, -0.026853807464483865, 0.005188318229649309,
      -0.0008010102132908922, 7.853531540485498e-5,
    ],
    Q: [
      -1.849605510066704, -2.638967514495981, -0.8431070821267287, -0.04156347915311116, 0.010046449071808027,
      -0.002011963356969349, 0.00028952649034627586, -2.1686500808659275e-5,
    ],
  },
  float64: {
    P: [
      0.12837916709551256, -0.3761263890318352, 0.11283791670944175, -0.02686617064310977, 0.005223977606104041,
      -0.0008548325928602232, 0.0001205529355506949, -1.4924711873571072e-5, 1.6447126183420913e-6, -1.620627177689921e-7,
      1.3710795893160744e-8, -7.779118933381732e-10,
    ],
    Q: [
      -1.8496055099332482, -2.638967514234788, -0.8431072563586768, -0.04156109804180886, 0.010033825374414369,
      -0.001977902567956396, 0.00023732248165816427, 2.6277874549053817e-5, -2.715911135808896e-5, 9.608899565670297e-6,
      -2.059771737128667e-6, 1.4287546511344525e-7, 9.754720254684157e-8, -5.203776959611524e-8, 1.491141210584602e-8,
      -2.8640317966723986e-9, 3.6824709662581044e-10, -2.8815522411517628e-11, 1.0391008766702449e-12,
    ],
  },
};

function magnitude(f: Func, L: Lanes, accuracy: FloatType, a: Register): V128 {
  const { P, Q } = fits[accuracy];
  const near = L.fma(a, polynomial(f, L, f.let(L.mul(a, a)), P), a);
  const { n, expm1 } = reducedExpm1(f, L, accuracy, polynomial(f, L, f.let(L.sub(a, L.one)), Q));
  const power = f.let(powerOfTwo(L, n));
  const far = L.fnma(power, expm1, L.sub(L.one, power));
  return L.select(L.lt(a, L.one), near, far);
}

/** Within 1 ulp in float32 (computed in float64 lanes), 2 in float64; keeps -0. */
export function erf(f: Func, L: Lanes, x: V128): Register {
  const value = f.let(x);
  const a = f.let(clamp(L, L.abs(value), 0, L.dtype === 'float64' ? 6 : 4.1)); // where erf rounds to 1
  const result =
    L.dtype === 'float64' ? magnitude(f, L, 'float64', a) : widened(f, [a], (wide, half) => magnitude(f, wide, 'float32', half));
  return f.let(copySign(L, result, value));
}

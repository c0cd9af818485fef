/** sin(x + q pi/2): minimax polynomials of sin and cos on the reduced argument, chosen and signed by the quarter turn. */
import { i32, i64x2, type V128, v128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import { polynomial, type Register, widened } from './lanes-math.ts';
import { quarterTurns } from './quarter-turns.ts';

/** sin r = r + r^3 S(r^2), cos r = 1 - r^2/2 + r^4 C(r^2) on |r| <= pi/4, by Remez: 2^-37 and 2^-43 (float32), 2^-57 and 2^-60. */
const fits: Record<FloatType, { S: readonly number[]; C: readonly number[] }> = {
  float32: {
    S: [-0.16666666641600783, 0.008333329382851092, -0.00019839333845911945, 2.7183019535502153e-6],
    C: [0.041666666622804965, -0.0013888883751422053, 2.4799519448808895e-5, -2.721018743518543e-7],
  },
  float64: {
    S: [
      -0.16666666666666632, 0.00833333333332241, -0.0001984126982980503, 2.7557313690916014e-6, -2.5050757952972432e-8,
      1.5896785950709964e-10,
    ],
    C: [
      0.0416666666666666, -0.001388888888887412, 2.4801587289479338e-5, -2.7557314351473164e-7, 2.087572315165314e-9,
      -1.1359641277367537e-11,
    ],
  },
};

/** Of a magnitude, in float64 lanes. */
function shifted(f: Func, L: Lanes, accuracy: FloatType, x: Register, quarters: 0 | 1): Register {
  const { S, C } = fits[accuracy];
  const { n, r, error } = quarterTurns(f, L, accuracy, x);
  const z = f.let(L.mul(r, r));
  const cubed = L.mul(r, z);
  const h = f.let(L.mul(L.const(0.5), z));
  const top = f.let(L.sub(L.one, h));
  const [sines, cosines] = [polynomial(f, L, z, S), polynomial(f, L, z, C)];
  const narrow = accuracy === 'float32';
  const sine = narrow ? L.fma(cubed, sines, r) : L.add(r, L.fma(cubed, sines, error));
  const lost = L.sub(L.sub(L.one, top), h); // by the rounding of 1 - h
  const fourth = L.mul(z, z);
  const cosine = narrow ? L.fma(fourth, cosines, top) : L.add(top, L.fma(fourth, cosines, L.fnma(r, error, lost)));
  const turn = f.let(L.add(n, L.const(1.5 * 2 ** 52 + quarters))); // the quarter turn in the low bits
  const odd = i64x2.sub(L.zero, v128.and(turn, i64x2.const(1n)));
  const sign = i64x2.shl(v128.and(turn, i64x2.const(2n)), i32.const(62));
  return f.let(v128.xor(L.select(odd, cosine, sine), sign));
}

/** sin(|x| + quarters pi/2) in either type. */
export function shiftedSine(f: Func, L: Lanes, x: V128, quarters: 0 | 1): Register {
  const magnitude = f.let(L.abs(x));
  if (L.dtype === 'float64') return shifted(f, L, 'float64', magnitude, quarters);
  return widened(f, [magnitude], (wide, half) => shifted(f, wide, 'float32', half, quarters));
}

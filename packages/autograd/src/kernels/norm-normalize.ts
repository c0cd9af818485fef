/** The formulas that the kernels of every norm end in, on registers of A, and the sums that they need. */
import { f64x2, type I32, i32, type V128, v128 } from '../runtime/instructions.ts';
import { type Func, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { type Access, doubles, oneRun, type Part, type Region, sweep } from './norm-access.ts';
import { type Count, over, type Stat, split, sums } from './norm-statistics.ts';

/** Statistics as the doubles of a register: those of its channels, or of its group in every place. No mean: not centred. */
export interface Whitening {
  readonly mean: readonly V128[] | undefined;
  readonly rstd: readonly V128[];
}

/** A statistic for every lane of a register of A. */
export const everywhere = (A: Access, stat: V128): V128[] => Array.from({ length: A.halves }, () => stat);

export const shared = (A: Access, mean: Stat | undefined, rstd: Stat): Whitening => ({
  mean: mean && everywhere(A, mean),
  rstd: everywhere(A, rstd),
});

const register = (f: Func, A: Access, halves: readonly V128[]): Local<'v128'> => f.let(A.narrow(halves));
const times = (a: readonly V128[], b: readonly V128[]): V128[] => a.map((half, i) => f64x2.mul(half, b[i]!));

/** x -> x - hi, and the lo to take care of; x itself where the norm is not centred. */
export function centring(f: Func, A: Access, { mean }: Whitening): { centre(x: V128): V128; lo: readonly Stat[] | undefined } {
  if (!mean) return { centre: (x) => x, lo: undefined };
  const { hi, lo } = split(f, A, mean);
  return { centre: (x) => A.L.sub(x, hi), lo };
}

/** x -> (x - mean) a + b, as (x - hi) a + (b - lo a). */
export function affine(f: Func, A: Access, whitening: Whitening, a: readonly V128[], b?: readonly V128[]): (x: V128) => V128 {
  const { centre, lo } = centring(f, A, whitening);
  const slope = register(f, A, a);
  if (!lo && !b) return (x) => A.L.mul(x, slope);
  const shift = lo && times(lo, a);
  const base = b ?? everywhere(A, f64x2.const(0));
  const constant = register(f, A, shift ? base.map((half, i) => f64x2.sub(half, shift[i]!)) : base);
  return (x) => A.L.fma(centre(x), slope, constant);
}

/** x -> xhat */
export const whiten = (f: Func, A: Access, whitening: Whitening): ((x: V128) => V128) => affine(f, A, whitening, whitening.rstd);

/** The sum of some u, and that of u xhat. */
export interface Sums {
  readonly u: readonly V128[];
  readonly uXhat: readonly V128[];
}

/** From the sums of u and of u (x - hi): rstd is pulled out of the loop. */
export function withXhat(
  f: Func,
  lo: readonly V128[] | undefined,
  { rstd }: Whitening,
  u: readonly Stat[],
  uCentred: readonly Stat[],
): Sums {
  const uXhat = rstd.map((r, i) => f.let(f64x2.mul(r, lo ? f64x2.sub(uCentred[i]!, f64x2.mul(lo[i]!, u[i]!)) : uCentred[i]!)));
  return { u, uXhat };
}

/** Sums of u and u xhat over a region of x. */
export function sumsWithXhat(f: Func, A: Access, region: Region, x: I32, whitening: Whitening, u: (part: Part) => V128): Sums {
  const { centre, lo } = centring(f, A, whitening);
  const [sum, sumCentred] = sums(f, A, region, 2, (part, [sum, sumCentred]) => {
    const value = f.let(u(part)); // 0 where there are no elements
    return [A.L.add(sum!, value), A.L.fma(value, centre(part.load(x)), sumCentred!)];
  }).map((stat) => whitening.rstd.map(() => stat));
  return withXhat(f, lo, whitening, sum!, sumCentred!);
}

/**
 * dx = rstd (g - <g> - xhat <g xhat>) with g = u scale, as u a + (xhat B + C): a = scale rstd, B = -rstd <g xhat>, C = -rstd <g>, from
 * the sums of g and g xhat. Where the norm is not centred C, the path through the mean, is absent. Where rstd = 0 the group was constant,
 * and dx = 0. Doubles keep to the order of the formula, whose cancellation for few values they are there for.
 */
export function gradient(
  f: Func,
  A: Access,
  { mean, rstd }: Whitening,
  g: Sums,
  count: Count,
  scale?: readonly V128[],
): (u: V128, xhat: V128) => V128 {
  if (A.halves === 1) {
    const { L } = A;
    const r = register(f, A, rstd);
    const weight = scale && register(f, A, scale);
    const [c, cXhat] = [g.u, g.uXhat].map(([sum]) => f.let(over(sum!, count)));
    return (u, xhat) => {
      const value = weight ? L.mul(u, weight) : u;
      return L.mul(L.fnma(xhat, cXhat!, mean ? L.sub(value, c!) : value), r);
    };
  }
  const a = register(f, A, scale ? times(rstd, scale) : rstd);
  const path = (sum: readonly V128[]): Local<'v128'> =>
    register(
      f,
      A,
      rstd.map((r, i) => f.let(f64x2.neg(f64x2.mul(r, over(sum[i]!, count))))),
    );
  const B = path(g.uXhat);
  const C = mean && path(g.u);
  return (u, xhat) => A.L.fma(u, a, C ? A.L.fma(xhat, B, C) : A.L.mul(xhat, B));
}

/** dx where the statistics are constants: u scale rstd. */
export function scaled(f: Func, A: Access, rstd: readonly V128[], scale?: readonly V128[]): (u: V128) => V128 {
  const slope = register(f, A, scale ? times(rstd, scale) : rstd);
  return (u) => A.L.mul(u, slope);
}

/** The sums of g = u scale and of g xhat. */
export const weighted = (f: Func, { u, uXhat }: Sums, scale: readonly V128[]): Sums => {
  const [g, gXhat] = [u, uXhat].map((sum) => times(sum, scale).map((half) => f.let(half)));
  return { u: g!, uXhat: gXhat! };
};

/** A statistic of one group in memory. */
export const loadStat = v128.load64Splat;
export const storeStat = (address: I32, stat: V128) => v128.store64Lane(address, stat, 0);

/** A parameter of one channel, as a statistic. */
export const loadScalar = (dtype: FloatType, address: I32): V128 => doubles[dtype].loadSplat(address);

const joinKernels = /* @__PURE__ */ perFloat((stored) =>
  perFloat((dtype) =>
    kernel('normJoin', ['i32', 'i32', 'i32', 'i32'], (f, from, to, bytes, end) => {
      const [P, G] = [doubles[stored], doubles[dtype]];
      const stride = f.let(i32.mul(bytes, i32.const((2 * P.bytes) / G.bytes)));
      oneRun(f, bytes).each((run) =>
        sweep(f, G, run, 1, ({ store }) => {
          const total = f.let(f64x2.const(0));
          const q = f.let(from);
          f.for(q, end, stride, () => f.set(total, f64x2.add(total, P.load(q))));
          f.do(store(to, total));
          f.bump(from, P.step);
        }),
      );
    }),
  ),
);

/**
 * The gradients of weight and bias, of `count` elements, from partial sums: `blocks` of two rows each, of weight and of bias, stored as
 * `stored`. They are added up in order, in doubles. An address of 0 is left out.
 */
export function joinPartials(
  stored: FloatType,
  dtype: FloatType,
  partials: number,
  blocks: number,
  count: number,
  dweight: number,
  dbias: number,
): void {
  const { run } = joinKernels[stored][dtype];
  const row = count * lanes[stored].bytes;
  const end = partials + 2 * row * blocks;
  if (dweight) run(partials, dweight, count * lanes[dtype].bytes, end);
  if (dbias) run(partials + row, dbias, count * lanes[dtype].bytes, end);
}

/** The fluent methods of Tensor: x.add(y) is add(x, y). The one file with a side effect. */
import { type BackwardOptions, backward } from './core/backward.ts';
import type { DType } from './core/dtype.ts';
import { Tensor } from './core/tensor.ts';
import { relu } from './ops/activation/relu.ts';
import { sigmoid } from './ops/activation/sigmoid.ts';
import { tanh } from './ops/activation/tanh.ts';
import { abs } from './ops/elementwise/abs.ts';
import { add } from './ops/elementwise/add.ts';
import { cast } from './ops/elementwise/cast.ts';
import { ceil } from './ops/elementwise/ceil.ts';
import { clamp } from './ops/elementwise/clamp.ts';
import { isfinite, isinf, isnan } from './ops/elementwise/classify.ts';
import { eq, ge, gt, le, lt, ne } from './ops/elementwise/compare.ts';
import { cos } from './ops/elementwise/cos.ts';
import { div } from './ops/elementwise/div.ts';
import { erf } from './ops/elementwise/erf.ts';
import { exp } from './ops/elementwise/exp.ts';
import { expm1 } from './ops/elementwise/expm1.ts';
import { floor } from './ops/elementwise/floor.ts';
import { floorDivide } from './ops/elementwise/floor-divide.ts';
import { log } from './ops/elementwise/log.ts';
import { log1p } from './ops/elementwise/log1p.ts';
import { logicalAnd, logicalNot, logicalOr, logicalXor } from './ops/elementwise/logical.ts';
import { maximum } from './ops/elementwise/maximum.ts';
import { minimum } from './ops/elementwise/minimum.ts';
import { mul } from './ops/elementwise/mul.ts';
import { neg } from './ops/elementwise/neg.ts';
import { pow } from './ops/elementwise/pow.ts';
import { reciprocal } from './ops/elementwise/reciprocal.ts';
import { remainder } from './ops/elementwise/remainder.ts';
import { round } from './ops/elementwise/round.ts';
import { rsqrt } from './ops/elementwise/rsqrt.ts';
import { sign } from './ops/elementwise/sign.ts';
import { sin } from './ops/elementwise/sin.ts';
import { sqrt } from './ops/elementwise/sqrt.ts';
import { square } from './ops/elementwise/square.ts';
import { sub } from './ops/elementwise/sub.ts';
import { gather } from './ops/index/gather.ts';
import { index } from './ops/index/index.ts';
import { indexSelect } from './ops/index/index-select.ts';
import { maskedFill } from './ops/index/masked-fill.ts';
import { narrow } from './ops/index/narrow.ts';
import { tril, triu } from './ops/index/tril.ts';
import { matmul } from './ops/linear/matmul.ts';
import { logSoftmax } from './ops/loss/log-softmax.ts';
import { softmax } from './ops/loss/softmax.ts';
import { all } from './ops/reduce/all.ts';
import { allclose } from './ops/reduce/allclose.ts';
import { amax } from './ops/reduce/amax.ts';
import { amin } from './ops/reduce/amin.ts';
import { any } from './ops/reduce/any.ts';
import { argmax } from './ops/reduce/argmax.ts';
import { argmin } from './ops/reduce/argmin.ts';
import { cumsum } from './ops/reduce/cumsum.ts';
import { logsumexp } from './ops/reduce/logsumexp.ts';
import { type ExtremeOptions, type Extremes, max } from './ops/reduce/max.ts';
import { min } from './ops/reduce/min.ts';
import { prod } from './ops/reduce/prod.ts';
import { std } from './ops/reduce/std.ts';
import { mean, sum } from './ops/reduce/sum.ts';
import { variance } from './ops/reduce/variance.ts';
import { vectorNorm } from './ops/reduce/vector-norm.ts';
import { chunk } from './ops/shape/chunk.ts';
import { clone } from './ops/shape/clone.ts';
import { expand } from './ops/shape/expand.ts';
import { flatten } from './ops/shape/flatten.ts';
import { flip } from './ops/shape/flip.ts';
import { permute } from './ops/shape/permute.ts';
import { repeat } from './ops/shape/repeat.ts';
import { reshape } from './ops/shape/reshape.ts';
import { roll } from './ops/shape/roll.ts';
import { split } from './ops/shape/split.ts';
import { squeeze, unsqueeze } from './ops/shape/squeeze.ts';
import { transpose } from './ops/shape/transpose.ts';
import { unbind } from './ops/shape/unbind.ts';

/** Ops whose method takes the same arguments after x. Editors show these lines for methods. */
const ops = {
  /** |x|. */ abs,
  /** x + b. */ add,
  /** Whether nothing over `dim` is 0: bool. */ all,
  /** Whether |x - b| <= atol + rtol |b| everywhere. */ allclose,
  /** The largest value over `dim`; equal ones share the gradient. */ amax,
  /** The smallest value over `dim`; equal ones share the gradient. */ amin,
  /** Whether anything over `dim` is not 0: bool. */ any,
  /** The index of the largest element along `dim`, int32. */ argmax,
  /** The index of the smallest element along `dim`, int32. */ argmin,
  /** The smallest integer not below x. */ ceil,
  /** x cut along `dim` into so many parts of equal size, the last one smaller. */ chunk,
  /** A copy of x in memory of its own. */ clone,
  /** x with what is below `min` raised to it, and what is above `max` lowered to that. */ clamp,
  /** The cosine of x in radians. */ cos,
  /** The sums of all elements up to each, along `dim`. */ cumsum,
  /** x / b. */ div,
  /** x = b: bool. */ eq,
  /** The error function. */ erf,
  /** e^x. */ exp,
  /** x repeated along dimensions of size 1, or new ones in front, to a shape; -1 keeps a size. */ expand,
  /** e^x - 1, exact near 0 too. */ expm1,
  /** x with the dimensions from `startDim` to `endDim` joined into one. */ flatten,
  /** x in reverse along each of some dimensions. */ flip,
  /** The largest integer not above x. */ floor,
  /** x / b rounded down, of int32. */ floorDivide,
  /** The elements of x that `index` names along `dim`: of its shape. */ gather,
  /** x >= b: bool. */ ge,
  /** x > b: bool. */ gt,
  /** Part of x, by one item for each dimension: `x.index([0, ':', { start: 1 }])`. */ index,
  /** The slices of x along `dim` that `index` names. */ indexSelect,
  /** Whether x is neither infinite nor NaN: bool. */ isfinite,
  /** Whether x is Infinity or -Infinity: bool. */ isinf,
  /** Whether x is NaN: bool. */ isnan,
  /** x <= b: bool. */ le,
  /** The natural logarithm. */ log,
  /** log(1 + x), exact near 0 too. */ log1p,
  /** x and b: bool. */ logicalAnd,
  /** Not x: bool. */ logicalNot,
  /** x or b: bool. */ logicalOr,
  /** Either x or b: bool. */ logicalXor,
  /** log(softmax(x)) along `dim`. */ logSoftmax,
  /** log of the sum of e^x over `dim`, without overflow. */ logsumexp,
  /** x < b: bool. */ lt,
  /** x with a value where the mask is true. */ maskedFill,
  /** The matrix product of the last two dimensions; those before them broadcast. */ matmul,
  /** The largest value of x; or, along `dim`, the largest and their indices. */ max,
  /** The larger of x and b. */ maximum,
  /** The mean over `dim`. */ mean,
  /** The smallest value of x; or, along `dim`, the smallest and their indices. */ min,
  /** The smaller of x and b. */ minimum,
  /** x b, element by element. */ mul,
  /** The `length` slices of x along `dim` from `start` on. */ narrow,
  /** Whether x and b differ: bool. */ ne,
  /** -x. */ neg,
  /** x with its dimensions in another order. */ permute,
  /** x^b. */ pow,
  /** The product over `dim`. */ prod,
  /** 1 / x. */ reciprocal,
  /** max(x, 0). */ relu,
  /** What is left of x by `floorDivide`, of int32: it has the sign of b. */ remainder,
  /** x side by side, so many times in each dimension. */ repeat,
  /** The same elements under another shape; one size may be -1. Shares storage with x. */ reshape,
  /** x with its elements moved further along some dimensions, around the end. */ roll,
  /** The nearest integer to x, of two the even one. */ round,
  /** 1 / sqrt(x). */ rsqrt,
  /** 1 / (1 + e^-x). */ sigmoid,
  /** 1 above 0, -1 below; 0 at 0. */ sign,
  /** The sine of x in radians. */ sin,
  /** e^x over its sum along `dim`. */ softmax,
  /** x cut along `dim` into parts of a size, or of each of some sizes. */ split,
  /** The square root. */ sqrt,
  /** x^2. */ square,
  /** x without its dimensions of size 1: all, or some. */ squeeze,
  /** The standard deviation over `dim`. */ std,
  /** x - b. */ sub,
  /** The sum over `dim`. */ sum,
  /** The hyperbolic tangent. */ tanh,
  /** x with two dimensions exchanged; the last two by default. */ transpose,
  /** The lower triangles of matrices; the rest is 0. */ tril,
  /** The upper triangles of matrices; the rest is 0. */ triu,
  /** The slices of x along `dim`, without that dimension. */ unbind,
  /** x with a dimension of size 1 inserted. */ unsqueeze,
  /** The variance over `dim`, by default unbiased. */ variance,
  /** The norm (sum |x|^ord)^(1/ord) over `dim`, by default the Euclidean. */ vectorNorm,
};

/** Overloads do not pass through `infer`. */
interface ExtremeMethod {
  /** The extreme value of x; equal ones share the gradient. */
  (): Tensor;
  /** The extreme values along `dim` and their indices; of equal ones the first. */
  (options: ExtremeOptions): Extremes;
}
type Method<F> = F extends typeof max
  ? ExtremeMethod
  : F extends (x: Tensor, ...rest: infer R) => infer Y
    ? (...rest: R) => Y
    : never;

export interface TensorMethods extends OpMethods {
  /** Adds the gradient of this tensor to the `.grad` of every leaf that requires one; see `backward`. */
  backward(gradient?: Tensor, options?: BackwardOptions): void;
  /** This tensor in another dtype. */
  to(dtype: DType): Tensor;
  /** This tensor as float32. */
  float(): Tensor;
  /** This tensor as float64. */
  double(): Tensor;
  /** The transpose of a matrix. */
  readonly T: Tensor;
}
type OpMethods = { [K in keyof typeof ops]: Method<(typeof ops)[K]> };

const methods: Omit<TensorMethods, keyof OpMethods | 'T'> & ThisType<Tensor> = {
  backward(gradient, options) {
    backward(this, gradient, options);
  },
  to(dtype) {
    return cast(this, dtype);
  },
  float() {
    return cast(this, 'float32');
  },
  double() {
    return cast(this, 'float64');
  },
};

for (const [name, op] of Object.entries<(x: Tensor, a: never, b: never) => unknown>(ops)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, a: never, b: never) {
      return op(this, a, b);
    },
  });
}
for (const [name, value] of Object.entries(methods)) Object.defineProperty(Tensor.prototype, name, { value });
Object.defineProperty(Tensor.prototype, 'T', {
  get(this: Tensor) {
    return transpose(this);
  },
});

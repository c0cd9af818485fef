/** Mistakes in the backwards of ops at large: each is another formula, and a gradient that equals what it gives was made by it. */
import { alike, groupBy, sumOver, type Values, type Wrong } from './wrong-gradient.ts';

type Column = Float64Array;
const product = (...factors: Column[]): Column => factors.reduce((a, b) => a.map((value, k) => value * b[k]!));

/** Numbers of the lines along one dimension, of each element the line it is on; of `undefined`, all on one. */
const lines = (shape: readonly number[], size: number, along?: number): Int32Array =>
  groupBy(shape, size, (at) => (along === undefined ? [] : at.filter((_, dim) => dim !== along)));

function softmaxOf(line: Int32Array, values: Column): Column {
  const powers = values.map(Math.exp);
  const sums = sumOver(line, powers);
  return powers.map((power, k) => power / sums[k]!);
}

/** Mistakes along one dimension: those of a softmax, on either side of it, and of a length that is kept. */
function alongLine({ analytic, numeric, index, inputs, outputs, cotangents }: Wrong, along?: number): string | undefined {
  const { shape, values } = inputs[index]!;
  const y = outputs[0]?.values;
  const up = cotangents[0]?.values;
  const line = lines(shape, values.length, along);
  const project = (p: Column, onto: Column): Column => {
    const sums = sumOver(line, product(onto, analytic));
    return p.map((value, k) => value * (analytic[k]! - sums[k]!));
  };
  if (y && up && y.length === values.length) {
    const sums = sumOver(line, y);
    const isSoftmax = alike(
      sums,
      sums.map(() => 1),
    );
    if (isSoftmax && alike(analytic, product(y, up))) {
      return 'the gradient of softmax without its sum: y up, where it is y (up - sum(y up))';
    }
    const diagonal = y.map((p, k) => p * (1 - p) * up[k]!);
    if (isSoftmax && alike(analytic, diagonal)) {
      return 'the diagonal of the Jacobian of softmax alone: y (1 - y) up, where it is y (up - sum(y up))';
    }
  }
  const p = softmaxOf(line, values);
  if (alike(project(p, p), numeric)) return 'the Jacobian of softmax is missing: the gradient is that of its result';
  const squares = sumOver(line, product(values, values));
  const dots = sumOver(line, product(values, analytic));
  const orthogonal = analytic.map((value, k) => value - (values[k]! * dots[k]!) / squares[k]!);
  if (alike(orthogonal, numeric)) return 'the part along the input itself is not taken out: the op does not see lengths';
  return undefined;
}

/** a b, either of them transposed or not; `undefined` where they do not fit. */
function matrixProduct(a: Values, b: Values, turnA: boolean, turnB: boolean): Column | undefined {
  const sides = ({ shape: [rows = 1, columns = 1] }: Values, turned: boolean) => (turned ? [columns, rows] : [rows, columns]);
  const [m = 1, inner = 1] = sides(a, turnA);
  const [rows = 1, n = 1] = sides(b, turnB);
  if (inner !== rows) return undefined;
  const at = (x: Values, turned: boolean, i: number, j: number): number =>
    x.values[turned ? j * x.shape[1]! + i : i * x.shape[1]! + j]!;
  return Float64Array.from({ length: m * n }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < inner; i++) sum += at(a, turnA, Math.floor(k / n), i) * at(b, turnB, i, k % n);
    return sum;
  });
}

/** A product of the cotangent and another input, in some order, with one of them or the result turned. */
function wrongProduct({ analytic, index, inputs, cotangents: [up] }: Wrong): string | undefined {
  if (up?.shape.length !== 2) return undefined;
  for (const [i, other] of inputs.entries()) {
    if (i === index || other?.shape.length !== 2) continue;
    for (const [a, b] of [
      [up, other],
      [other, up],
    ] as const) {
      const turns = [true, false].flatMap((turnA) => [true, false].map((turnB) => matrixProduct(a, b, turnA, turnB)));
      if (turns.some((found) => found?.length === analytic.length && alike(found, analytic))) {
        return `a product of the cotangent and ${other.name} with a matrix transposed that should not be, or the other way round`;
      }
    }
  }
  return undefined;
}

/** The mistake in the backward of an op that gives this gradient, if one does. */
export function opMistakes(wrong: Wrong): string | undefined {
  const { analytic, numeric, index, inputs, outputs, cotangents } = wrong;
  const { shape, values } = inputs[index]!;
  const [y, up] = [outputs[0]?.values, cotangents[0]?.values];
  for (const along of values.length > 1 ? [...shape.keys(), undefined] : []) {
    const said = alongLine(wrong, along);
    if (said !== undefined) return said;
  }
  if (y && up && up.length === values.length && values.length > 1) {
    if (alike(analytic, up)) return 'the cotangent as it is: the derivative of the op itself is missing';
    const rest = numeric.map((value, k) => value - analytic[k]!);
    if (alike(rest, up)) return 'the path straight through is missing: the cotangent, as it is, has to be added';
    const direct = values.map((value, k) => (up[k]! * y[k]!) / value);
    if (alike(analytic, direct)) return 'the direct path alone: what x is multiplied by, y / x, is treated as a constant';
  }
  return wrongProduct(wrong);
}

/** The product of the cotangent and something simple, in an op that works element by element. */
export function wrongSlope({ analytic, index, inputs, outputs, cotangents }: Wrong): string | undefined {
  const x = inputs[index]!.values;
  const [y, up] = [outputs[0]?.values, cotangents[0]?.values];
  if (!y || up?.length !== x.length || y.length !== x.length || x.length < 2) return undefined;
  const slopes: readonly (readonly [string, Column])[] = [
    ['y', y],
    ['1 - y', y.map((value) => 1 - value)],
    ['y (1 - y)', y.map((value) => value * (1 - value))],
    ['1 - y^2', y.map((value) => 1 - value * value)],
    ['x', x],
    ['1 / x', x.map((value) => 1 / value)],
  ];
  const found = slopes.find(([, slope]) => alike(analytic, product(up, slope)));
  return found && `the cotangent times ${found[0]}, which is not the derivative of this op`;
}

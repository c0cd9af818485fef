/** Checks the derivatives of a function of tensors against numeric ones. */
import { ArgumentError, DTypeError, Generator, NormgradError, Tensor, type Tensors } from '@normgrad/autograd';
import { requireOptions, showGiven } from '@normgrad/autograd/internals';
import { attainable } from './attainable.ts';
import { checkOrder, pointOf } from './compare.ts';
import { givenCotangents, randomCotangents, refuseSum } from './cotangents.ts';
import { describe, differentiable, leaf, type Problem, restoring, type TensorFunction, valuesOf } from './differentiable.ts';
import { localize } from './localize.ts';
import { wrongBeside, wrongTogether } from './nearby.ts';
import { nextOrder } from './next-order.ts';
import { type Violation, violations } from './properties.ts';
import { GradcheckReport, type InputReport, worst } from './report.ts';

export interface GradcheckOptions {
  /**
   * The highest order of derivatives that is checked, from 1 on.
   * @defaultValue 1
   */
  readonly order?: number;
  /**
   * What cotangents and directions are drawn from: the same seed makes the same check.
   * @defaultValue 0
   */
  readonly seed?: number;
  /**
   * The inputs' names in the report.
   * @defaultValue `x` for one input, else `x0`, `x1`, ...
   */
  readonly names?: readonly string[];
  /**
   * What the outputs are weighed with at order 1, one for each; not constant.
   * @defaultValue random
   */
  readonly cotangent?: Tensor | readonly Tensor[];
  /**
   * How many digits of every gradient must be certain, else the check is inconclusive.
   * @defaultValue 6
   */
  readonly digits?: number;
  /**
   * Inputs of at most so many elements are checked in every element; larger ones along random directions and in a few elements.
   * @defaultValue 64
   */
  readonly everyElement?: number;
  /**
   * Tensors that `fn` changes beside computing its result: running statistics. They are put back after every call, and checked to change
   * in forward alone.
   * @defaultValue none
   */
  readonly buffers?: readonly Tensor[];
  /**
   * Whether to compare a run of `fn` in float32 with one in float64, as far as the conditioning at the point lets digits be right. `fn` has to
   * take inputs of either dtype.
   * @defaultValue false
   */
  readonly float32?: boolean;
}

/**
 * Compares the gradients of `fn` with numeric derivatives whose error is known: tolerances follow from that error and from measured
 * rounding noise, so there is none to choose.
 *
 * Outputs are weighed with a random cotangent v. Order k + 1 checks the function (inputs, v) -> gradients of order k, all at once, so
 * that paths from one gradient to another input are seen too. Both backwards are checked, plain and with `createGraph`.
 *
 * @param fn - Takes the inputs and returns a float64 tensor or an array of them. It is called often, and must not change what it uses.
 * @param inputs - float64 tensors, at a point where `fn` is smooth. What is not to be differentiated, `fn` closes over.
 * @returns a report: its `passed`, its `verdict` (`passed`, `kink`, `failed` or `inconclusive`), and its text.
 * @throws ArgumentError or DTypeError if the call itself is wrong: inputs that are not float64, a constant cotangent, a `sum()` loss.
 */
export function gradcheck<const Inputs extends readonly Tensor[]>(
  fn: (...inputs: Tensors<Inputs>) => Tensor | readonly Tensor[],
  inputs: Inputs,
  options?: GradcheckOptions,
): GradcheckReport;
export function gradcheck(fn: TensorFunction, inputs: readonly Tensor[], options: GradcheckOptions = {}): GradcheckReport {
  requireOptions('gradcheck', options, 'order, seed, names, cotangent, digits, everyElement, buffers, float32');
  if (typeof fn !== 'function') {
    throw new ArgumentError(
      `gradcheck: fn is ${showGiven(fn)}; it must be a function of tensors; for a module write (x) => module.call(x).`,
    );
  }
  const { order = 1, seed = 0, cotangent, digits = 6, everyElement = 64, buffers = [], float32 = false } = options;
  if (!Number.isInteger(order) || order < 1) {
    throw new ArgumentError(`gradcheck: order ${order} was given; it must be an integer from 1 on.`);
  }
  const generator = new Generator(seed);
  const raw = differentiable(fn);
  const effort = { digits, everyElement };
  let first: Problem = firstOrder(restoring(raw, buffers), inputs, options.names, cotangent, generator);
  const attained = float32 ? attainable(fn, first, buffers, new Generator(seed)) : undefined;
  let problem = first;
  const reports: InputReport[] = [];
  let broken: readonly Violation[] = [];
  for (;;) {
    const point = pointOf(problem, generator);
    // Beside a NaN or an infinity the rounding that properties may show is unknown.
    const finite = point.outputs.every((values) => values.every(Number.isFinite));
    if (problem.order === 1 && finite) broken = violations({ ...point, raw, buffers, given: inputs, generator });
    let found = checkOrder(point, effort, generator);
    if (problem.order === 1 && finite && worst(found) !== 'failed' && broken.length === 0) {
      const tied = wrongTogether(point, found, effort, generator);
      if (tied) broken = [{ property: 'right where elements tie', detail: tied }];
      const beside = wrongBeside(point, effort, generator);
      if (beside) {
        broken = [{ property: 'right beside the point', detail: beside.detail }];
        first = beside.near;
        found = checkOrder(beside.near, effort, generator);
      }
    }
    reports.push(...found);
    const report = new GradcheckReport(seed, reports, broken, undefined, attained);
    if (report.verdict === 'failed') return report.blaming(localize(first, problem.order, effort, generator));
    if (problem.order === order) return report;
    problem = nextOrder(problem, generator);
  }
}

/** Thrown by `assertGradients`; its message is the report. */
export class GradcheckError extends NormgradError {
  override name = 'GradcheckError';

  readonly #report: GradcheckReport;

  constructor(report: GradcheckReport) {
    super(String(report));
    this.#report = report;
  }

  /** A getter, so that test runners print the message alone and not every number of it. */
  get report(): GradcheckReport {
    return this.#report;
  }
}

/**
 * The same as `gradcheck`, as an assertion.
 *
 * @throws GradcheckError with the report as its message, unless the check passed.
 */
export function assertGradients<const Inputs extends readonly Tensor[]>(
  fn: (...inputs: Tensors<Inputs>) => Tensor | readonly Tensor[],
  inputs: Inputs,
  options: GradcheckOptions = {},
): void {
  const report = gradcheck(fn, inputs, options);
  if (!report.passed) throw new GradcheckError(report);
}

function firstOrder(
  fn: Problem['fn'],
  given: readonly Tensor[],
  names: readonly string[] = given.length === 1 ? ['x'] : given.map((_, i) => `x${i}`),
  cotangent: GradcheckOptions['cotangent'],
  generator: Generator,
): Problem {
  if (given.length === 0)
    throw new ArgumentError('gradcheck: no inputs were given; give one or more tensors to differentiate by.');
  if (names.length !== given.length) {
    throw new ArgumentError(
      `gradcheck: ${names.length} names were given for ${given.length} inputs; give one for each, or none.`,
    );
  }
  given.forEach((input, i) => {
    requireFloat64(input, `input ${i} (${names[i]})`);
  });
  const inputs = given.map((input) => leaf(valuesOf(input), input));
  const outputs = fn(inputs);
  refuseSum(outputs, inputs, generator);
  const cotangents = cotangent === undefined ? randomCotangents(outputs, generator) : givenCotangents(cotangent, outputs);
  return { order: 1, fn, inputs, names, linearFrom: inputs.length, cotangents };
}

function requireFloat64(input: unknown, name: string): void {
  if (!(input instanceof Tensor)) {
    throw new ArgumentError(`gradcheck: ${name} is ${describe(input)}; it must be a float64 tensor.`);
  }
  const { dtype } = input;
  if (dtype === 'float64') return;
  throw new DTypeError(
    dtype === 'float32'
      ? `gradcheck: ${name} is float32; it must be float64, for rounding hides what is checked; pass it as .double().`
      : `gradcheck: ${name} is ${dtype}; it must be float64, for nothing else has derivatives to check; let fn close over it instead.`,
  );
}

import { ArgumentError, type LSTMState, type Shape, ShapeError, Tensor } from '@normgrad/autograd';
import { showGiven, showShape } from '@normgrad/autograd/internals';
import { checkSize } from '../checks.ts';

/**
 * How the classes of a norm read their inputs: for each class the layouts it takes, one letter per dimension. `NCHW` is a batch of N
 * samples of C channels, H high and W wide.
 */
export type Layouts = Readonly<Record<string, readonly string[]>>;

const show = (layout: string): string => `[${[...layout].join(', ')}]`;

/**
 * The layout of an input, by its rank.
 *
 * @throws ShapeError if the class takes no such rank, or the channels are not as many as the module has.
 */
export function checkInput(layouts: Layouts, name: string, channels: number, shape: Shape): string {
  const own = layouts[name] ?? [];
  const layout = own.find(({ length }) => length === shape.length);
  if (layout === undefined) {
    const expected = own.map((each) => `${show(each)} (rank ${each.length})`).join(' or ');
    const cures = Object.entries(layouts).flatMap(([other, theirs]) =>
      theirs.filter(({ length }) => length === shape.length).map((each) => ` For ${show(each)} use ${other}.`),
    );
    throw new ShapeError(`${name} expects ${expected}; got ${showShape(shape)} (rank ${shape.length}).${cures.join('')}`);
  }
  const dim = layout.indexOf('C');
  if (shape[dim] !== channels) {
    throw new ShapeError(
      `${name}(${channels}): input ${showShape(shape)} has ${shape[dim]} channels (dim ${dim}); it must have ${channels}; ` +
        `construct ${name}(${shape[dim]}) for it.`,
    );
  }
  return layout;
}

/** @throws ShapeError if the channels cannot be split into so many groups. */
export function checkGroups(name: string, channels: number, groups: number): number {
  if (channels % checkSize(name, 'numGroups', groups, 1) === 0) return groups;
  const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((each) => channels % each === 0);
  throw new ShapeError(
    `${name}: ${channels} channels cannot be split into ${groups} groups; choose from ${divisors.join(', ')}.`,
  );
}

/** @throws ArgumentError if eps is negative, infinite or NaN. */
export function checkEps(name: string, eps: number): number {
  if (eps >= 0 && eps < Number.POSITIVE_INFINITY) return eps;
  throw new ArgumentError(`${name}: eps must be a finite number from 0 up, got ${eps}.`);
}

/** @throws ArgumentError if the momentum of running statistics lies outside [0, 1]. */
export function checkMomentum(name: string, momentum: number): number {
  if (momentum >= 0 && momentum <= 1) return momentum;
  throw new ArgumentError(`${name}: momentum must be a number from 0 to 1, the share of the newest batch, got ${momentum}.`);
}

/**
 * A number as a shape of one dimension.
 *
 * @throws ShapeError if it has no dimensions, or a size is not a positive integer.
 */
export function checkNormalizedShape(name: string, normalizedShape: number | Shape): Shape {
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
  if (shape.length > 0 && shape.every((size) => Number.isInteger(size) && size >= 0)) return shape;
  throw new ShapeError(
    `${name}: normalizedShape must be at least one size, each an integer from 0 up, got ${showShape(shape)}` +
      `${shape.length === 0 ? '; to normalise a scalar makes no sense' : ''}.`,
  );
}

/** @throws ArgumentError if a state that is given is not of h and c, such as the pair that it is in PyTorch. */
export function checkState(name: string, state: LSTMState | undefined): void {
  if (state === undefined || (state?.h instanceof Tensor && state.c instanceof Tensor)) return;
  throw new ArgumentError(`${name}: the state is ${showGiven(state)}; it must be { h, c }, two tensors.`);
}

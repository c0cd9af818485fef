/** The norms whose groups are contiguous (layer, RMS, group, instance) on their kernels. */
import { addr, defineOp } from '../../core/define-op.ts';
import type { FloatType } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { requireList } from '../../core/given.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { type GroupShape, groupsBackward, groupsForward } from '../../kernels/norm-groups.ts';
import { type BackwardTensors, normGradients } from './norm-gradients.ts';
import { channelAffine, channelShape, checkNorm, type NormLayout, normBackward, normReference } from './norm-layout.ts';

export type ContiguousLayout = NormLayout & GroupShape;

/** Rows of x over its last dimensions; weight and bias are elementwise. */
export function rowsLayout(op: string, shape: Shape, normalizedShape: Shape): ContiguousLayout {
  const start = shape.length - requireList(op, 'normalizedShape', normalizedShape).length;
  if (normalizedShape.length === 0) {
    throw new ShapeError(
      `${op}: normalizedShape [] was given; it must name at least one dimension; to normalize a scalar makes no sense.`,
    );
  }
  if (!sameShape(shape.slice(start), normalizedShape)) {
    const plural = normalizedShape.length === 1 ? 'the last dimension' : `the last ${normalizedShape.length} dimensions`;
    const has =
      start < 0
        ? `which has only ${shape.length}`
        : `which ${normalizedShape.length === 1 ? 'is' : 'are'} ${showShape(shape.slice(start))}`;
    throw new ShapeError(
      `${op}: normalizedShape ${showShape(normalizedShape)} must equal ${plural} of input ${showShape(shape)}, ${has}; pass the sizes to normalize over.`,
    );
  }
  const n = sizeOf(normalizedShape);
  const groups = sizeOf(shape, 0, start);
  const rows = [groups, n];
  return {
    groups,
    n,
    period: 1,
    space: 1,
    view: rows,
    dims: [1],
    statistics: [groups, 1],
    affine: rows,
    parameter: [n],
    weightShape: normalizedShape,
    weightDims: 'the normalizedShape',
  };
}

/** Groups of channels of x [N, C, ...]; weight and bias are per channel. */
export function channelGroupsLayout(shape: Shape, numGroups: number): ContiguousLayout {
  const { batch, channels, space } = channelShape(shape);
  const n = numGroups === 0 ? space : (channels / numGroups) * space; // 0: instance norm without channels
  const groups = batch * numGroups;
  return {
    groups,
    n,
    period: numGroups,
    space,
    view: [groups, n],
    dims: [1],
    statistics: [groups, 1],
    ...channelAffine(shape),
  };
}

/** A norm with mean, weight and bias. `layoutOf` throws what the op refuses about the shape of x. */
export function defineContiguousNorm<O extends { readonly eps: number }>(
  name: string,
  layoutOf: (shape: Shape, options: O) => ContiguousLayout,
) {
  return defineOp({
    name,
    inputs: ['x', 'weight?', 'bias?'],
    outputs: ['y'],
    hidden: ['mean', 'rstd'],
    infer([x, weight, bias], options: O) {
      const layout = layoutOf(x.shape, options);
      checkNorm(name, x, weight, bias, options.eps, layout);
      const statistics = { shape: layout.statistics, dtype: 'float64' } as const;
      return [x, statistics, statistics];
    },
    forward([x, weight, bias], [y, mean, rstd], options) {
      contiguousForward({ x, weight, bias, y, mean, rstd }, { eps: options.eps, layout: layoutOf(x.shape, options) });
    },
    backward: ({ inputs: [x, weight], outputs: [, mean, rstd] }, cotangents, options) =>
      normBackward({ x, weight, mean, rstd }, cotangents, layoutOf(x.shape, options)),
    fused: ({ inputs: [x, weight, bias], outputs: [, mean, rstd] }, [dy], wanted, options) =>
      contiguousFused({ dy, x, weight, bias, mean, rstd }, wanted, { layout: layoutOf(x.shape, options) }),
    reference: ([x, weight, bias], options) => normReference(x, weight, bias, options.eps, layoutOf(x.shape, options)),
  });
}

interface Settings {
  readonly eps: number;
  readonly layout: ContiguousLayout;
  readonly centred?: boolean;
}

/** What a norm's forward kernels read and write. */
export interface ForwardTensors {
  readonly x: Tensor;
  readonly weight: Tensor | undefined;
  readonly bias?: Tensor | undefined;
  readonly y: Tensor;
  readonly mean?: Tensor;
  readonly rstd: Tensor;
}

export function contiguousForward(tensors: ForwardTensors, { eps, layout, centred = true }: Settings): void {
  const { x, weight, bias, y, mean, rstd } = tensors;
  const addresses = { x: addr(x), weight: addr(weight), bias: addr(bias), y: addr(y), mean: addr(mean), rstd: addr(rstd) };
  groupsForward(y.dtype as FloatType, layout, addresses, { eps, centred });
}

export function contiguousFused(
  tensors: BackwardTensors,
  wanted: readonly boolean[],
  { layout, centred = true }: Omit<Settings, 'eps'>,
) {
  const { gradients, addresses } = normGradients(tensors, wanted);
  groupsBackward(tensors.x.dtype as FloatType, layout, addresses, { centred });
  return gradients;
}

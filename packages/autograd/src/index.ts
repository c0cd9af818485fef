/** @normgrad/autograd: tensors, the tape, and every op with its forward and backward. */
import './methods.ts';

export { detectAnomaly } from './core/anomaly.ts';
export { type BackwardOptions, backward, type GradOptions, grad } from './core/backward.ts';
export { checkpoint, isRecomputing } from './core/checkpoint.ts';
export {
  arange,
  type CreateOptions,
  eye,
  full,
  ones,
  onesLike,
  type RandomOptions,
  rand,
  randint,
  randn,
  randperm,
  type TensorData,
  tensor,
  uniform,
  zeros,
  zerosLike,
} from './core/create.ts';
export { defineOp, type OpDefinition, type Spec, type TypedOp } from './core/define-op.ts';
export { type DataArray, type DType, type FloatType, getDefaultDType, setDefaultDType } from './core/dtype.ts';
export * from './core/errors.ts';
export { callBoundary, scope } from './core/frames.ts';
export * from './core/graph-of.ts';
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from './core/rng.ts';
export type { Shape } from './core/shape.ts';
export { recordSourceLines } from './core/source-line.ts';
export { type MemoryStatistics, memoryStatistics, setMemoryCap } from './core/storage.ts';
export { enableGrad, isRecording, noGrad } from './core/tape.ts';
export { type GradientHook, type NestedArray, Tensor } from './core/tensor.ts';
export { toDot } from './core/to-dot.ts';
export * as internals from './internals.ts';
export * from './ops/activation/relu.ts';
export * from './ops/activation/sigmoid.ts';
export * from './ops/activation/softsign.ts';
export * from './ops/activation/tanh.ts';
export * from './ops/conv/conv-transpose1d.ts';
export * from './ops/conv/conv-transpose2d.ts';
export * from './ops/conv/conv1d.ts';
export * from './ops/conv/conv2d.ts';
export * from './ops/elementwise/abs.ts';
export { add, addOp } from './ops/elementwise/add.ts';
export * from './ops/elementwise/cast.ts';
export * from './ops/elementwise/compare.ts';
export * from './ops/elementwise/cos.ts';
export * from './ops/elementwise/div.ts';
export * from './ops/elementwise/exp.ts';
export * from './ops/elementwise/log.ts';
export { maximum, maximumOp } from './ops/elementwise/maximum.ts';
export * from './ops/elementwise/minimum.ts';
export * from './ops/elementwise/mul.ts';
export * from './ops/elementwise/neg.ts';
export * from './ops/elementwise/pow.ts';
export * from './ops/elementwise/reciprocal.ts';
export * from './ops/elementwise/rsqrt.ts';
export * from './ops/elementwise/sin.ts';
export * from './ops/elementwise/sqrt.ts';
export * from './ops/elementwise/square.ts';
export * from './ops/elementwise/sub.ts';
export * from './ops/elementwise/where.ts';
export * from './ops/index/index.ts';
export * from './ops/linear/linear.ts';
export * from './ops/linear/matmul.ts';
export * from './ops/loss/cross-entropy.ts';
export * from './ops/loss/log-softmax.ts';
export { softmax, softmaxOp } from './ops/loss/softmax.ts';
export { type BatchNormOptions, batchNorm, batchNormOp } from './ops/norm/batch-norm.ts';
export { batchNormEvalOp, instanceNormEvalOp } from './ops/norm/batch-norm-eval.ts';
export * from './ops/norm/center.ts';
export { type GroupNormOptions, groupNorm, groupNormOp } from './ops/norm/group-norm.ts';
export { type InstanceNormOptions, instanceNorm, instanceNormOp } from './ops/norm/instance-norm.ts';
export * from './ops/norm/layer-norm.ts';
export * from './ops/norm/moments.ts';
export * from './ops/norm/normalize-with.ts';
export * from './ops/norm/rms-norm.ts';
export * from './ops/norm/rstd.ts';
export * from './ops/norm/switchable-norm.ts';
export type { CellNorm, CellOptions } from './ops/recurrent/cell.ts';
export * from './ops/recurrent/gru.ts';
export { gruCell } from './ops/recurrent/gru-cell.ts';
export * from './ops/recurrent/lstm.ts';
export { type LSTMCellOptions, type LSTMState, lstmCell } from './ops/recurrent/lstm-cell.ts';
export * from './ops/recurrent/rnn.ts';
export { type RNNCellOptions, rnnCell } from './ops/recurrent/rnn-cell.ts';
export type { HiddenState, Scanned, ScanOptions } from './ops/recurrent/scan.ts';
export * from './ops/reduce/argmax.ts';
export { mean, meanOp, type ReduceOptions, sum, sumOp } from './ops/reduce/sum.ts';
export * from './ops/reduce/sum-to.ts';
export * from './ops/shape/cat.ts';
export * from './ops/shape/chunk.ts';
export * from './ops/shape/expand.ts';
export * from './ops/shape/flatten.ts';
export * from './ops/shape/permute.ts';
export * from './ops/shape/reshape.ts';
export { type SplitOptions, split, splitOp } from './ops/shape/split.ts';
export * from './ops/shape/squeeze.ts';
export * from './ops/shape/stack.ts';
export * from './ops/shape/transpose.ts';
export * from './ops/shape/unbind.ts';
export { setDeterministic } from './runtime/features.ts';
export * from './transforms/hessian.ts';
export { jacobian } from './transforms/jacobian.ts';
export * from './transforms/jvp.ts';
export * from './transforms/vjp.ts';

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
  linspace,
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
export { profile } from './core/profile.ts';
export type { ChromeTrace, Profile, ProfileRow } from './core/profile-report.ts';
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from './core/rng.ts';
export type { Shape } from './core/shape.ts';
export { recordSourceLines } from './core/source-line.ts';
export { type MemoryStatistics, memoryStatistics, setMemoryCap } from './core/storage.ts';
export { enableGrad, isRecording, noGrad } from './core/tape.ts';
export { type GradientHook, type NestedArray, Tensor } from './core/tensor.ts';
export { toDot } from './core/to-dot.ts';
export * as internals from './internals.ts';
export { type EluOptions, elu, eluOp } from './ops/activation/elu.ts';
export { type GeluOptions, gelu, geluOp, geluTanhOp } from './ops/activation/gelu.ts';
export * from './ops/activation/hardsigmoid.ts';
export * from './ops/activation/hardswish.ts';
export { type HardtanhOptions, hardtanh, hardtanhOp } from './ops/activation/hardtanh.ts';
export * from './ops/activation/leaky-relu.ts';
export * from './ops/activation/log-sigmoid.ts';
export * from './ops/activation/mish.ts';
export * from './ops/activation/relu.ts';
export * from './ops/activation/relu6.ts';
export * from './ops/activation/selu.ts';
export * from './ops/activation/sigmoid.ts';
export * from './ops/activation/silu.ts';
export * from './ops/activation/softplus.ts';
export * from './ops/activation/softsign.ts';
export * from './ops/activation/tanh.ts';
export { type Attended, attention, attentionOp } from './ops/attention/attention.ts';
export type { AttentionOptions } from './ops/attention/attention-inputs.ts';
export * from './ops/attention/scaled-dot-product-attention.ts';
export * from './ops/conv/conv-transpose1d.ts';
export * from './ops/conv/conv-transpose2d.ts';
export * from './ops/conv/conv1d.ts';
export * from './ops/conv/conv2d.ts';
export * from './ops/elementwise/abs.ts';
export { add, addOp } from './ops/elementwise/add.ts';
export * from './ops/elementwise/cast.ts';
export * from './ops/elementwise/ceil.ts';
export * from './ops/elementwise/clamp.ts';
export * from './ops/elementwise/classify.ts';
export * from './ops/elementwise/compare.ts';
export * from './ops/elementwise/cos.ts';
export * from './ops/elementwise/div.ts';
export { type DropoutOptions, dropout, dropoutOp } from './ops/elementwise/dropout.ts';
export * from './ops/elementwise/erf.ts';
export * from './ops/elementwise/exp.ts';
export * from './ops/elementwise/expm1.ts';
export * from './ops/elementwise/floor.ts';
export * from './ops/elementwise/log.ts';
export * from './ops/elementwise/log1p.ts';
export * from './ops/elementwise/logical.ts';
export { maximum, maximumOp } from './ops/elementwise/maximum.ts';
export * from './ops/elementwise/minimum.ts';
export * from './ops/elementwise/mul.ts';
export * from './ops/elementwise/neg.ts';
export * from './ops/elementwise/pow.ts';
export * from './ops/elementwise/reciprocal.ts';
export * from './ops/elementwise/round.ts';
export * from './ops/elementwise/rsqrt.ts';
export * from './ops/elementwise/sign.ts';
export * from './ops/elementwise/sin.ts';
export * from './ops/elementwise/sqrt.ts';
export * from './ops/elementwise/square.ts';
export * from './ops/elementwise/sub.ts';
export * from './ops/elementwise/where.ts';
export { type EmbeddingOptions, embedding, embeddingOp } from './ops/index/embedding.ts';
export { gather, gatherOp } from './ops/index/gather.ts';
export * from './ops/index/index.ts';
export { indexSelect, indexSelectOp } from './ops/index/index-select.ts';
export * from './ops/index/masked-fill.ts';
export * from './ops/index/narrow.ts';
export * from './ops/index/one-hot.ts';
export * from './ops/index/scatter-add.ts';
export * from './ops/index/tril.ts';
export * from './ops/linear/einsum.ts';
export * from './ops/linear/linear.ts';
export * from './ops/linear/matmul.ts';
export { type BinaryCrossEntropyOptions, binaryCrossEntropy, binaryCrossEntropyOp } from './ops/loss/binary-cross-entropy.ts';
export * from './ops/loss/binary-cross-entropy-with-logits.ts';
export type { ClassLossOptions } from './ops/loss/class-targets.ts';
export * from './ops/loss/cross-entropy.ts';
export { type HuberLossOptions, huberLoss } from './ops/loss/huber-loss.ts';
export * from './ops/loss/kl-div.ts';
export * from './ops/loss/l1-loss.ts';
export * from './ops/loss/log-softmax.ts';
export * from './ops/loss/mse-loss.ts';
export * from './ops/loss/nll-loss.ts';
export type { LossOptions, Reduction } from './ops/loss/reduction.ts';
export * from './ops/loss/smooth-l1-loss.ts';
export { softmax, softmaxOp } from './ops/loss/softmax.ts';
export { type BatchNormOptions, batchNorm, batchNormOp } from './ops/norm/batch-norm.ts';
export { batchNormEvalOp, instanceNormEvalOp } from './ops/norm/batch-norm-eval.ts';
export * from './ops/norm/batch-renorm.ts';
export * from './ops/norm/center.ts';
export * from './ops/norm/ghost-batch-norm.ts';
export { type GroupNormOptions, groupNorm, groupNormOp } from './ops/norm/group-norm.ts';
export { type InstanceNormOptions, instanceNorm, instanceNormOp } from './ops/norm/instance-norm.ts';
export * from './ops/norm/layer-norm.ts';
export * from './ops/norm/local-response-norm.ts';
export * from './ops/norm/masked-batch-norm.ts';
export * from './ops/norm/masked-group-norm.ts';
export * from './ops/norm/masked-instance-norm.ts';
export * from './ops/norm/masked-layer-norm.ts';
export * from './ops/norm/moments.ts';
export * from './ops/norm/normalize-with.ts';
export * from './ops/norm/rms-norm.ts';
export * from './ops/norm/rstd.ts';
export * from './ops/norm/spectral-norm.ts';
export * from './ops/norm/switchable-norm.ts';
export * from './ops/norm/weight-norm.ts';
export * from './ops/pool/adaptive-avg-pool1d.ts';
export * from './ops/pool/adaptive-avg-pool2d.ts';
export * from './ops/pool/avg-pool1d.ts';
export * from './ops/pool/avg-pool2d.ts';
export * from './ops/pool/max-pool1d.ts';
export * from './ops/pool/max-pool2d.ts';
export type { CellNorm, CellOptions } from './ops/recurrent/cell.ts';
export * from './ops/recurrent/gru.ts';
export { gruCell } from './ops/recurrent/gru-cell.ts';
export * from './ops/recurrent/lstm.ts';
export { type LSTMCellOptions, type LSTMState, lstmCell } from './ops/recurrent/lstm-cell.ts';
export * from './ops/recurrent/rnn.ts';
export { type RNNCellOptions, rnnCell } from './ops/recurrent/rnn-cell.ts';
export type { HiddenState, Scanned, ScanOptions } from './ops/recurrent/scan.ts';
export * from './ops/reduce/all.ts';
export { amax, amaxOp } from './ops/reduce/amax.ts';
export * from './ops/reduce/amin.ts';
export * from './ops/reduce/any.ts';
export { type ArgOptions, argmax, argmaxOp } from './ops/reduce/argmax.ts';
export * from './ops/reduce/argmin.ts';
export * from './ops/reduce/cumsum.ts';
export * from './ops/reduce/logsumexp.ts';
export { type ExtremeOptions, type Extremes, max } from './ops/reduce/max.ts';
export * from './ops/reduce/min.ts';
export * from './ops/reduce/prod.ts';
export type { ReduceOptions } from './ops/reduce/reduction.ts';
export * from './ops/reduce/std.ts';
export { mean, meanOp, sum, sumOp } from './ops/reduce/sum.ts';
export * from './ops/reduce/sum-to.ts';
export { type VarianceOptions, variance } from './ops/reduce/variance.ts';
export { type VectorNormOptions, vectorNorm } from './ops/reduce/vector-norm.ts';
export * from './ops/shape/cat.ts';
export * from './ops/shape/chunk.ts';
export * from './ops/shape/expand.ts';
export * from './ops/shape/flatten.ts';
export * from './ops/shape/flip.ts';
export * from './ops/shape/pad.ts';
export * from './ops/shape/permute.ts';
export * from './ops/shape/repeat.ts';
export * from './ops/shape/reshape.ts';
export * from './ops/shape/roll.ts';
export { type SplitOptions, split, splitOp } from './ops/shape/split.ts';
export * from './ops/shape/squeeze.ts';
export * from './ops/shape/stack.ts';
export * from './ops/shape/transpose.ts';
export * from './ops/shape/unbind.ts';
export { argsort, type SortOptions } from './ops/sort/argsort.ts';
export * from './ops/sort/sort.ts';
export * from './ops/sort/topk.ts';
export { setDeterministic } from './runtime/features.ts';
export { getThreads, setThreads } from './runtime/threads.ts';
export * from './transforms/hessian.ts';
export { jacobian } from './transforms/jacobian.ts';
export * from './transforms/jvp.ts';
export * from './transforms/linearize.ts';
export * from './transforms/vjp.ts';

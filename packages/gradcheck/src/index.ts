export type { Accuracy, Attained, Float32Report } from './attainable.ts';
export type { TensorFunction } from './differentiable.ts';
export { assertGradients, GradcheckError, type GradcheckOptions, gradcheck } from './gradcheck.ts';
export type { Comparison, GradcheckReport, InputReport, Verdict } from './report.ts';

/** @normgrad/gradcheck/property: checks of an op at many points, and what draws them. Needs fast-check. */
export * from './arbitraries.ts';
export type { CheckOptions, OpCase } from './check-cases.ts';
export { type CheckOpOptions, checkOp, type DrawnOp, type Given } from './check-op.ts';
export type { Example, OpReport } from './op-report.ts';
export type { Origin } from './reproducer.ts';

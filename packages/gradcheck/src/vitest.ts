/** @normgrad/gradcheck/vitest: `expect(fn).toHaveCorrectGradients(inputs, options?)`. Import it in a test, or in a setup file. */
import type { Tensor } from '@normgrad/autograd';
import { expect } from 'vitest';
import type { TensorFunction } from './differentiable.ts';
import { type GradcheckOptions, gradcheck } from './gradcheck.ts';

interface GradientMatchers<R> {
  /** Checks the derivatives of a function of tensors by `gradcheck`; its report is the message. */
  toHaveCorrectGradients(inputs: readonly Tensor[], options?: GradcheckOptions): R;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the parameter as vitest declares it
  interface Matchers<T = any> extends GradientMatchers<T> {}
}

expect.extend({
  toHaveCorrectGradients(fn: TensorFunction, inputs: readonly Tensor[], options?: GradcheckOptions) {
    const report = gradcheck(fn, inputs, options);
    // `not` is for planted defects, which have to be found: what is inconclusive is neither.
    const pass = this.isNot ? report.verdict !== 'failed' : report.passed;
    return { pass, message: () => String(report) };
  },
});

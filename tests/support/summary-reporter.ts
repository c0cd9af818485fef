import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Closes a run with what was skipped for want of something optional, and `N passed, N failed, N skipped` as the very last line. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const missing: string[] = [];
    for (const module of modules) {
      // Errors outside of tests: a file that does not load, a failing beforeAll or afterAll.
      for (const suite of [module, ...module.children.allSuites()]) count.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'skipped' && result.note)
          missing.push(`${module.relativeModuleId} > ${test.fullName}: ${result.note}`);
        // Still pending: the run was cut short, or a hook of its suite failed.
        count[result.state === 'pending' ? 'skipped' : result.state]++;
      }
    }
    if (missing.length > 0) console.log(`Skipped:\n${missing.map((line) => `  ${line}`).join('\n')}\n`);
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

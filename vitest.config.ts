import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './tests/support/summary-reporter.ts';

const full = 'tests/**/*.full.test.ts';
/** What must hold for every instruction set and number of threads. */
const everywhere = ['tests/golden/*.test.ts', 'tests/laws/*.test.ts', 'tests/kernels/norm-accuracy.test.ts'];
const setup = (...names: string[]): string[] => ['fast-check', ...names].map((name) => `tests/support/${name}.ts`);

export default defineConfig({
  // Workspace packages are their sources: nothing is built first.
  ssr: { resolve: { conditions: ['@normgrad/source', 'module', 'node', 'development'] } },
  test: {
    maxWorkers: 2, // the default leaves one core to the main process, which has nothing to do
    setupFiles: setup(),
    testTimeout: 30_000, // two files at a time on two cores: slow is not hung
    reporters: ['default', new SummaryReporter()],
    projects: [
      { extends: true, test: { name: 'fast', include: ['tests/**/*.test.ts'], exclude: [full] } },
      { extends: true, test: { name: 'full', include: [full], testTimeout: 600_000, hookTimeout: 600_000 } },
      { extends: true, test: { name: 'full, plain', include: everywhere, setupFiles: setup('plain') } },
      { extends: true, test: { name: 'full, two threads', include: everywhere, setupFiles: setup('two-threads') } },
      {
        extends: true,
        test: { name: 'full, plain, two threads', include: everywhere, setupFiles: setup('plain', 'two-threads') },
      },
    ],
  },
});

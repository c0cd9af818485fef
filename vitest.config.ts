import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './tests/support/summary-reporter.ts';

const full = 'tests/**/*.full.test.ts';

export default defineConfig({
  // Workspace packages are their sources: nothing is built first.
  ssr: { resolve: { conditions: ['@normgrad/source', 'module', 'node', 'development'] } },
  test: {
    maxWorkers: 2, // the default leaves one core to the main process, which has nothing to do
    setupFiles: ['tests/support/fast-check.ts'],
    testTimeout: 30_000, // two files at a time on two cores: slow is not hung
    reporters: ['default', new SummaryReporter()],
    projects: [
      { extends: true, test: { name: 'fast', include: ['tests/**/*.test.ts'], exclude: [full] } },
      { extends: true, test: { name: 'full', include: [full], testTimeout: 600_000, hookTimeout: 600_000 } },
    ],
  },
});

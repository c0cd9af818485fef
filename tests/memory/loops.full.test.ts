/** Long synchronous loops in processes of their own: their memory stays where the first steps have put it. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { LoopReport } from './loop-report.ts';

test.each(['loop-many-steps', 'loop-large-steps'])('%s keeps to constant memory', (script) => {
  const output = execFileSync(
    process.execPath,
    ['--conditions=@normgrad/source', '--import', './tools/typescript.mjs', `tests/memory/${script}.ts`],
    { cwd: new URL('../..', import.meta.url), encoding: 'utf8' },
  );
  const report: LoopReport = JSON.parse(output);
  console.log(script, report);
  expect(report.liveLast).toBe(report.liveFirst);
  expect(report.sizeLast).toBe(report.sizeFirst);
  expect(report.peak).toBeLessThan(400);
});

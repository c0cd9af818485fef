import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as vitest from 'vitest';

const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Where Chromium is: `CHROMIUM`, or where Debian puts it. Undefined if there is none. */
export const chromium: string | undefined = existsSync(chromiumPath) ? chromiumPath : undefined;

/** Whether Debian's own Python has PyTorch. Takes seconds if it has, so ask only where it is used. */
export function hasPyTorch(): boolean {
  return spawnSync('/usr/bin/python3', ['-c', 'import torch']).status === 0;
}

type Declare = (name: string, body: () => void | Promise<void>, timeout?: number) => void;

/**
 * `describe` and `it` for tests that need something a machine may lack. Where it is missing they become one skipped test each, which the
 * summary names; in CI that test fails, since there a skipped suite would go unseen for ever.
 *
 *     const { describe } = optional('Chromium', chromium !== undefined);
 *     describe('in the browser', () => { ... });
 */
export function optional(thing: string, available: boolean): { describe: Declare; it: Declare } {
  if (available) return { describe: vitest.describe, it: vitest.it };
  const absent: Declare = (name) => {
    vitest.it(name, ({ skip }) => {
      if (process.env.CI === 'true') throw new Error(`${thing} is missing: CI has to install it (.ci/run)`);
      skip(`${thing} is missing`);
    });
  };
  return { describe: absent, it: absent };
}

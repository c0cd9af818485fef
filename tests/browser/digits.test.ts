import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect } from 'vitest';
import { readDigitsCsv } from '../../examples/src/digits/dataset.node.ts';
import { chromium, optional } from '../support/optional.ts';
import { launchChromium } from './chromium.ts';
import { firstLosses } from './first-losses.ts';

const { it } = optional('Chromium', chromium !== undefined);

it('trains on digits in the browser, and the first losses are those of Node, bit for bit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-'));
  await build({
    entryPoints: [fileURLToPath(new URL('first-losses.ts', import.meta.url))],
    outfile: join(folder, 'bundle.js'),
    bundle: true,
    minify: true,
    platform: 'browser',
    conditions: ['@normgrad/source'],
    format: 'iife',
    globalName: 'digits',
  });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script src="bundle.js"></script>');

  const csv = readDigitsCsv();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(pathToFileURL(join(folder, 'index.html')).href);
    const losses = await page.evaluate<number[]>(`digits.firstLosses(${JSON.stringify(csv)}, 10)`);

    expect(complaints).toEqual([]);
    expect(losses).toEqual(firstLosses(csv, 10)); // JSON carries every bit of a number
    expect(new Set(losses).size).toBe(10);
    expect(losses[9]).toBeLessThan(losses[0]!);
  } finally {
    await browser.close();
  }
});

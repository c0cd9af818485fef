import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadDigits } from '../../examples/src/digits/dataset.node.ts';
import { reportOf } from '../../examples/src/digits/report.ts';
import { run } from '../../examples/src/digits/run.ts';
import { defaults, type Settings } from '../../examples/src/digits/settings.ts';
import { writePage } from '../../examples/src/report/page.node.ts';
import { chromium, optional } from '../support/optional.ts';
import { launchChromium } from './chromium.ts';

const { describe } = optional('Chromium', chromium !== undefined);

/** Of each canvas, how many pixels have the colours of the series and the grid: the custom properties of the page that name them. */
const countPixels = `[...document.querySelectorAll('canvas')].map((canvas) => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  return ['--first', '--second', '--grid'].map((property) => {
    const color = getComputedStyle(document.documentElement).getPropertyValue(property).trim();
    const wanted = color.slice(1).match(/../g).map((channel) => parseInt(channel, 16));
    let count = 0;
    for (let i = 0; i < data.length; i += 4) count += data[i + 3] === 255 && wanted.every((value, k) => data[i + k] === value);
    return count;
  });
})`;

async function expectDrawn(page: Page): Promise<void> {
  const counts = await page.evaluate<number[][]>(countPixels);
  expect(counts.flat()).toHaveLength(2 * 3);
  for (const count of counts.flat()) expect(count).toBeGreaterThan(100);
}

describe('the report of a run', () => {
  let browser: Browser;
  let url: string;
  const complaints: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-'));

  function write(name: string, settings: Settings): string {
    const path = join(folder, `${name}.html`);
    writePage(path, reportOf(run(loadDigits(), settings), 'start <again> & "again"'));
    return pathToFileURL(path).href;
  }

  beforeAll(async () => {
    url = write('defaults', defaults);
    browser = await launchChromium();
  });

  beforeEach(() => {
    complaints.length = 0;
  });

  afterAll(() => browser?.close());

  async function open(width: number, colorScheme: 'light' | 'dark', address = url): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(address);
    await page.waitForFunction(`document.querySelectorAll('canvas').length === 2`);
    await page.waitForTimeout(50); // drawn in a task of its own
    return page;
  }

  test.each([
    [400, 'light'],
    [400, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)('at a width of %i, %s: charts are drawn, nothing is cut off, no complaints', async (width, scheme) => {
    const page = await open(width, scheme);
    await expectDrawn(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('charts follow the colour scheme and the width of an open page', async () => {
    const page = await open(1280, 'light');
    await expectDrawn(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 400, height: 900 });
    await page.waitForFunction(`[...document.querySelectorAll('canvas')].every((canvas) => canvas.clientWidth < 400)`);
    await page.waitForTimeout(50);
    await expectDrawn(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test.each([
    ['of one epoch', { ...defaults, epochs: 1 }],
    ['of so many steps that points are means of several', { ...defaults, batchSize: 16, epochs: 16 }],
    ['of losses that are no numbers', { ...defaults, norm: 'none', lr: 1e30, epochs: 2 }],
  ] as const)('there are no complaints about the report %s', async (name, settings) => {
    const page = await open(1280, 'light', write(name, settings));
    expect(complaints).toEqual([]);
    expect(await page.locator('.u-legend').allInnerTexts()).toEqual([
      expect.stringMatching(/train/),
      expect.stringMatching(/train/),
    ]);
    await page.close();
  });

  test('what it says is text, whatever is in it', async () => {
    const page = await open(1280, 'light');
    expect(await page.textContent('pre')).toBe('start <again> & "again"');
    expect(await page.textContent('h1')).toBe('Handwritten digits with batch norm');
    await page.close();
  });
});

import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { lab } from '../../examples/src/lab/command.node.ts';
import { experiments } from '../../examples/src/lab/experiments/index.ts';
import { chromium, optional } from '../support/optional.ts';
import { launchChromium } from './chromium.ts';

const { describe } = optional('Chromium', chromium !== undefined);
const out = mkdtempSync(join(tmpdir(), 'normgrad-'));
const pages = ['index', ...experiments.map(({ name }) => name)];

beforeAll(async () => {
  const silent = [
    vi.spyOn(console, 'log').mockReturnValue(),
    vi.spyOn(console, 'error').mockReturnValue(),
    vi.spyOn(process.stderr, 'write').mockReturnValue(true),
  ];
  const start = performance.now();
  try {
    expect(await lab(['run', 'all', '--quick', '--out', out])).toBe(0);
  } finally {
    for (const spy of silent) spy.mockRestore();
  }
  expect(performance.now() - start).toBeLessThan(240_000);
});

test('quick runs of all experiments leave a page each, and one that leads there', () => {
  const found = readdirSync(out).filter((name) => name.endsWith('.html'));
  expect(found.sort()).toEqual(pages.map((name) => `${name}.html`).sort());
});

describe('in the browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function open(name: string, width: number, colorScheme: 'light' | 'dark'): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(pathToFileURL(join(out, `${name}.html`)).href);
    return { page, complaints };
  }

  /** The values under a chart, with the pointer over a share of its width. */
  async function valuesAt(page: Page, chart: number, share: number): Promise<string> {
    const over = page.locator('.u-over').nth(chart);
    await over.scrollIntoViewIfNeeded();
    const { width = 0, height = 0 } = (await over.boundingBox()) ?? {};
    await over.hover({ position: { x: 1 + share * (width - 2), y: height / 2 } });
    await page.waitForTimeout(30);
    return (await page.locator('.u-legend').allInnerTexts())[chart] ?? '';
  }

  test.each(pages)('%s: nothing is cut off, no complaints, charts tell their values', async (name) => {
    const charts = experiments.find((experiment) => experiment.name === name)?.charts.length ?? 0;
    for (const [width, scheme] of [
      [400, 'light'],
      [400, 'dark'],
      [1280, 'light'],
      [1280, 'dark'],
    ] as const) {
      const { page, complaints } = await open(name, width, scheme);
      expect(await page.locator('canvas').count()).toBe(charts);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      for (let chart = 0; chart < charts; chart++) {
        const [left, right] = [await valuesAt(page, chart, 0), await valuesAt(page, chart, 1)];
        expect(left).toMatch(/\d/);
        expect(left).not.toBe(right);
      }
      expect(complaints).toEqual([]);
      await page.close();
    }
  });

  test('the index leads to every page and back', async () => {
    const { page, complaints } = await open('index', 1280, 'light');
    for (const { name, title } of experiments) {
      await page.getByRole('link', { name: title }).click();
      expect(page.url()).toMatch(`/${name}.html`);
      expect(await page.textContent('h1')).toBe(title);
      await page.getByRole('link', { name: 'All experiments' }).click();
    }
    expect(complaints).toEqual([]);
    await page.close();
  });
});

/** Threads of the browser, which exist in workers of cross-origin isolated pages. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDigitsCsv } from '../../examples/src/digits/dataset.node.ts';
import { chromium, optional } from '../support/optional.ts';
import { launchChromium } from './chromium.ts';
import { firstLosses } from './first-losses.ts';
import type { Answer } from './threads-worker.ts';

const { describe } = optional('Chromium', chromium !== undefined);
const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const page = `<!doctype html><link rel="icon" href="data:,"><script>
  const ask = (csv) => new Promise((resolve, reject) => {
    const worker = new Worker('worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(csv);
  });
</script>`;

describe('training in a module worker', () => {
  let browser: Browser;
  let origin: string;
  const server = createServer();
  const csv = readDigitsCsv();

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('threads-worker.ts', import.meta.url))],
      bundle: true,
      minify: true,
      write: false,
      platform: 'browser',
      conditions: ['@normgrad/source'],
      format: 'esm',
    });
    const script = outputFiles[0]!.text;
    server.on('request', ({ url = '' }, response) => {
      const isScript = url.endsWith('.js');
      const headers = url.startsWith('/isolated/') ? isolation : {};
      response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html', ...headers });
      response.end(isScript ? script : page);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server.close();
  });

  test.each([
    ['isolated', 2],
    ['plain', 1],
  ] as const)('of a page that is %s has up to %i threads, and the losses of Node, bit for bit', async (folder, threads) => {
    const tab = await browser.newPage();
    const complaints: string[] = [];
    tab.on('console', (message) => complaints.push(message.text()));
    tab.on('pageerror', (error) => complaints.push(String(error)));
    await tab.goto(`${origin}/${folder}/`);
    const answer = await tab.evaluate<Answer>(`ask(${JSON.stringify(csv)})`);
    expect(complaints).toEqual([]);
    expect(answer).toEqual({ threads, losses: firstLosses(csv, 10) });
    await tab.close();
  });
});

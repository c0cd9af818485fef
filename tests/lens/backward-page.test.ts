/** The page that goes through a backward, in Chromium: at each step it shows what is known by then, and nothing that is not. */
import {
  batchNorm,
  crossEntropy,
  defineOp,
  Generator,
  type Graph,
  graphOf,
  linear,
  randn,
  relu,
  tensor,
  unbind,
} from '@normgrad/autograd';
import { backwardPage } from '@normgrad/lens';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../browser/chromium.ts';
import { thrown } from '../core/support.ts';
import { chromium, optional } from '../support/optional.ts';

const { describe } = optional('Chromium', chromium !== undefined);

/** w x + w^2: the gradient of w has two parts. */
function quadratic(): Graph {
  const [w, x] = [tensor(3, { requiresGrad: true }), tensor(2)];
  const h = w.mul(x);
  return graphOf(h.add(w.square()), { names: { w, x, h }, values: true, gradients: true });
}

it('refuses graphs without gradients, and options that there are not', () => {
  const x = tensor(1, { requiresGrad: true });
  expect(thrown(() => backwardPage(graphOf(x.exp())))).toMatchInlineSnapshot(
    `"ArgumentError: backwardPage: the graph has no gradients; it must have some; ask for them: graphOf(y, { values: true, gradients: true })."`,
  );
  expect(thrown(() => backwardPage(undefined as unknown as Graph))).toMatchInlineSnapshot(
    `"ArgumentError: backwardPage: no graph was given; it must be one that graphOf made: backwardPage(graphOf(y))."`,
  );
  expect(thrown(() => backwardPage(quadratic(), { name: 'x' } as never))).toMatchInlineSnapshot(
    `"ArgumentError: backwardPage: there is no option name; choose from title."`,
  );
});

/** What each step says, cells apart by spaces and rows by semicolons. */
const stepsOf = (html: string): string[] =>
  [...html.matchAll(/<section[^>]*>([\s\S]*?)<\/section>/g)].map(([, text]) =>
    text!
      .replaceAll('</tr>', ';')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(' ;', ';')
      .trim(),
  );

it('takes each output of an op for itself', () => {
  const x = tensor(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { requiresGrad: true },
  );
  const [a, , c] = unbind(x); // the middle one is not used
  const steps = stepsOf(backwardPage(graphOf(a!.mul(c!).sum(), { values: true, gradients: true })));
  expect(steps.at(-1)).toBe(
    'unbind, backward each gradient goes back to where its value came from arrives ' +
      'dparts[0] [2] 5 6; = da of mul dparts[1] [2] 0 0; = 0, unused dparts[2] [2] 1 2; = db of mul ' +
      'goes on dtensors[0], to leaf [3, 2] 5 6; 0 0; 1 2;',
  );
});

it('goes back through ops that have a gradient alone', () => {
  const scaleOp = defineOp({
    name: 'scale',
    inputs: ['x', 'by#'],
    outputs: ['y'],
    infer: ([x]) => [x],
    forward: ([x, by], [y]) => y.assign(x.mul(by)),
    backward: ({ inputs: [, by] }, [dy]) => ({ x: () => dy.mul(by) }),
  });
  const x = tensor(3, { requiresGrad: true });
  const [y] = scaleOp.run([x, x.square()], {});
  const steps = stepsOf(backwardPage(graphOf(y, { values: true, gradients: true })));
  expect(steps.map((step) => step.split(' ', 2).join(' '))).toEqual([
    'What there',
    'square, forward',
    'scale, forward',
    'scale, backward',
  ]);
});

it('shows the first rows and columns of large tensors, and between which values all lie', () => {
  const x = randn([2, 5, 11], { generator: new Generator(2), requiresGrad: true });
  const [start = ''] = stepsOf(backwardPage(graphOf(x.sum(), { values: true, gradients: true })));
  const rows = start.slice(start.indexOf('[2, 5, 11] ') + 11).split(';');
  const values = [...x.toTypedArray()];
  const shown = (value: number) => String(Number(value.toPrecision(4))).replace('-', '−');
  expect(rows.slice(0, 8).map((row) => row.trim())).toEqual(
    Array.from(
      { length: 8 },
      (_, i) =>
        `${values
          .slice(11 * i, 11 * i + 10)
          .map(shown)
          .join(' ')} …`,
    ),
  );
  expect(rows[8]!.trim()).toBe(`110 values from ${shown(Math.min(...values))} to ${shown(Math.max(...values))}`);
});

describe('the page', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  const faults: string[] = [];
  async function open(html: string, at = ''): Promise<void> {
    page = await browser.newPage({ viewport: { width: 900, height: 700 } });
    page.on('pageerror', ({ message }) => void faults.push(message));
    await page.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: html }));
    await page.goto(`http://page.test/${at}`);
  }
  /** The lines of a box that are to be seen. */
  const box = (id: number): Promise<string> =>
    page.locator(`[data-id="${id}"] text`).evaluateAll((lines) =>
      lines
        .filter((line) => getComputedStyle(line).visibility === 'visible')
        .map((line) => line.textContent)
        .join(' | '),
    );
  const arrow = (to: number): Promise<number> => page.locator(`[data-to="${to}"] text.gradient:visible`).count();
  const at = (): Promise<string | null> => page.locator('output').textContent();
  const shown = async (): Promise<string> => (await page.locator('section:visible').allInnerTexts()).join().replace(/\s+/g, ' ');
  const next = (): Promise<void> => page.getByRole('button', { name: 'one step on' }).click();

  it('computes forward, then takes the gradient back, part by part', async () => {
    await open(backwardPage(quadratic(), { title: 'A <square>' }));
    expect(await page.title()).toBe('A <square>');
    const [w, h, result] = [0, 2, 4]; // x is 1, the square 3
    expect([await at(), await box(w), await box(h), await box(result)]).toEqual([
      '0 of 6',
      'w | [] | 3',
      'mul | h []',
      'add | y []',
    ]);
    await next();
    expect([await at(), await box(h), await shown()]).toEqual([
      '1 of 6',
      'mul | h [] | 6',
      'mul, forward takes a = w scalar 3 b = x scalar 2 gives h scalar 6',
    ]);
    for (let step = 1; step < 3; step++) await next();
    expect(await box(result)).toBe('add | y [] | 15');
    await next();
    expect([await box(result), await box(h), await shown()]).toEqual([
      'add | y [] | 15 | ∂ 1',
      'mul | h [] | 6 | ∂ 1',
      'add, backward da = dy, db = dy arrives dy scalar 1 = 1, where backward begins goes on da, to h of mul scalar 1 db, to y of square scalar 1',
    ]);
    await next();
    expect([await arrow(3), await arrow(h)]).toEqual([1, 0]);
    expect([await box(w), await shown()]).toEqual([
      'w | [] | 3',
      'square, backward dx = 2 x dy arrives dy scalar 1 = db of add goes on dx, to w scalar 6',
    ]); // one of two parts
    await next();
    expect([await at(), await box(w), await shown()]).toEqual([
      '6 of 6',
      'w | [] | 3 | ∂ 8',
      'mul, backward da = b dy, db = a dy arrives dh scalar 1 = da of add goes on da, to w scalar 2',
    ]);
    expect(await page.getByRole('button', { name: 'one step on' }).isDisabled()).toBe(true);
    expect(faults).toEqual([]);
  });

  it('goes by keys, by slider and by address', async () => {
    await open(backwardPage(quadratic()), '#4');
    expect([await at(), await page.locator('.backward').count()]).toEqual(['4 of 6', 3]); // the box and its two arrows
    await page.keyboard.press('ArrowLeft');
    expect([await at(), new URL(page.url()).hash]).toEqual(['3 of 6', '#3']);
    await page.getByRole('slider').fill('6');
    expect(await at()).toBe('6 of 6');
    await page.getByRole('slider').press('ArrowLeft');
    expect(await at()).toBe('5 of 6');
    expect(faults).toEqual([]);
  });

  it('keeps the box at work in sight, and within a narrow window', async () => {
    const generator = new Generator(3);
    const layer = (outputs: number, inputs: number) => randn([outputs, inputs], { generator, requiresGrad: true });
    const target = tensor([0, 1, 2, 3, 0, 1, 2, 3], { dtype: 'int32' });
    let y = randn([8, 20], { generator });
    for (let i = 0; i < 6; i++) y = relu(batchNorm(linear(y, layer(20, 20)), { training: true }));
    const loss = crossEntropy(linear(y, layer(4, 20)), target);
    await open(backwardPage(graphOf(loss, { values: true, gradients: true })));
    const { width } = (await page.locator('body').boundingBox())!;
    for (const size of [
      { width: 900, height: 700 },
      { width: 380, height: 600 },
    ]) {
      await page.setViewportSize(size);
      for (const step of ['1', '9', '30', '40']) {
        await page.getByRole('slider').fill(step);
        const pane = (await page.locator('.picture').boundingBox())!;
        const work = (await page.locator('g.node.forward, g.node.backward').boundingBox())!;
        expect(work.x).toBeGreaterThan(pane.x - 1);
        expect(work.y).toBeGreaterThan(pane.y - 1);
        expect(work.y + work.height).toBeLessThan(pane.y + pane.height + 1);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width);
    }
    expect([width, faults]).toEqual([900, []]);
  });
});

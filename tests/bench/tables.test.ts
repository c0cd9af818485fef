import { expect, test } from 'vitest';
import { renderPage } from '../../bench/src/page.ts';
import { reasons } from '../../bench/src/reasons.ts';
import { toMarkdown, toText } from '../../bench/src/render.ts';
import { allTables, missed, missedLines, type Report } from '../../bench/src/report.ts';
import { type Row, rows } from '../../bench/src/rows.ts';
import type { RowResult } from '../../bench/src/run.ts';
import { verdicts } from '../../bench/src/verdicts.ts';

const summary = (median: number) => ({ median, low: 0.9 * median, high: 1.1 * median, count: 15, rounds: [median] });
const row = (name: string): Row => rows.find((each) => each.name === name)!;

const step: RowResult = {
  row: row('mlp-small'),
  measured: {
    'normgrad-1': summary(60),
    'normgrad-2': summary(50),
    'torch-1': summary(200),
    'torch-2': summary(150),
    tfjs: { error: "Kernel 'A|B' not registered" },
    'jax-js': summary(100),
  },
};
// 2 * 256^3 operations in 671 us are 50 in a nanosecond; the limit takes 160 us for its 9.6 million: 60.
const product: RowResult = {
  row: row('matmul-256'),
  measured: { 'normgrad-1': summary(671.08864), 'normgrad-2': summary(335.54432) },
  limit: summary(160),
};
const report: Report = {
  machine: { processor: 'A <fast> one', cores: 2, memory: '8 GB', node: '20.0.0', system: 'linux x64' },
  versions: { 'torch-1': { torch: '1.13', blas: 'OpenBLAS 0.3' }, 'jax-js': { 'jax-js': '0.1' } },
  rows: [step, product],
  scaling: [],
  sizes: [],
};

test('verdicts compare our best with the best of each other, and shares with the limit of the same rounds', () => {
  expect(verdicts(step, rows).map(({ what, value, met }) => [what, value.toFixed(2), met])).toEqual([
    ['time by PyTorch\u2019s', '0.33', false], // 50 / 150, target 0.3
    ['times faster than jax-js', '2.00', false],
  ]);
  expect(verdicts(product, rows).map(({ what, value, met }) => [what, value.toFixed(3), met])).toEqual([
    ['share of the limit', '0.833', false],
    ['times faster on two threads', '2.000', true],
  ]);
});

test('what misses its target is listed, the size of the library too', () => {
  const sizes = [
    { name: 'normgrad', importing: { median: 20_000, low: 19_000, high: 21_000, count: 3 }, bundle: 39_000 },
    { name: 'tfjs', importing: { error: 'none' }, bundle: 282_000 },
  ];
  expect(missedLines(missed({ ...report, rows: [product], sizes }, rows))).toEqual([
    expect.stringMatching(/^\*\*matmul-256\*\*: 0\.833 share of the limit \(target 0\.850\)\. [A-Z]/),
    expect.stringMatching(/^\*\*size\*\*: 20\.0 ms to import \(target 15\.0\)\. [A-Z]/),
  ]);
});

test('reasons are given for rows that exist', () => {
  expect(Object.keys(reasons).filter((name) => name !== 'size' && !rows.some((each) => each.name === name))).toEqual([]);
});

test('tables for Markdown', () => {
  expect(toMarkdown(allTables(report, rows), ['a machine'])).toMatchInlineSnapshot(`
    "# Measured

    Written by \`npx -y pnpm@12 bench --full\`.

    - a machine

    ## Against PyTorch

    |  | normgrad, 1 thread | 2 threads | PyTorch, 1 thread | 2 threads | ratio | target |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: |
    | step: MLP 64-64-BN-ReLU-64-ReLU-10, batch 32, SGD momentum | 60.0 us (54.0 to 66.0) | 50.0 us (45.0 to 55.0) | 200 us (180 to 220) | 150 us (135 to 165) | 0.333 * | 0.300 |
    | matmul 256 x 256 x 256 | 671 us (604 to 738) | 336 us (302 to 369) | – | – | – | – |

    - Medians of rounds taken in turns, with their quartiles. The ratio is of the best times over the threads, taken round by round, for the machine changes its pace; its median is given. Below 1 we are faster. * misses its target.

    ## Against JavaScript libraries

    |  | normgrad | tfjs, wasm | times | jax-js, wasm | times | target |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: |
    | step: MLP 64-64-BN-ReLU-64-ReLU-10, batch 32, SGD momentum | 50.0 us | fails | – | 100 us (90.0 to 110) | 2.00 * | 4.00 |
    | matmul 256 x 256 x 256 | 336 us | – | – | – | – | 2.50 |

    - Times faster than theirs. * misses its target.
    - tfjs fails: Kernel 'A|B' not registered (mlp-small)

    ## Against the machine

    |  | normgrad, 1 thread | limit | share | target | 2 threads: times | target |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: |
    | step: MLP 64-64-BN-ReLU-64-ReLU-10, batch 32, SGD momentum | 23.9 GFLOP/s | – | – | – | 1.20 | – |
    | matmul 256 x 256 x 256 | 50.0 GFLOP/s | 60.0 GFLOP/s | 0.833 * | 0.850 | 2.00 | 1.80 |

    - The limit is what one thread of WebAssembly can do, measured in the same rounds: multiply-adds in registers for what multiplies, else copying, of 64 kB or of 100 MB. Of a norm the bytes are counted that it must move at least: forward reads and writes, backward reads two arrays and writes one. Of convolutions the multiplications of the definition are counted, of which tiles of outputs need fewer than half.
    "
  `);
});

test('tables for terminals have the same cells, and say why one is missing', () => {
  const [torch, peers] = allTables(report, rows).map(toText);
  expect(torch).toMatch(/│ step: MLP .* │ +60\.0 us \(54\.0 to 66\.0\) │ .* │ 0\.333 \* │ +0\.300 │/);
  expect(peers).toContain("tfjs fails: Kernel 'A|B' not registered (mlp-small)");
});

test('the page escapes what it shows and needs nothing else', () => {
  const page = renderPage(
    {
      ...report,
      scaling: [
        { dimension: 'batch', sizes: [1, 10], microseconds: [5, 50], bytes: [100, 1000], exponents: { time: 1, memory: 1 } },
      ],
    },
    allTables(report, rows),
    ['**mlp-small**: 0.333 of PyTorch (target 0.3). A < B.'],
  );
  expect(page).toContain('<h2>What misses its target</h2>\n<p><b>mlp-small</b>: 0.333 of PyTorch (target 0.3). A &lt; B.</p>');
  expect(page).toContain('A &lt;fast> one, 2 cores');
  expect(page.match(/<svg /g)).toHaveLength(3);
  expect(page).not.toMatch(/NaN|undefined|(src|href)="(?!data:)/);
});

/** A page with charts and tables that opens anywhere, offline. */
import { bytes, duration } from './format.ts';
import { circumstances, type Report } from './report.ts';
import { dots, lines } from './svg.ts';
import type { Table } from './tables.ts';
import { ratio } from './verdicts.ts';

const style = `
:root { color-scheme: light dark; --text: #1b2330; --page: #fff; --grid: #dfe4ea; --s0: #0b62c4; --s1: #c2500a; --s2: #2c7a3f; }
@media (prefers-color-scheme: dark) { :root { --text: #e6eaf1; --page: #10141b; --grid: #2c3543; --s0: #6db1ff; --s1: #ffa15c; --s2: #7ad08d; } }
body { margin: 32px auto; max-width: 1100px; padding: 0 20px; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
td { white-space: nowrap; }
th, td { border-top: 1px solid var(--grid); padding: 4px 12px 4px 0; text-align: right; }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 160px; }
.scroll { overflow-x: auto; }
svg { width: 100%; max-width: 980px; font-size: 13px; fill: var(--text); }
line { stroke: var(--grid); }
figure { margin: 24px 0; }
figcaption { font-weight: 600; }
line.one { stroke: var(--text); }
polyline { fill: none; stroke-width: 2; }
${[0, 1, 2].map((i) => `circle.series-${i}, text.series-${i} { fill: var(--s${i}); } polyline.series-${i} { stroke: var(--s${i}); }`).join('\n')}
`;

const text = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function tableOf({ title, columns, rows, notes }: Table): string {
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join('')}</tr>`;
  return `<h2>${text(title)}</h2>
<div class="scroll"><table><thead>${row(columns, 'th')}</thead><tbody>
${rows.map((cells) => row(cells, 'td')).join('\n')}
</tbody></table></div>
${notes.map((note) => `<p>${text(note)}</p>`).join('\n')}`;
}

function charts({ rows, scaling }: Report): string[] {
  const peers = ['torch', 'tfjs', 'jax-js'];
  const compared = rows.map((result) => {
    const inverse = (peer: string): number | undefined => {
      const value = ratio(result, peer);
      return value && 1 / value;
    };
    return { name: result.row.name, values: peers.map(inverse) };
  });
  const shown = compared.filter(({ values }) => values.some((value) => value !== undefined));
  const curves = (of: 'microseconds' | 'bytes', kind: 'time' | 'memory') =>
    scaling.map(({ dimension, sizes, exponents, ...values }) => ({
      name: `${dimension}: ^${exponents[kind].toFixed(2)}`,
      points: sizes.map((size, i) => [size, values[of][i]!] as const),
    }));
  return [
    ...(shown.length > 0 ? [dots('How many times longer others take', shown, ['PyTorch', 'tfjs', 'jax-js'])] : []),
    ...(scaling.length > 0
      ? [
          lines('Time of a step', curves('microseconds', 'time'), duration),
          lines('Memory of a step', curves('bytes', 'memory'), bytes),
        ]
      : []),
  ];
}

/** Lines of Markdown: paragraphs with bold words. */
const paragraphs = (markdown: readonly string[]): string[] =>
  markdown.map((line) => `<p>${text(line).replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>')}</p>`);

export function renderPage(report: Report, tables: readonly Table[], missed: readonly string[] = []): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>normgrad, measured</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<h1>normgrad, measured</h1>
${circumstances(report)
  .map((line) => `<p>${text(line)}</p>`)
  .join('\n')}
${charts(report).join('\n')}
${tables.map(tableOf).join('\n')}
${missed.length > 0 ? ['<h2>What misses its target</h2>', ...paragraphs(missed)].join('\n') : ''}
</html>
`;
}

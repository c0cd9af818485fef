/** Tables for terminals and for Markdown. */
import CliTable from 'cli-table3';
import type { Table } from './tables.ts';

export function toText({ title, columns, rows, notes }: Table): string {
  const table = new CliTable({
    head: [...columns],
    colAligns: columns.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return [title, table.toString(), ...notes].join('\n');
}

function section({ title, columns, rows, notes }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = line(columns.map((_, i) => (i === 0 ? '---' : '---:')));
  return [`## ${title}`, '', line(columns), rule, ...rows.map(line), '', list(notes)].join('\n');
}

const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');

export function toMarkdown(tables: readonly Table[], circumstances: readonly string[], missed: readonly string[] = []): string {
  const head = ['# Measured', '', 'Written by `npx -y pnpm@12 bench --full`.', '', list(circumstances), ''];
  const last = missed.length > 0 ? [`## What misses its target\n\n${list(missed)}`] : [];
  return `${head.join('\n')}\n${[...tables.map(section), ...last].join('\n\n')}\n`;
}

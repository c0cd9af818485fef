/** Values of tensors for people: a few numbers in a line, more as a table. */
import type { DataArray, DType, Shape } from '@normgrad/autograd';
import { showShape } from '@normgrad/autograd/internals';
import { each, escaped } from './markup.ts';

/** Four significant digits. */
export function showNumber(value: number, dtype: DType = 'float32'): string {
  if (dtype === 'bool') return String(value !== 0);
  const size = Math.abs(value);
  const short = size > 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return short.replaceAll('-', '−').replace('e+', 'e');
}

/** All values, if they have room in a line of `letters`; else between which they lie. */
export function showFew(values: DataArray, dtype: DType, letters = 24): string {
  const show = (value: number): string => showNumber(value, dtype);
  const all = Array.from(values.slice(0, letters), show).join(', ');
  if (all.length <= letters) return all;
  const { least, most } = extremes(values);
  return `${show(least)} … ${show(most)}`;
}

function extremes(values: DataArray): { least: number; most: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return { least, most };
}

/** Rows and columns that a table shows; the rest it counts. */
const shownRows = 8;
const shownColumns = 10;

/** A table: the last dimension along its rows, all others down. The colour tells a value's sign and its size beside the largest. */
export function valueTable(values: DataArray, shape: Shape, dtype: DType): string {
  if (values.length === 0) return '<p>empty</p>';
  const columns = shape.at(-1) ?? 1;
  const rows = values.length / columns;
  const largest = Math.max(...Object.values(extremes(values)).map(Math.abs));
  const cell = (value: number): string => {
    const share = Number.isFinite(value) && largest > 0 ? Math.round((Math.abs(value) / largest) * 60) : 0;
    const colour = `color-mix(in srgb, var(--${value < 0 ? 'negative' : 'positive'}) ${share}%, transparent)`;
    return `<td style="background:${colour}">${showNumber(value, dtype)}</td>`;
  };
  const row = (_: unknown, i: number): string => {
    const shown = values.slice(i * columns, i * columns + Math.min(columns, shownColumns));
    return `<tr>${each([...shown], cell)}${columns > shownColumns ? '<td>…</td>' : ''}</tr>`;
  };
  const { length } = values;
  const cut = rows > shownRows || columns > shownColumns;
  const { least, most } = extremes(values);
  const rest = cut ? `<p>${length} values from ${showNumber(least, dtype)} to ${showNumber(most, dtype)}</p>` : '';
  return `<table>${each(Array.from({ length: Math.min(rows, shownRows) }), row)}</table>${rest}`;
}

/** A tensor's name with its shape. */
export const heading = (name: string, shape: Shape): string =>
  `<b>${escaped(name)}</b> <small>${shape.length === 0 ? 'scalar' : showShape(shape)}</small>`;

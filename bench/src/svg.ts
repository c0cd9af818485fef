/** Charts as SVG on logarithmic scales, drawn without a script: they are looked at, not explored. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const text = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Maps a range of positive numbers to pixels, and the powers of ten within it. */
function logarithmic(values: readonly number[], from: number, to: number) {
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  const span = Math.max(high - low, 1e-9);
  const powers = Array.from({ length: Math.max(0, Math.floor(high) - Math.ceil(low) + 1) }, (_, i) => 10 ** (Math.ceil(low) + i));
  return { at: (value: number): number => from + ((Math.log10(value) - low) / span) * (to - from), powers };
}

function svg(title: string, width: number, height: number, parts: readonly string[]): string {
  return `<figure><figcaption>${text(title)}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${text(title)}">
${parts.join('\n')}
</svg></figure>`;
}

function legend(names: readonly string[], x: number, y: number): string[] {
  return names.map((name, i) => `<text class="series-${i}" x="${x + i * 150}" y="${y}">\u25cf ${text(name)}</text>`);
}

const place = (...values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(',');

/** Curves over one axis. */
export function lines(title: string, series: readonly Series[], show: (y: number) => string): string {
  const [width, height, left, top, bottom] = [720, 380, 80, 40, 340];
  const points = series.flatMap((each) => each.points);
  const x = logarithmic(
    points.map(([value]) => value),
    left,
    width - 20,
  );
  const y = logarithmic(
    points.map(([, value]) => value),
    bottom,
    top,
  );
  return svg(title, width, height, [
    ...x.powers.map(
      (power) =>
        `<line x1="${place(x.at(power))}" x2="${place(x.at(power))}" y1="${top}" y2="${bottom}"/><text x="${place(x.at(power))}" y="${bottom + 20}" text-anchor="middle">${power}</text>`,
    ),
    ...y.powers.map(
      (power) =>
        `<line x1="${left}" x2="${width - 20}" y1="${place(y.at(power))}" y2="${place(y.at(power))}"/><text x="${left - 8}" y="${place(y.at(power) + 4)}" text-anchor="end">${text(show(power))}</text>`,
    ),
    ...series.map(
      (each, i) => `<polyline class="series-${i}" points="${each.points.map(([a, b]) => place(x.at(a), y.at(b))).join(' ')}"/>`,
    ),
    ...series.flatMap((each, i) =>
      each.points.map(
        ([a, b]) =>
          `<circle class="series-${i}" cx="${place(x.at(a))}" cy="${place(y.at(b))}" r="3"><title>${a}: ${text(show(b))}</title></circle>`,
      ),
    ),
    ...legend(
      series.map(({ name }) => name),
      left,
      20,
    ),
  ]);
}

/** Rows of dots on one axis, which says how many times longer than 1. */
export function dots(
  title: string,
  rows: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[],
  names: readonly string[],
): string {
  const [width, left, top, step] = [980, 190, 50, 24];
  const height = top + step * rows.length + 40;
  const known = rows.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const x = logarithmic([0.5, 2, ...known], left, width - 20);
  const line = (at: number): string => `x1="${place(at)}" x2="${place(at)}" y1="${top - 14}" y2="${height - 36}"`;
  return svg(title, width, height, [
    ...x.powers.map(
      (power) =>
        `<line class="${power === 1 ? 'one' : ''}" ${line(x.at(power))}/><text x="${place(x.at(power))}" y="${height - 16}" text-anchor="middle">${power}</text>`,
    ),
    ...rows.flatMap(({ name, values }, row) => {
      const y = top + step * row;
      const circles = values.map((value, i) =>
        value === undefined
          ? ''
          : `<circle class="series-${i}" cx="${place(x.at(value))}" cy="${y}" r="5"><title>${text(name)}, ${text(names[i]!)}: ${value.toPrecision(3)}</title></circle>`,
      );
      return [`<text x="${left - 12}" y="${y + 4}" text-anchor="end">${text(name)}</text>`, ...circles];
    }),
    ...legend(names, left, 20),
  ]);
}

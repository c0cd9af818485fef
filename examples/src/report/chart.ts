/** A chart as data: the page that shows it reads this and draws it. */

/** Colours that go together, as page.css has them. */
export const colors = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'] as const;

export interface Series {
  readonly name: string;
  readonly x: readonly number[];
  /** Null, as JSON has it, for what is not finite. */
  readonly y: readonly (number | null)[];
  /** Drawn as a band of this half width. */
  readonly spread?: readonly number[];
  /** Series of one colour are of one thing. */
  readonly color: (typeof colors)[number];
  /** `background` is what varies a lot and stands behind the rest. */
  readonly kind: 'line' | 'background';
}

export interface Axis {
  /** What it shows and its unit. */
  readonly label: string;
  readonly scale?: 'linear' | 'logarithmic';
  /** What no value can be above. */
  readonly most?: number;
  /** The marks, if not those of a plain scale. */
  readonly ticks?: readonly { readonly at: number; readonly text: string }[];
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

/** Means of neighbours, so that no more than `most` points are left. Tells of how many neighbours each point is the mean. */
export function thin(y: readonly number[], most: number): { x: number[]; y: number[]; of: number } {
  const of = Math.ceil(y.length / most);
  const points = Array.from({ length: Math.ceil(y.length / of) }, (_, i) => y.slice(i * of, (i + 1) * of));
  return {
    x: points.map((values, i) => i * of + (values.length + 1) / 2), // counted from 1
    y: points.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    of,
  };
}

/** How a training step grows: an MLP of 2 hidden layers of 64, batch 64, with one of its sizes varied. */
import { classifier, type Layer, type Row } from './rows.ts';
import { Bench, type Pace } from './run.ts';
import { exponent } from './statistics.ts';
import type { Subject } from './subject.ts';
import { seriesIn } from './verdicts.ts';

const usual = { batch: 64, width: 64, depth: 2 };

export type Dimension = keyof typeof usual;

const varied: Record<Dimension, readonly number[]> = {
  batch: [1, 4, 16, 64, 256, 1024, 4096],
  width: [8, 16, 32, 64, 128, 256, 512, 1024, 2048],
  depth: [1, 2, 5, 10, 20, 50, 100, 200],
};

export interface Curve {
  readonly dimension: Dimension;
  readonly sizes: readonly number[];
  readonly microseconds: readonly number[];
  /** Of tensors, when backward begins. */
  readonly bytes: readonly number[];
  /** Of the larger half of the sizes, where the work outweighs what every step costs. */
  readonly exponents: { readonly time: number; readonly memory: number };
}

function rowOf(dimension: Dimension, size: number): Row {
  const { batch, width, depth }: Record<Dimension, number> = { ...usual, [dimension]: size };
  const hidden = Array.from({ length: depth }, (): Layer[] => [['linear', width, width], ['relu']]).flat();
  const layers: readonly Layer[] = [...hidden, ['linear', width, 10]];
  return classifier(`${dimension}-${size}`, `MLP, ${dimension} ${size}`, layers, [batch, width], {
    name: 'sgd',
    lr: 0.01,
    momentum: 0.9,
  });
}

type Point = { readonly microseconds: number; readonly bytes: number };

async function measureSize(subject: Subject, pace: Pace, dimension: Dimension, size: number): Promise<Point> {
  const bench = new Bench([subject], pace); // a process of its own, whose memory holds nothing else
  try {
    const { measured } = await bench.measure(rowOf(dimension, size));
    const time = seriesIn(measured[subject.name]);
    if (!time) throw new Error(`${dimension} ${size}: ${JSON.stringify(measured)}`);
    return { microseconds: time.median, ...(await bench.process(subject).ask({ ask: 'memory' })) };
  } finally {
    bench.stop();
  }
}

export async function measureScaling(subject: Subject, pace: Pace, progress: (text: string) => void): Promise<Curve[]> {
  const curves: Curve[] = [];
  for (const dimension of Object.keys(usual) as Dimension[]) {
    const points: ({ readonly size: number } & Point)[] = [];
    for (const size of varied[dimension]) {
      progress(`${dimension} ${size}`);
      points.push({ size, ...(await measureSize(subject, pace, dimension, size)) });
    }
    const larger = points.slice(-Math.ceil(points.length / 2));
    const fit = (of: (point: Point) => number): number =>
      exponent(
        larger.map(({ size }) => size),
        larger.map(of),
      );
    curves.push({
      dimension,
      sizes: points.map(({ size }) => size),
      microseconds: points.map(({ microseconds }) => microseconds),
      bytes: points.map(({ bytes }) => bytes),
      exponents: { time: fit(({ microseconds }) => microseconds), memory: fit(({ bytes }) => bytes) },
    });
  }
  return curves;
}

import { Generator, noGrad, type Tensor } from '@normgrad/autograd';
import { InstanceNorm2d, LayerNorm, synthetic } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { values } from './support.ts';

const std = (x: Tensor): number => x.std({ correction: 0 }).item();
const column = (x: Tensor, i: number): Tensor => x.index([{}, i]);

describe.each(['moons', 'spirals', 'blobs', 'styles', 'sequences'] as const)('%s', (name) => {
  const make = (seed: number): readonly Tensor[] => synthetic[name](7, { generator: new Generator(seed) }).tensors;
  it('is the same for the same seed, and has count samples', () => {
    expect(make(1).map(values)).toEqual(make(1).map(values));
    expect(values(make(1)[0]!)).not.toEqual(values(make(2)[0]!));
    for (const { shape } of make(1)) expect(shape[0]).toBe(7);
    expect(values(make(1).at(-1)!)).toEqual(values(make(2).at(-1)!)); // classes take turns
    expect(make(1).at(-1)!.dtype).toBe('int32');
  });

  it('needs a sample', () => {
    expect(() => synthetic[name](0)).toThrow(`${name}: count must be a positive integer, got 0.`);
  });
});

it('moons and spirals lie where they should without noise', () => {
  const points = (x: Tensor): [number, number][] => x.toArray() as [number, number][];
  const moons = synthetic.moons(50, { noise: 0 });
  points(moons.tensors[0]).forEach(([x, y], i) => {
    expect(i % 2 === 0 ? Math.hypot(x, y) : Math.hypot(x - 1, y - 0.5)).toBeCloseTo(1);
    expect(i % 2 === 0 ? y >= 0 : y <= 0.5).toBe(true);
  });
  const spirals = synthetic.spirals(50, { classes: 3, turns: 0, noise: 0 });
  points(spirals.tensors[0]).forEach(([x, y], i) => {
    const angle = (2 * Math.PI * (i % 3)) / 3;
    expect(x * Math.sin(angle) - y * Math.cos(angle)).toBeCloseTo(0); // without turns the arms are straight
  });
});

it('noise has the deviation that is asked for, around the same points', () => {
  for (const make of [synthetic.moons, synthetic.spirals]) {
    const [noisy, quiet] = [0.3, 0].map((noise) => make(4000, { noise, generator: new Generator(7) }).tensors[0]);
    // As many numbers are drawn for each point, so the points are the same.
    const noise = noisy!.sub(quiet!);
    expect(noise.mean().abs().item()).toBeLessThan(0.02);
    expect(std(noise)).toBeCloseTo(0.3, 1);
  }
});

it('spirals turn evenly with their radius', () => {
  const { tensors } = synthetic.spirals(200, { classes: 2, turns: 1.5, noise: 0 });
  (tensors[0].toArray() as [number, number][]).forEach(([x, y], i) => {
    const angle = 2 * Math.PI * (1.5 * Math.hypot(x, y) + (i % 2) / 2);
    expect(x * Math.sin(angle) - y * Math.cos(angle)).toBeCloseTo(0, 5);
    expect(x * Math.cos(angle) + y * Math.sin(angle)).toBeGreaterThanOrEqual(0);
  });
});

it('blobs spread within their classes as asked, around centres of deviation 1', () => {
  const [x, labels] = synthetic.blobs(6000, {
    classes: 300,
    features: 2,
    spread: 0.5,
    scales: [1, 1],
    generator: new Generator(3),
  }).tensors;
  const byClass = x.reshape([20, 300, 2]); // classes take turns
  expect(values(labels).slice(0, 301)).toEqual([...Array(300).keys(), 0]);
  expect(Math.sqrt(byClass.variance({ dim: 0 }).mean().item())).toBeCloseTo(0.5, 1);
  expect(std(byClass.mean({ dim: 0 }))).toBeCloseTo(Math.sqrt(1 + 0.25 / 20), 0);
});

it('styles: contrasts even in their logarithms, brightness in contrasts', () => {
  const options = { channels: 1, size: 16, noise: 0, contrast: [0.1, 10] as const, brightness: 2, generator: new Generator(5) };
  const [x] = synthetic.styles(600, options).tensors;
  const deviations = values(x.std({ dim: [1, 2, 3], correction: 0 }));
  const contrasts = deviations.map((deviation) => Math.log10(deviation * Math.SQRT2)).sort((a, b) => a - b); // of a sine: 1 / sqrt 2
  // Uniform on [-1, 1]: its largest distance from the straight line is below 1.63 / sqrt 600 in 99 of 100 cases.
  const distance = Math.max(...contrasts.map((log, i) => Math.abs((log + 1) / 2 - i / 600)));
  expect(distance).toBeLessThan(0.067);
  const levels = values(x.mean({ dim: [1, 2, 3] })).map((level, i) => level / (deviations[i]! * Math.SQRT2));
  expect(Math.sqrt(levels.reduce((sum, level) => sum + level ** 2, 0) / 600)).toBeCloseTo(2, 0);
});

it('sequences lie around 1 and -1 with deviation 1, their lengths even from 1 to the longest', () => {
  const [x, lengths, labels] = synthetic.sequences(2000, {
    maxLength: 5,
    features: 2,
    padding: Number.NaN,
    generator: new Generator(6),
  }).tensors;
  const counts = [1, 2, 3, 4, 5].map((length) => values(lengths).filter((each) => each === length).length);
  expect(counts.every((each) => Math.abs(each - 400) < 4 * Math.sqrt(320))).toBe(true);
  const centred = values(x)
    .map((value, i) => value - (values(labels)[Math.floor(i / 10)] === 1 ? 1 : -1))
    .filter((value) => !Number.isNaN(value));
  const mean = centred.reduce((a, b) => a + b, 0) / centred.length;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(centred.length));
  expect(Math.abs(centred.reduce((a, b) => a + (b - mean) ** 2, 0) / centred.length - 1)).toBeLessThan(
    4 * Math.sqrt(2 / centred.length),
  );
});

it('blobs have features in units from 1e-3 to 1e3', () => {
  const [x] = synthetic.blobs(2000, { classes: 200, features: 3 }).tensors;
  [1e-3, 1, 1e3].forEach((unit, i) => {
    expect(std(column(x, i)) / unit).toBeGreaterThan(0.8);
    expect(std(column(x, i)) / unit).toBeLessThan(1.3);
  });
});

it('styles have stripes along each direction: class 0 along columns, class 2 of 4 along rows', () => {
  const [x] = synthetic.styles(4, { noise: 0, generator: new Generator(6) }).tensors; // [4, 1, H, W]
  const along = (dim: number): number[] => values(x.std({ dim: [1, dim] }).mean({ dim: 1 })).map((std) => Number(std.toFixed(5)));
  expect([along(2)[0], along(3)[2]]).toEqual([0, 0]);
  expect([along(2)[2], along(3)[0]]).not.toContain(0);
});

it('styles are taken away by instance norm', () => {
  const [x] = synthetic.styles(40, { channels: 2, noise: 0, generator: new Generator(4) }).tensors;
  const spread = (images: Tensor): number => {
    const deviations = values(images.std({ dim: [2, 3] }));
    return Math.max(...deviations) / Math.min(...deviations);
  };
  expect(spread(x)).toBeGreaterThan(20);
  expect(spread(noGrad(() => new InstanceNorm2d(2).call(x)))).toBeLessThan(1.01);
});

it('drift moves and grows', () => {
  const batches = [...synthetic.drift({ batches: 100, batchSize: 64, shift: 0.1, growth: 1.02, generator: new Generator(0) })];
  const [[first], [last]] = [batches[0]!, batches[99]!];
  expect(std(last) / std(first)).toBeCloseTo(1.02 ** 99, 0);
  expect(last.mean().item() - 1.02 ** 99 * first.mean().item()).toBeCloseTo(9.9 * 1.02 ** 99, -1);
  expect(synthetic.drift().next().done).toBe(false);
});

it('sequences are padded behind their lengths', () => {
  const [x, lengths, labels] = synthetic.sequences(30, {
    maxLength: 9,
    features: 1,
    padding: -7,
    generator: new Generator(0),
  }).tensors;
  const rows = x.squeeze(-1).toArray() as number[][];
  rows.forEach((row, i) => {
    const length = values(lengths)[i]!;
    expect(row.map((value) => value === -7)).toEqual(row.map((_, time) => time >= length));
    expect(values(labels)[i]).toBe(i % 2);
  });
  expect(new Set(values(lengths)).size).toBeGreaterThan(4);
  const masked = new LayerNorm([1]).call(x, lengths);
  expect(masked.shape).toEqual([30, 9, 1]);
});

it.each([
  ['blobs', 'classes'],
  ['blobs', 'features'],
  ['spirals', 'classes'],
  ['styles', 'classes'],
  ['styles', 'size'],
  ['styles', 'channels'],
  ['sequences', 'maxLength'],
  ['sequences', 'features'],
  ['drift', 'classes'],
  ['drift', 'features'],
  ['drift', 'batchSize'],
] as const)('%s refuses %s of 0', (name, option) => {
  const make = () => (name === 'drift' ? synthetic.drift({ [option]: 0 }).next() : synthetic[name](1, { [option]: 0 }));
  expect(thrown(make)).toBe(`ArgumentError: ${name}: ${option} must be a positive integer, got 0.`);
});

it('refuses deviations and contrasts that are none', () => {
  expect([
    thrown(() => synthetic.moons(1, { noise: -1 })),
    thrown(() => synthetic.spirals(1, { noise: Number.NaN })),
    thrown(() => synthetic.blobs(1, { spread: -0.5 })),
    thrown(() => synthetic.styles(1, { brightness: Number.POSITIVE_INFINITY })),
    thrown(() => synthetic.styles(1, { contrast: [0, 10] })),
  ]).toMatchInlineSnapshot(`
    [
      "ArgumentError: moons: noise must be a finite number from 0 up, got -1.",
      "ArgumentError: spirals: noise must be a finite number from 0 up, got NaN.",
      "ArgumentError: blobs: spread must be a finite number from 0 up, got -0.5.",
      "ArgumentError: styles: brightness must be a finite number from 0 up, got Infinity.",
      "ArgumentError: styles: contrast [0,10] was given; both ends must be positive.",
    ]
  `);
});

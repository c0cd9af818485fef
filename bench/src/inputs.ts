/** Draws the numbers that all subjects get, and hands them over. */
import { writeFileSync } from 'node:fs';
import { Generator, randint, randn, type Tensor, uniform } from '@normgrad/autograd';
import type { Handed, Place } from './handed.ts';
import type { Input } from './rows.ts';

/** Larger arrays repeat this many numbers, since drawing them takes longer than all the rest. A prime, so that rows differ. */
const distinct = 65_537;

function draw(how: Input['draw'], shape: readonly number[], generator: Generator): Tensor {
  if (how === 'normal') return randn(shape, { generator });
  if (how === 'scale') return uniform(shape, 0.5, 1.5, { generator });
  return 'uniform' in how
    ? uniform(shape, -how.uniform, how.uniform, { generator })
    : randint(0, how.classes, shape, { generator });
}

export function handOver(inputs: Readonly<Record<string, Input>>, file: string): Handed {
  const generator = new Generator(1);
  const drawn = Object.entries(inputs).map(([name, { shape, draw: how }]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = draw(how, [Math.min(size, distinct)], generator).toTypedArray();
    return {
      name,
      shape,
      size,
      values,
      dtype: typeof how === 'object' && 'classes' in how ? ('int32' as const) : ('float32' as const),
    };
  });
  let start = 0;
  const places = drawn.map(({ name, shape, size, dtype }): Place => {
    const place = { name, shape, dtype, start };
    start += size;
    return place;
  });
  const bytes = new Uint8Array(4 * start);
  drawn.forEach(({ values, size }, i) => {
    const source = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let at = 0; at < size; at += values.length) {
      bytes.set(source.subarray(0, 4 * (size - at)), 4 * (places[i]!.start + at));
    }
  });
  writeFileSync(file, bytes);
  return { file, places };
}

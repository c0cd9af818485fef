/** Draws the numbers that all subjects get, and hands them over. */
import { writeFileSync } from 'node:fs';
import { Generator, randint, randn, type Tensor, uniform } from '@normgrad/autograd';
import type { Handed, Place } from './handed.ts';
import type { Input } from './rows.ts';

function draw({ shape, draw: how }: Input, generator: Generator): Tensor {
  if (how === 'normal') return randn(shape, { generator });
  if (how === 'scale') return uniform(shape, 0.5, 1.5, { generator });
  return 'uniform' in how
    ? uniform(shape, -how.uniform, how.uniform, { generator })
    : randint(0, how.classes, shape, { generator });
}

export function handOver(inputs: Readonly<Record<string, Input>>, file: string): Handed {
  const generator = new Generator(1);
  const drawn = Object.entries(inputs).map(([name, input]) => ({ name, tensor: draw(input, generator) }));
  let start = 0;
  const places = drawn.map(({ name, tensor: { shape, size, dtype } }): Place => {
    const place = { name, shape, dtype: dtype === 'int32' ? ('int32' as const) : ('float32' as const), start };
    start += size;
    return place;
  });
  const bytes = new Uint8Array(4 * start);
  drawn.forEach(({ tensor }, i) => {
    const values = tensor.toTypedArray();
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 4 * places[i]!.start);
  });
  writeFileSync(file, bytes);
  return { file, places };
}

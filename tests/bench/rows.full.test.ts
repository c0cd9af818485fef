import { expect } from 'vitest';
import { rows } from '../../bench/src/rows.ts';
import { Bench } from '../../bench/src/run.ts';
import { subjects } from '../../bench/src/subject.ts';
import { hasPyTorch, optional } from '../support/optional.ts';

const { it } = optional('PyTorch', hasPyTorch());

it('every row computes what PyTorch computes, on one thread and on two', async () => {
  const names = ['torch-1', 'normgrad-1', 'normgrad-2'];
  const bench = new Bench(
    names.map((name) => subjects.find((subject) => subject.name === name)!),
    { rounds: 1, milliseconds: 0, warmUp: 0 },
  );
  try {
    for (const each of rows.filter(({ work }) => work.program !== 'copy' && work.program !== 'multiplyAdd')) {
      const { measured } = await bench.measure(each);
      const errors = Object.values(measured).flatMap((value) => ('error' in value ? [value.error] : []));
      expect({ row: each.name, errors }).toEqual({ row: each.name, errors: [] });
    }
  } finally {
    bench.stop();
  }
});

import { Generator } from '@normgrad/autograd';
import { expect, test } from 'vitest';
import { loadDigits } from '../../examples/src/digits/dataset.node.ts';
import { parseDigits, pick, splitDigits, splitRows, toBatch } from '../../examples/src/digits/dataset.ts';

const digits = loadDigits();

test('there are 1797 digits, about as many of each', () => {
  const histogram = new Array<number>(10).fill(0);
  for (const label of digits.labels) histogram[label]!++;
  expect(histogram).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
  expect(digits.pixels).toHaveLength(1797 * 64);
});

test('the first digit is a zero', () => {
  const rows = Array.from({ length: 8 }, (_, y) =>
    Array.from(digits.pixels.subarray(8 * y, 8 * y + 8), (ink) => ' .:-=+*#@'[Math.round(8 * ink)]).join(''),
  );
  expect(digits.labels[0]).toBe(0);
  expect(`\n${rows.join('\n')}\n`).toMatchInlineSnapshot(`
    "
      -#+.  
      #@+@- 
     :@. *= 
     :*  == 
     -=  += 
     :* .*= 
     .#-+*  
      -#+   
    "
  `);
  expect(Array.from(digits.pixels.subarray(0, 8), (ink) => 16 * ink)).toEqual([0, 0, 5, 13, 9, 1, 0, 0]);
});

test('the parts of a split have no row in common and leave none out', () => {
  const { train, evaluation } = splitRows(1797, new Generator(3));
  expect([train.length, evaluation.length]).toEqual([1200, 597]);
  expect([...train, ...evaluation].sort((a, b) => a - b)).toEqual(Array.from({ length: 1797 }, (_, row) => row));
});

test('the seed decides the split', () => {
  const evaluation = (seed: number) => splitDigits(digits, new Generator(seed)).evaluation;
  expect(evaluation(1)).toEqual(evaluation(1));
  expect(evaluation(1).labels).not.toEqual(evaluation(2).labels);
});

test('picked rows keep their labels', () => {
  const rows = [1796, 5, 0, 5];
  const { images, labels } = toBatch(pick(digits, rows));
  expect(labels.toArray()).toEqual(rows.map((row) => digits.labels[row]));
  expect(images.toArray()).toEqual(rows.map((row) => Array.from(digits.pixels.subarray(64 * row, 64 * row + 64))));
});

test.each([
  ['too few pixels', '0,1,2'],
  ['a pixel out of range', `${'17,'.repeat(64)}3`],
  ['a pixel that is no number', `x,${'0,'.repeat(63)}3`],
  ['a label that is no digit', `${'0,'.repeat(64)}10`],
])('a line with %s is refused by its number', (_, line) => {
  expect(() => parseDigits(`${'0,'.repeat(64)}7\n${line}\n`)).toThrow('digits: line 2 is not 64 pixels from 0 to 16 and a digit');
});

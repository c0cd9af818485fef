import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseCsv } from '@normgrad/nn';
import { readCsv } from '@normgrad/nn/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { values } from './support.ts';

const iris = 'length,width,"kind, of iris"\r\n5.1,3.5,setosa\r\n7,3.2,versicolor\r\n\r\n4.9,3,setosa\r\n';

it('gives columns as numbers, classes and texts', () => {
  const table = parseCsv(iris);
  expect([table.columns, table.length]).toEqual([['length', 'width', 'kind, of iris'], 3]);
  const x = table.numbers(['width', 'length'], { dtype: 'float64' });
  expect(x.toArray()).toEqual([
    [3.5, 5.1],
    [3.2, 7],
    [3, 4.9],
  ]);
  const { labels, names } = table.classes('kind, of iris');
  expect([labels.dtype, values(labels), names]).toEqual(['int32', [0, 1, 0], ['setosa', 'versicolor']]);
  expect(values(table.classes('kind, of iris', ['versicolor', 'setosa']).labels)).toEqual([1, 0, 1]);
  expect(table.strings('width')).toEqual(['3.5', '3.2', '3']);
  expect(parseCsv('kind\nb\na\nb').classes('kind').names).toEqual(['a', 'b']);
});

it('takes other delimiters, other names, none, and missing values', () => {
  expect(
    parseCsv('1;2\n3;\n4; NA', { delimiter: ';', header: ['a', 'b'] })
      .numbers(['b'], { missing: -1 })
      .toArray(),
  ).toEqual([[2], [-1], [-1]]);
  const unnamed = parseCsv('1\t-2e3\nnan\tInfinity', { delimiter: '\t', header: false });
  expect(unnamed.columns).toEqual(['0', '1']);
  expect(values(unnamed.numbers())).toEqual([1, -2000, Number.NaN, Number.POSITIVE_INFINITY]);
});

it('takes lines that end in different ways', () => {
  expect(parseCsv('a,b\r\n1,2\n3,4\r5,6\r').numbers().toArray()).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});

it('takes as many columns as there are, and names a few where something is wrong', () => {
  const names = Array.from({ length: 300_000 }, (_, i) => `c${i}`);
  const text = `${names}\n${names.map((_, i) => i % 7)}\n`;
  expect(parseCsv(text).numbers().size).toBe(names.length);
  expect(() => parseCsv(`${text}1,2`)).toThrow(/must have 300000: c0, c1, .*, c19, \.\.\.; complete it/);
});

it('reads back what is written by the rules', () => {
  const field = fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r\n', ';', 'é'), maxLength: 6 });
  const rows = fc
    .integer({ min: 2, max: 4 })
    .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }));
  fc.assert(
    fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), fc.boolean(), (table, end, last) => {
      const text =
        table.map((fields) => fields.map((each) => `"${each.replaceAll('"', '""')}"`).join(',')).join(end) + (last ? end : '');
      const read = parseCsv(text, { header: false });
      expect(read.columns.map((column) => read.strings(column))).toEqual(
        table[0]!.map((_, i) => table.map((fields) => fields[i])),
      );
    }),
  );
});

describe('refuses with file, line and remedy', () => {
  const read =
    (text: string, options = {}) =>
    () =>
      parseCsv(text, { file: 'data.csv', ...options });
  it('tables that are none', () => {
    expect(read('a,b\n1,2\n"x\ny",4\n5\n')).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv: line 5 has 1 fields; it must have 2: a, b; complete it, or quote fields that contain the delimiter.]`,
    );
    expect(read('a,b\n1,2,3\n')).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv: line 2 has 3 fields; it must have 2: a, b; complete it, or quote fields that contain the delimiter.]`,
    );
    expect(read('a,b\n1,"2\n3,4\n')).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv: line 2 has a quote out of place; quotes must enclose a whole field, and be doubled in it; correct the line.]`,
    );
    expect(read('a,b\n1,"2"3\n')).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv: line 2 has a quote out of place; quotes must enclose a whole field, and be doubled in it; correct the line.]`,
    );
    expect(read('')).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv has no rows; it must have at least one; look at what wrote it.]`,
    );
    expect(read('a,b\n')).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv has no rows; it must have at least one below the header; look at what wrote it.]`,
    );
    expect(read('a,a\n1,2\n')).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv: there are two columns a; names must be unique; pass others as \`header\`.]`,
    );
    expect(read('a,b\n', { delimiter: ', ' })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: delimiter ", " was given; it must be one character, no quote or line feed; ',' is usual.]`,
    );
  });

  it('fields that do not fit', () => {
    const table = parseCsv('a,b\n"1\n",x\n3,\n', { file: 'data.csv' });
    expect(() => table.numbers(['a', 'b'])).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv: line 2, column b is 'x'; it must be a number; correct it, or read the column with classes() or strings().]`,
    );
    expect(() => parseCsv('a\nNA\n').numbers()).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: the file: line 2, column a is 'NA'; it must be a number; fill it in, leave the row out, or pass \`missing\`.]`,
    );
    expect(() => parseCsv('a\tb\n\n1\t\n', { delimiter: '\t' }).numbers()).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: the file: line 3, column b is empty; it must be a number; fill it in, leave the row out, or pass \`missing\`.]`,
    );
    expect(() => table.numbers(['c'])).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv: there is no column c; choose from a, b.]`,
    );
    expect(() => table.classes('b', ['x', 'y'])).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: parseCsv: data.csv: line 4, column b is ''; it must be one of x, y; correct it, or name it.]`,
    );
  });

  it('files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'normgrad-'));
    writeFileSync(join(folder, 'a.tsv'), '\uFEFFa\tb\n1\t2\n');
    expect((await readCsv(join(folder, 'a.tsv'))).numbers(['a', 'b']).toArray()).toEqual([[1, 2]]);
    writeFileSync(join(folder, 'b.tsv.gz'), gzipSync('a\tb\n3\t4\n'));
    expect((await readCsv(join(folder, 'b.tsv.gz'))).numbers().toArray()).toEqual([[3, 4]]);
    writeFileSync(join(folder, 'cut.csv.gz'), gzipSync('a,b\n3,4\n').subarray(0, -9));
    await expect(readCsv(join(folder, 'cut.csv.gz'))).rejects.toThrow(
      /^readCsv: .*cut\.csv\.gz cannot be unzipped; it must be gzip data; it is damaged: fetch it again\.$/,
    );
    writeFileSync(join(folder, 'a.csv'), 'a,b\n1\n');
    await expect(readCsv(join(folder, 'a.csv'))).rejects.toThrow(`parseCsv: ${join(folder, 'a.csv')}: line 2 has 1 fields`);
  });
});

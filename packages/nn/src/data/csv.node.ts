import { readFile } from 'node:fs/promises';
import { type CsvOptions, parseCsv, type Table } from './csv.ts';

/** Reads the table in a CSV file, or if it is called `.tsv`, one of tabs; see `parseCsv`. */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<Table> {
  const delimiter = path.endsWith('.tsv') ? '\t' : ',';
  return parseCsv(await readFile(path, 'utf8'), { delimiter, file: path, ...options });
}

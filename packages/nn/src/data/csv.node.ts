import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { type CsvOptions, parseCsv, type Table } from './csv.ts';

/** Reads the table in a CSV file, or if it is called `.tsv`, one of tabs; see `parseCsv`. Either may be compressed: `.csv.gz`. */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<Table> {
  const bytes = await readFile(path);
  const [name, text] = path.endsWith('.gz') ? [path.slice(0, -3), gunzipSync(bytes)] : [path, bytes];
  return parseCsv(text.toString(), { delimiter: name.endsWith('.tsv') ? '\t' : ',', file: path, ...options });
}

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Digits, parseDigits } from './dataset.ts';

export function readDigitsCsv(): string {
  return gunzipSync(readFileSync(new URL('../../data/digits.csv.gz', import.meta.url))).toString();
}

export function loadDigits(): Digits {
  return parseDigits(readDigitsCsv());
}

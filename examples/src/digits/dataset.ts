/** The handwritten digits: see data/README.md for what they are and whose. */
import { type Generator, type Tensor, tensor } from '@normgrad/autograd';

export const pixelCount = 64;
export const classCount = 10;
export const trainCount = 1200;

export interface Digits {
  /** Row by row, 64 pixels each, 0 (paper) to 1 (ink). */
  readonly pixels: Float32Array<ArrayBuffer>;
  /** The digit of each row. */
  readonly labels: Int32Array<ArrayBuffer>;
}

export interface Split {
  readonly train: Digits;
  readonly evaluation: Digits;
}

export interface Batch {
  readonly images: Tensor; // [N, 64]
  readonly labels: Tensor; // [N] int32
}

/** @param csv - One digit per line: 64 pixels from 0 to 16, then the digit. */
export function parseDigits(csv: string): Digits {
  const lines = csv.trimEnd().split('\n');
  const pixels = new Float32Array(lines.length * pixelCount);
  const labels = new Int32Array(lines.length);
  lines.forEach((line, row) => {
    const values = line.split(',').map(Number);
    const label = values.pop();
    if (values.length !== pixelCount || !values.every((ink) => ink >= 0 && ink <= 16) || !isDigit(label)) {
      throw new Error(`digits: line ${row + 1} is not ${pixelCount} pixels from 0 to 16 and a digit`);
    }
    labels[row] = label;
    pixels.set(
      values.map((ink) => ink / 16),
      row * pixelCount,
    );
  });
  return { pixels, labels };
}

function isDigit(value: number | undefined): value is number {
  return Number.isInteger(value) && value! >= 0 && value! < classCount;
}

/** Which rows are trained on, and which only looked at. */
export function splitRows(count: number, random: Generator): { train: number[]; evaluation: number[] } {
  const order = random.permutation(count);
  return { train: order.slice(0, trainCount), evaluation: order.slice(trainCount) };
}

export function splitDigits(digits: Digits, random: Generator): Split {
  const rows = splitRows(digits.labels.length, random);
  return { train: pick(digits, rows.train), evaluation: pick(digits, rows.evaluation) };
}

export function pick({ pixels, labels }: Digits, rows: readonly number[]): Digits {
  const picked = { pixels: new Float32Array(rows.length * pixelCount), labels: new Int32Array(rows.length) };
  rows.forEach((row, i) => {
    picked.pixels.set(pixels.subarray(row * pixelCount, (row + 1) * pixelCount), i * pixelCount);
    picked.labels[i] = labels[row]!;
  });
  return picked;
}

export function toBatch({ pixels, labels }: Digits): Batch {
  return { images: tensor(pixels, { shape: [labels.length, pixelCount] }), labels: tensor(labels) };
}

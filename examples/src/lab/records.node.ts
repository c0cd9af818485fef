/**
 * The records of runs, a file each: whole, or not there. One that does not fit, because it is damaged or of something else, is never used.
 *
 *     OUT/batch-size/5a0c2b7e91-0.json
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RunRecord, Setting, Versions } from './experiment.ts';

export type Key = Pick<RunRecord, 'experiment' | 'setting' | 'seed' | 'versions'>;

/** `unfit`: damaged, or of something else. */
export type Found = { readonly record: RunRecord } | { readonly unfit: string } | undefined;

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function recordPath(out: string, { experiment, setting, seed }: Omit<Key, 'versions'>): string {
  return join(out, experiment, `${hash(JSON.stringify(setting)).slice(0, 10)}-${seed}.json`);
}

/** Readers find the old file or the new one, never a part. */
function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${randomUUID()}.tmp`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}

export function writeRecord(out: string, record: RunRecord): void {
  const text = JSON.stringify(record);
  writeWhole(recordPath(out, record), `${JSON.stringify({ ...record, sha256: hash(text) })}\n`);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): RunRecord | undefined {
  try {
    const { sha256, ...record } = JSON.parse(text);
    return sha256 === hash(JSON.stringify(record)) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** The record of a run, or why the file in its place is not it. */
export function readRecord(out: string, key: Key): Found {
  const text = readText(recordPath(out, key));
  if (text === undefined) return undefined;
  const record = parse(text);
  if (!record) return { unfit: 'damaged' };
  if (!isDeepStrictEqual([record.experiment, record.setting, record.seed], [key.experiment, key.setting, key.seed])) {
    return { unfit: 'of another run' };
  }
  if (record.versions.node !== key.versions.node) return { unfit: `of Node ${record.versions.node}` };
  if (record.versions.code !== key.versions.code) return { unfit: 'of other code' };
  return { record };
}

/** What was asked for last, so that it can be drawn again. */
export interface Sweep {
  readonly quick: boolean;
  readonly seeds: number;
  readonly settings: readonly Setting[];
  readonly versions: Versions;
}

const sweepPath = (out: string, experiment: string): string => join(out, experiment, 'sweep.json');

export function writeSweep(out: string, experiment: string, sweep: Sweep): void {
  writeWhole(sweepPath(out, experiment), `${JSON.stringify(sweep, null, 2)}\n`);
}

/** Undefined if there is none. */
export function readSweep(out: string, experiment: string): Sweep | undefined {
  const path = sweepPath(out, experiment);
  const text = readText(path);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    throw new Error(`${path} is damaged; lab run ${experiment} writes it anew`);
  }
}

/**
 * The process of a subject: it answers one request after the other, each a line of JSON on stdin, on the descriptor 3, where no library prints.
 * peers/pytorch.py speaks the same.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Handed, type Numbers, take } from './handed.ts';
import type { Work } from './rows.ts';

export type Request =
  | { readonly ask: 'versions' }
  /** Makes the work ready and does some of it, for the given time at least. */
  | { readonly ask: 'prepare'; readonly work: Work; readonly handed: Handed; readonly milliseconds: number }
  /** Does it again and again for about the given time. */
  | { readonly ask: 'round'; readonly milliseconds: number }
  | { readonly ask: 'memory' };

export interface Answers {
  readonly versions: Readonly<Record<string, string>>;
  /** What all subjects should have computed from the same numbers. */
  readonly prepare: { readonly results: readonly (readonly number[])[] };
  /** Mean microseconds of one time. */
  readonly round: { readonly microseconds: number };
  /** Bytes of tensors. */
  readonly memory: { readonly bytes: number };
}

export type Answer = { readonly value: Answers[Request['ask']] } | { readonly error: string };

/** Work made ready. */
export interface Ready {
  /** Computes from the fresh state: for steps of training the first losses, else `sample`s of results. Called once, before `run`. */
  results(): number[][] | Promise<number[][]>;
  /** Does the work once, as a user would. */
  run(): void | Promise<void>;
  /** Bytes of tensors before backward, in the last of the `results`. */
  memory?(): number;
}

export interface Library {
  versions(): Record<string, string>;
  prepare(work: Work, inputs: Record<string, Numbers>): Ready | Promise<Ready>;
}

/** Up to 64 values, evenly spread. */
export function sample(values: ArrayLike<number>): number[] {
  const step = Math.max(1, Math.floor(values.length / 64));
  return Array.from({ length: Math.min(64, values.length) }, (_, i) => values[i * step]!);
}

async function time(run: Ready['run'], count: number): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < count; i++) {
    const pending = run();
    if (pending) await pending;
  }
  return ((performance.now() - begin) * 1e3) / count;
}

/** Runs for the time given, in ever longer stretches, and tells what the last took per call. */
async function warmUp(run: Ready['run'], milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  let microseconds = await time(run, 1);
  for (let count = 1; performance.now() < end; count *= 2) microseconds = await time(run, count);
  return microseconds;
}

export async function serve(library: Library): Promise<void> {
  let ready: Ready = { run: () => undefined, results: () => [] };
  let expected = 1;
  const answer = async (request: Request): Promise<Answers[Request['ask']]> => {
    if (request.ask === 'versions') return library.versions();
    if (request.ask === 'memory') return { bytes: ready.memory?.() ?? 0 };
    const { milliseconds } = request;
    if (request.ask === 'prepare') {
      ready = await library.prepare(request.work, take(request.handed));
      const results = await ready.results();
      expected = await warmUp(() => ready.run(), milliseconds);
      return { results };
    }
    expected = await time(() => ready.run(), Math.max(1, Math.round((milliseconds * 1e3) / expected)));
    return { microseconds: expected };
  };
  for await (const line of createInterface({ input: process.stdin })) {
    let reply: Answer;
    try {
      reply = { value: await answer(JSON.parse(line)) };
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    writeSync(3, `${JSON.stringify(reply)}\n`);
  }
}

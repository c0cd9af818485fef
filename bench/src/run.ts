/** Measures rows: all subjects in turns, round after round, so that a slow moment of the machine hits them alike. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { handOver } from './inputs.ts';
import type { Row, Work } from './rows.ts';
import { agree, type Series, seriesOf } from './statistics.ts';
import { Running, type Subject } from './subject.ts';

export interface Pace {
  readonly rounds: number;
  /** Of one subject's turn. */
  readonly milliseconds: number;
  readonly warmUp: number;
}

export const paces = {
  usual: { rounds: 15, milliseconds: 40, warmUp: 400 },
  quick: { rounds: 3, milliseconds: 10, warmUp: 30 },
} satisfies Record<string, Pace>;

/** Microseconds of one time, or why there are none. */
export type Measured = Series | { readonly error: string };

export interface RowResult {
  readonly row: Row;
  readonly measured: Readonly<Record<string, Measured>>;
  /** What the row's limit took in the same rounds. */
  readonly limit?: Series;
}

/** A subject is slow if it has used up this; then it sits out the later rounds, but for the first of them. */
const patience = { milliseconds: 4_000, rounds: 3 };

/** One subject at one row. */
class Contender {
  readonly times: (number | undefined)[] = [];
  error: string | undefined;
  spent = 0;
  readonly name: string;
  readonly ask: Running['ask'];

  constructor(name: string, running: Running) {
    this.name = name;
    this.ask = (request) => running.ask(request);
  }

  async try<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.error !== undefined) return undefined;
    const begin = performance.now();
    try {
      return await work();
    } catch (error) {
      this.error = (error as Error).message.split('\n')[0]!;
      return undefined;
    } finally {
      this.spent += performance.now() - begin;
    }
  }

  get measured(): Measured {
    return this.error === undefined ? seriesOf(this.times) : { error: this.error };
  }
}

export class Bench {
  readonly #running = new Map<Subject, Running>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'bench-'));
  readonly #limits: Subject;
  readonly subjects: readonly Subject[];
  readonly #pace: Pace;

  /** @param subjects - The first is the one with which the others must agree. */
  constructor(subjects: readonly Subject[], pace: Pace) {
    this.subjects = subjects;
    this.#pace = pace;
    this.#limits = { ...subjects[0]!, name: 'limit' };
  }

  /** The process of a subject, started anew if it has ended. */
  process(subject: Subject): Running {
    const known = this.#running.get(subject);
    if (known && !known.ended) return known;
    const running = new Running(subject);
    this.#running.set(subject, running);
    return running;
  }

  /** The versions of all that start, under the names of subjects. */
  async versions(): Promise<Record<string, Readonly<Record<string, string>>>> {
    const known: Record<string, Readonly<Record<string, string>>> = {};
    for (const subject of this.subjects) {
      const contender = new Contender(subject.name, this.process(subject));
      const versions = await contender.try(() => contender.ask({ ask: 'versions' }));
      if (versions) known[subject.name] = versions;
    }
    return known;
  }

  async measure(row: Row, limit?: Row): Promise<RowResult> {
    const ours = row.work.program === 'copy' || row.work.program === 'multiplyAdd';
    const subjects = ours ? this.subjects.slice(0, 1) : this.subjects;
    const contenders = subjects.map((subject) => new Contender(subject.name, this.process(subject)));
    const handed = handOver(row.inputs, join(this.#folder, 'inputs'));
    const { warmUp: milliseconds } = this.#pace;
    const prepare = (contender: Contender, work: Work) =>
      contender.try(() => contender.ask({ ask: 'prepare', work, handed, milliseconds }));

    let expected: readonly (readonly number[])[] | undefined;
    for (const contender of contenders) {
      const prepared = await prepare(contender, row.work);
      expected ??= prepared?.results;
      if (prepared && !agree(expected!, prepared.results))
        contender.error = `disagrees with ${contenders[0]!.name}: ${differ(expected!, prepared.results)}`;
    }
    const limiting = limit && new Contender('limit', this.process(this.#limits));
    if (limiting) await prepare(limiting, limit.work);
    await this.#rounds(limiting ? [...contenders, limiting] : contenders);
    return {
      row,
      measured: Object.fromEntries(contenders.map(({ name, measured }) => [name, measured])),
      ...(limiting && limiting.error === undefined && { limit: seriesOf(limiting.times) }),
    };
  }

  async #rounds(contenders: readonly Contender[]): Promise<void> {
    const { rounds, milliseconds } = this.#pace;
    for (const contender of contenders) contender.spent = 0;
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        if (round >= patience.rounds && contender.spent > patience.milliseconds) continue;
        await sleep(5); // threads of the one before go to sleep
        const answer = await contender.try(() => contender.ask({ ask: 'round', milliseconds }));
        if (answer) contender.times[round] = answer.microseconds;
      }
    }
  }

  stop(): void {
    for (const running of this.#running.values()) running.stop();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Where two lists of results first part, for a line. */
function differ(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): string {
  const i = a.findIndex((list, at) => !agree([list], [b[at] ?? []]));
  const show = (list: readonly number[] = []): string =>
    list
      .slice(0, 3)
      .map((value) => value.toPrecision(4))
      .join(', ');
  return i < 0 ? `${a.length} and ${b.length} results` : `${show(b[i])} ... and not ${show(a[i])} ...`;
}

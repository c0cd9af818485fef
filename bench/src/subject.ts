/** Who is measured, each in a process of its own that lives as long as the run, so that no library disturbs another. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Answer, Answers, Request } from './serve.ts';

export type PeerName = 'torch' | 'tfjs' | 'jax-js';

export interface Subject {
  readonly name: string;
  readonly peer?: PeerName;
  readonly title: string;
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

function node(file: string, ...options: readonly string[]): [string, ...string[]] {
  return [
    process.execPath,
    '--conditions=@normgrad/source',
    '--import',
    path('../../tools/typescript.mjs'),
    path(file),
    ...options,
  ];
}

const python = process.env.PYTHON ?? '/usr/bin/python3'; // Debian's own, the one that has its packages

const onThreads = (threads: string): Subject[] => [
  {
    name: `normgrad-${threads}`,
    title: `normgrad, ${threads} thread${threads === '1' ? '' : 's'}`,
    command: node('./subjects/normgrad.ts', threads),
  },
  {
    name: `torch-${threads}`,
    peer: 'torch',
    title: `PyTorch, ${threads} thread${threads === '1' ? '' : 's'}`,
    command: [python, path('../peers/pytorch.py'), threads],
    environment: { OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads },
  },
];

export const subjects: readonly Subject[] = [
  ...onThreads('1'),
  ...onThreads('2'),
  { name: 'tfjs', peer: 'tfjs', title: 'tfjs wasm', command: node('../peers/tfjs.mjs') },
  { name: 'jax-js', peer: 'jax-js', title: 'jax-js wasm', command: node('../peers/jax-js.mjs') },
];

/** Answers that take longer than this are none. */
const patience = 180_000;

/** The process of a subject, which answers requests in turn. */
export class Running {
  readonly #child: ChildProcess;
  #complaints = '';
  /** Why it has ended. */
  #end: string | undefined;
  #settle: (answer: Answer) => void = () => undefined;

  constructor({ command: [program, ...args], environment }: Subject) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
    const [, , complaints, answers] = this.#child.stdio as [unknown, unknown, Readable, Readable, ...unknown[]];
    complaints.on('data', (text) => {
      this.#complaints = `${this.#complaints}${text}`.slice(-2000);
    });
    createInterface({ input: answers }).on('line', (line) => this.#settle(JSON.parse(line)));
    this.#child.on('error', ({ message }) => this.#finish(message));
    this.#child.on('close', () => this.#finish(lastError(this.#complaints) ?? 'the process has ended'));
    this.#child.stdin?.on('error', () => undefined); // `close` tells
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  #finish(reason: string): void {
    this.#end ??= reason;
    this.#settle({ error: this.#end });
  }

  /** @throws Error with what the subject says, if it cannot. */
  async ask<R extends Request>(request: R): Promise<Answers[R['ask']]> {
    if (this.#end !== undefined) throw new Error(this.#end);
    const answer = await new Promise<Answer>((resolve) => {
      this.#settle = resolve;
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
      setTimeout(() => this.#giveUp(resolve), patience).unref();
    });
    if ('error' in answer) throw new Error(answer.error);
    return answer.value as Answers[R['ask']];
  }

  #giveUp(resolve: (answer: Answer) => void): void {
    if (this.#settle !== resolve) return;
    resolve({ error: `no answer within ${patience / 1e3} s` });
    this.stop();
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The line that says what went wrong: the first that names an error, else the last. */
function lastError(text: string): string | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1);
}

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './experiment.ts';
import type { Answer, Job } from './worker.node.ts';

/** A run that threw, or a process that died in it. */
export class RunError extends Error {}

interface PoolOptions<J> {
  readonly processes: number;
  readonly signal: AbortSignal;
  onOutcome(job: J, outcome: Outcome): void;
}

const describe = ({ experiment, setting, seed }: Job): string => `${experiment}, seed ${seed}, ${JSON.stringify(setting)}`;

/** Runs jobs in processes of their own. Resolves when all are done, or when the signal says stop; the processes have ended then. */
export async function runJobs<J extends Job>(
  jobs: readonly J[],
  { processes, signal, onOutcome }: PoolOptions<J>,
): Promise<void> {
  const waiting = [...jobs].reverse();
  const children: ChildProcess[] = [];
  const stop = (): void => children.forEach((child) => void child.kill('SIGKILL'));
  signal.addEventListener('abort', stop);
  try {
    await Promise.all(Array.from({ length: Math.min(processes, jobs.length) }, () => work(waiting, children, onOutcome, signal)));
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function work<J extends Job>(
  waiting: J[],
  children: ChildProcess[],
  onOutcome: PoolOptions<J>['onOutcome'],
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./worker.node.ts', import.meta.url)), {
      execArgv: loader,
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    children.push(child);
    let job: J | undefined;
    const next = (): void => {
      job = signal.aborted ? undefined : waiting.pop();
      if (job) child.send({ experiment: job.experiment, setting: job.setting, seed: job.seed } satisfies Job);
      else child.disconnect();
    };
    child.on('message', (answer: Answer) => {
      if ('error' in answer) reject(new RunError(`${describe(job!)}: ${answer.error}`));
      else {
        try {
          onOutcome(job!, answer.outcome);
          next();
        } catch (error) {
          reject(error);
        }
      }
    });
    child.on('error', reject);
    child.on('exit', (code, killed) => {
      if (job && !signal.aborted) reject(new RunError(`${describe(job)}: the process ended with ${killed ?? `code ${code}`}`));
      else resolve();
    });
    next();
  });
}

/** What lets Node run TypeScript, whoever started this process and how. */
const loader = ['--conditions=@normgrad/source', '--import', new URL('../../../tools/typescript.mjs', import.meta.url).href];

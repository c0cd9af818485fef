import { requireOptions } from '@normgrad/autograd/internals';
import { SingleBar } from 'cli-progress';
import type { Scores } from './evaluate.ts';
import type { FitCallbacks } from './fit-options.ts';

export interface ProgressBarOptions {
  /** How many batches an epoch has: `loader.length`. Without it the bar moves once an epoch. */
  readonly batches?: number;
  /** @defaultValue `process.stderr` */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Shows how training goes: a bar that moves on a terminal, a line per epoch elsewhere. */
export function progressBar(options: ProgressBarOptions = {}): FitCallbacks {
  const { batches, stream = process.stderr } = requireOptions('progressBar', options, 'batches, stream');
  return stream.isTTY ? bar(batches, stream) : lines(stream);
}

const show = (scores: Scores): string =>
  Object.entries(scores)
    .map(([name, score]) => `${name} ${score.toPrecision(4)}`)
    .join('  ');

function bar(batches: number | undefined, stream: NodeJS.WritableStream): FitCallbacks {
  const single = new SingleBar({
    stream,
    format: 'epoch {epoch}/{epochs} {bar} {percentage}%  {scores}  {eta_formatted} left',
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    barsize: 20,
    // Training seldom gives way to signal handlers, so Ctrl-C must end it the plain way, and leave nothing to restore.
    gracefulExit: false,
    hideCursor: false,
    linewrap: true,
  });
  const perEpoch = batches ?? 1;
  return {
    onStart({ length }, epochs) {
      single.start(epochs * perEpoch, length * perEpoch, { epoch: length + 1, epochs, scores: '' });
    },
    onBatchEnd({ epoch, batch, scores }) {
      const done = (epoch - 1) * perEpoch + (batches === undefined ? 0 : batch);
      single.update(done, { epoch, scores: show(scores) });
    },
    onEpochEnd({ epoch, training, validation }) {
      single.update(epoch * perEpoch, { epoch, scores: show(validation ?? training) });
    },
    onEnd() {
      single.stop();
    },
  };
}

function lines(stream: NodeJS.WritableStream): FitCallbacks {
  let total = 0;
  return {
    onStart(_, epochs) {
      total = epochs;
    },
    onEpochEnd({ epoch, training, validation }) {
      const held = validation ? `, validation ${show(validation)}` : '';
      stream.write(`epoch ${epoch}/${total}: training ${show(training)}${held}\n`);
    },
  };
}

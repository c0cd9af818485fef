import { SingleBar } from 'cli-progress';
import { percent } from './format.ts';
import type { Step } from './train.ts';

type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Shows how training goes: a bar that moves on a terminal, a line per epoch elsewhere. */
export interface Progress {
  update(step: Step): void;
  stop(): void;
}

export function createProgress(steps: number, epochs: number, stream: Terminal = process.stderr): Progress {
  return stream.isTTY ? createBar(steps, epochs, stream) : createLines(epochs, stream);
}

function createBar(steps: number, epochs: number, stream: Terminal): Progress {
  const bar = new SingleBar({
    stream,
    format: `epoch {epoch}/${epochs} {bar} {percentage}%  loss {loss}  accuracy {accuracy}  {eta_formatted} left`,
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    barsize: 20,
    fps: 20,
    // Training never gives way to timers and signal handlers, so Ctrl-C must end it the plain way, and leave nothing to restore.
    gracefulExit: false,
    hideCursor: false,
    linewrap: true,
  });
  const width = String(epochs).length;
  const payload = ({ epoch, loss, accuracy }: Step) => ({
    epoch: String(epoch).padStart(width),
    loss: loss.toFixed(3),
    accuracy: percent(accuracy),
  });
  bar.start(steps, 0, { epoch: String(1).padStart(width), loss: '–', accuracy: '–' });
  return {
    update: (step) => bar.update(step.step, payload(step)),
    stop: () => bar.stop(),
  };
}

function createLines(epochs: number, stream: Terminal): Progress {
  return {
    update({ epoch, scores }) {
      if (!scores) return;
      const { train, evaluation } = scores;
      stream.write(
        `epoch ${epoch}/${epochs}: loss ${train.loss.toFixed(4)}, accuracy ${percent(train.accuracy)} on the training digits, ${percent(evaluation.accuracy)} on the evaluation digits\n`,
      );
    },
    stop() {},
  };
}

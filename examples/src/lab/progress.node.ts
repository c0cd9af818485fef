import { SingleBar } from 'cli-progress';

type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Shows how a sweep goes: a bar with the time left on a terminal, a line for each tenth elsewhere. */
export interface Progress {
  /** One more run is done. */
  next(experiment: string): void;
  stop(): void;
}

export function createProgress(total: number, stream: Terminal = process.stderr): Progress {
  return stream.isTTY ? createBar(total, stream) : createLines(total, stream);
}

function createBar(total: number, stream: Terminal): Progress {
  const bar = new SingleBar({
    stream,
    format: '{bar} {value}/{total} runs  {eta_formatted} left  {experiment}',
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    barsize: 20,
    etaBuffer: 100,
    gracefulExit: false, // Ctrl-C is the sweep's business
    hideCursor: false,
    linewrap: true,
  });
  bar.start(total, 0, { experiment: '' });
  return {
    next: (experiment) => bar.increment({ experiment }),
    stop: () => bar.stop(),
  };
}

function createLines(total: number, stream: Terminal): Progress {
  let done = 0;
  return {
    next(experiment) {
      done++;
      if (Math.floor((10 * done) / total) > Math.floor((10 * (done - 1)) / total)) {
        stream.write(`${done} of ${total} runs, ${experiment}\n`);
      }
    },
    stop() {},
  };
}

import { ArgumentError } from '@normgrad/autograd';
import { showGiven } from '@normgrad/autograd/internals';

/** When others last had their turn. */
let since = 0;

/**
 * Goes through batches, and lets others have their turn every now and then: Ctrl-C, timers, a page that is to be drawn. Training that waits for
 * nothing would keep them out until its end.
 *
 * @throws ArgumentError if they are none: of three parts, say, one would be left unread.
 */
export async function* unhurried<T extends readonly unknown[]>(
  op: string,
  data: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<T, void> {
  const cure = 'pass a DataLoader, or an array of batches';
  if (typeof data !== 'object' || data === null || !(Symbol.iterator in data || Symbol.asyncIterator in data))
    throw new ArgumentError(`${op}: data is ${showGiven(data)}; it must give batches [input, target]; ${cure}.`);
  for await (const batch of data) {
    if (!Array.isArray(batch) || batch.length !== 2)
      throw new ArgumentError(`${op}: data gave ${showGiven(batch)}; a batch must be [input, target]; ${cure}.`);
    yield batch;
    if (performance.now() - since < 50) continue;
    await turnOfOthers();
    since = performance.now();
  }
}

/** Not by a timer: those of pages in the background wait for a second. */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

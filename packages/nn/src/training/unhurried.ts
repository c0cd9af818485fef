/** When others last had their turn. */
let since = 0;

/**
 * Goes through data, and lets others have their turn every now and then: Ctrl-C, timers, a page that is to be drawn. Training that waits for
 * nothing would keep them out until its end.
 */
export async function* unhurried<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void> {
  for await (const item of items) {
    yield item;
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

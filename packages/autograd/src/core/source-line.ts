/** Which line of user code ran an op. Off by default: looking at the stack costs some ten times the tape. */
let recordingLines = false;

/** Runs `fn` with the source line remembered for every op that is recorded: `graphOf` and anomaly mode tell it. */
export function recordSourceLines<T>(fn: () => T): T {
  const before = recordingLines;
  recordingLines = true;
  try {
    return fn();
  } finally {
    recordingLines = before;
  }
}

/** The folder in which the packages of this library lie side by side. */
const packages = new URL('../../../', import.meta.url).href;
const isOurs = (place: string): boolean => place.startsWith(packages) || place.includes('/@normgrad/');

/** `file:line:column` of the innermost frame outside of this library; null if lines are not recorded or there is none. */
export function sourceLine(): string | null {
  if (!recordingLines) return null;
  const v8: ErrorConstructor & { stackTraceLimit?: number } = Error;
  const { stackTraceLimit } = v8;
  v8.stackTraceLimit = 50; // modules in modules lie between an op and user code
  const stack = new Error().stack ?? '';
  if (stackTraceLimit !== undefined) v8.stackTraceLimit = stackTraceLimit;
  for (const frame of stack.split('\n')) {
    // "at f (file:///a.ts:1:2)" and "at file:///a.ts:1:2" in Chromium and Node, "f@http://a.js:1:2" in Firefox and Safari
    const place = /([^\s(@]+:\d+:\d+)\)?$/.exec(frame)?.[1];
    if (place === undefined) continue;
    const url = place.startsWith('/') ? `file://${place}` : place;
    if (!isOurs(url) && !url.startsWith('node:')) return place.replace(/^file:\/\//, '');
  }
  return null;
}

/** Anomaly mode: finds the op that made the first NaN or infinity. */
import { isFloat } from './dtype.ts';
import { AnomalyError } from './errors.ts';
import { type Shape, sameShape, showShape, stridesOf } from './shape.ts';
import { recordSourceLines, sourceLine } from './source-line.ts';
import { read } from './storage.ts';
import { refusePromise } from './tape.ts';
import type { Tensor } from './tensor.ts';
import { alsoWatchedBy, onlooker, type Watcher, watchedBy } from './watch.ts';

/**
 * Runs `fn` in anomaly mode: the first op that makes NaN of numbers, or infinity of finite ones, throws; so does the first op whose
 * backward does. The error names the op, the elements, and the source line that ran the op. Infinities that were asked for, as data or as
 * an option (a mask of -Infinity), are none. Every result is read, so it is slow.
 *
 * @throws AnomalyError at the first one. ArgumentError if `fn` returns a Promise.
 */
export function detectAnomaly<T>(fn: () => T): T {
  return refusePromise(
    'detectAnomaly',
    alsoWatchedBy(detective, () => recordSourceLines(fn)),
  );
}

interface Anomaly {
  readonly at: number;
  readonly value: number;
}

/** The first element that is NaN; without one, the first that is infinite. */
function anomalyOf(x: Tensor): Anomaly | undefined {
  if (!isFloat(x.dtype)) return undefined;
  const values = read(x.storage);
  const nan = values.findIndex(Number.isNaN);
  const at = nan >= 0 ? nan : values.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? undefined : { at, value: values[at]! };
}

type Named = readonly (readonly [name: string, x: Tensor | undefined])[];

const where = (shape: Shape, i: number): string =>
  `at ${showShape(stridesOf(shape).map((stride, dim) => Math.floor(i / stride) % shape[dim]!))}`;
const ranAt = (line: string | null): string => (line === null ? '' : ` (ran at ${line})`);

/** Throws if `results` hold a NaN though none of `sources` does, or an infinity though all of them are finite. */
function refuseAnomaly(doing: string, line: string | null, results: Named, sources: Named): void {
  const before = sources.map(([, x]) => x && anomalyOf(x)?.value).filter((value) => value !== undefined);
  if (before.some(Number.isNaN)) return;
  for (const [name, result] of results) {
    const found = result && anomalyOf(result);
    if (!result || !found || (before.length > 0 && !Number.isNaN(found.value))) continue;
    const { at, value } = found;
    const there = sources.flatMap(([source, x]) =>
      x && sameShape(x.shape, result.shape) ? [`${source} is ${read(x.storage)[at]}`] : [],
    );
    throw new AnomalyError(
      `${doing}: made ${value} ${where(result.shape, at)} of ${name} ${showShape(result.shape)}${ranAt(line)}` +
        `${there.length > 0 ? `, where ${there.join(', ')}` : ''}; keep its inputs away from there.`,
    );
  }
}

/** Checks what an op has computed. */
function checkForward(op: string, inputs: Named, outputs: Named, options: unknown): void {
  const line = sourceLine();
  for (const [name, x] of inputs) {
    const found = x?.isLeaf ? anomalyOf(x) : undefined;
    if (!x || !found || !Number.isNaN(found.value)) continue;
    throw new AnomalyError(
      `${op}: input ${name} ${showShape(x.shape)} is NaN ${where(x.shape, found.at)} as it comes in${ranAt(line)}; ` +
        'look where its values come from.',
    );
  }
  const asked = Object.values(options ?? {}).some((value) => Math.abs(Number(value)) === Number.POSITIVE_INFINITY);
  if (!asked) refuseAnomaly(op, line, outputs, inputs);
}

const detective: Watcher = {
  ...onlooker,
  forward(op, inputs, outputs, options, run) {
    run();
    checkForward(op.name, op.namedInputs(inputs), op.namedOutputs(outputs), options);
  },
  backward(node, cotangents, _wanted, run) {
    const { op, inputs, line } = node;
    const gradients = watchedBy(null, run);
    const sources = [...op.namedOutputs(cotangents, 'd'), ...op.namedInputs(inputs)];
    refuseAnomaly(`backward of ${op.name}`, line, op.namedInputs(gradients, 'd'), sources);
    return gradients;
  },
};

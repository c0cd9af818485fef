import { dirname } from 'node:path';
import type { Cell, Experiment, RunRecord, Versions } from './experiment.ts';
import { type Key, readRecord, recordPath, type Sweep } from './records.node.ts';

/** Every run of a sweep, setting by setting, seed by seed. */
function keysOf(experiment: Experiment, { settings, seeds, versions }: Sweep): Key[] {
  return settings.flatMap((setting) =>
    Array.from({ length: seeds }, (_, seed) => ({ experiment: experiment.name, setting, seed, versions })),
  );
}

export function sweepOf(experiment: Experiment, quick: boolean, seeds: number | undefined, versions: Versions): Sweep {
  const mode = quick ? 'quick' : 'full';
  return { quick, seeds: seeds ?? experiment.seeds[mode], settings: experiment.settings(quick), versions };
}

export interface Gathered {
  readonly cells: readonly Cell[];
  readonly missing: readonly Key[];
  /** Records that are not those looked for, and why: each named, or counted where there are many. */
  readonly unfit: readonly string[];
}

/** What is there of a sweep. */
export function gather(experiment: Experiment, sweep: Sweep, out: string): Gathered {
  const unfit = new Map<string, string[]>();
  const missing: Key[] = [];
  const records: RunRecord[] = [];
  for (const key of keysOf(experiment, sweep)) {
    const found = readRecord(out, key);
    if (found && 'record' in found) records.push(found.record);
    else missing.push(key);
    if (found && 'unfit' in found) unfit.set(found.unfit, [...(unfit.get(found.unfit) ?? []), recordPath(out, key)]);
  }
  const cells = sweep.settings.map((setting) => {
    const text = JSON.stringify(setting);
    return { setting, runs: records.filter((record) => JSON.stringify(record.setting) === text) };
  });
  return {
    cells: cells.filter(({ runs }) => runs.length > 0),
    missing,
    unfit: [...unfit].flatMap(([why, paths]) => name(paths, why)),
  };
}

function name(paths: readonly string[], why: string): string[] {
  if (paths.length <= 3) return paths.map((path) => `${path} is ${why}`);
  return [`${paths.length} records in ${dirname(paths[0]!)} are ${why}`];
}

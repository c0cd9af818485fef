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
  /** What stands in the place of a record and is none: path and why. */
  readonly unfit: readonly string[];
}

/** What is there of a sweep. */
export function gather(experiment: Experiment, sweep: Sweep, out: string): Gathered {
  const unfit: string[] = [];
  const missing: Key[] = [];
  const records: RunRecord[] = [];
  for (const key of keysOf(experiment, sweep)) {
    const found = readRecord(out, key);
    if (found && 'record' in found) records.push(found.record);
    else missing.push(key);
    if (found && 'unfit' in found) unfit.push(`${recordPath(out, key)} ${found.unfit}`);
  }
  const cells = sweep.settings.map((setting) => {
    const text = JSON.stringify(setting);
    return { setting, runs: records.filter((record) => JSON.stringify(record.setting) === text) };
  });
  return { cells: cells.filter(({ runs }) => runs.length > 0), missing, unfit };
}

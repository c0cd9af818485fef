/**
 * Statistics before anything is normalized, for some groups at a time: while one group waits (its deviations for a mean, its output for a
 * root and a division), the same step of other groups goes on. One after the other, small groups take a third longer.
 */
import { type I32, i32 } from '../runtime/instructions.ts';
import type { Func, Local } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { direct, type Region, repeat, smaller } from './norm-access.ts';
import { loadStat, storeStat } from './norm-normalize.ts';
import { type Count, firstMean, type Stat, statistics } from './norm-statistics.ts';

/** Bytes of a batch, unless one group has more: few enough for the second step to find them in the first-level cache. */
const together = 8192;

/** Runs `body` with the sizes of batches of groups that have so many bytes each. */
export function inBatches(f: Func, groups: I32, bytes: I32, body: (some: I32) => void): void {
  const most = f.let(i32.add(i32.div(i32.const(together), bytes), i32.const(1)));
  const left = f.let(groups);
  f.while(
    () => left,
    () => {
      const some = f.let(smaller(left, most));
      body(some);
      f.set(left, i32.sub(left, some));
    },
  );
}

/** Every `period`-th call of what this returns takes the addresses back to where they are now. */
export function cycle(f: Func, period: I32, addresses: readonly Local<'i32'>[]): () => void {
  const first = addresses.map((address) => f.let(address));
  const left = f.let(period);
  return () => {
    f.bump(left, -1);
    f.if(i32.eqz(left), () => {
      for (const [i, address] of addresses.entries()) f.set(address, first[i]!);
      f.set(left, period);
    });
  };
}

/** Addresses of a group's values and statistics. */
export interface Group {
  readonly x: Local<'i32'>;
  readonly mean: Local<'i32'>;
  readonly rstd: Local<'i32'>;
}

/** Runs `body` for some groups, `stride` apart. */
export function eachGroup(f: Func, groups: I32, stride: I32, start: Group, body: (group: Group) => void): void {
  const group = { x: f.let(start.x), mean: f.let(start.mean), rstd: f.let(start.rstd) };
  repeat(f, groups, () => {
    body(group);
    f.bump(group.x, stride);
    for (const address of [group.mean, group.rstd]) f.bump(address, 8);
  });
}

/** Writes the rstd of some groups, and if the norm is centred the mean: first one to begin with, in all of them. */
export function storeStatistics(
  f: Func,
  dtype: FloatType,
  groups: I32,
  start: Group,
  { stride, region, count }: { readonly stride: I32; readonly region: Region; readonly count: Count },
  eps: Stat,
  centred: boolean,
): void {
  if (centred)
    eachGroup(f, groups, stride, start, ({ x, mean }) => f.do(storeStat(mean, firstMean(f, direct[dtype], x, region))));
  eachGroup(f, groups, stride, start, ({ x, mean, rstd }) => {
    const first = centred ? f.let(loadStat(mean)) : undefined;
    const found = statistics(f, dtype, x, region, count, eps, first);
    f.do(...(centred ? [storeStat(mean, found.mean)] : []), storeStat(rstd, found.rstd));
  });
}

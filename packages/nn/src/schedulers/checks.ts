import { ArgumentError } from '@normgrad/autograd';
import { checkRange } from '../checks.ts';
import type { Scheduled } from './scheduler.ts';

/**
 * A setting of each group, given as one for all or as a list.
 *
 * @throws ArgumentError when it is asked, if the list is not as long as there are groups.
 */
export function perGroup<T extends number | ((step: number) => number)>(
  kind: string,
  name: string,
  given: T | readonly T[],
  groups: readonly unknown[],
): (group: number) => T {
  if (typeof given !== 'object') return () => given;
  return (group) => {
    const setting = given[group];
    if (setting !== undefined && given.length === groups.length) return setting;
    throw new ArgumentError(
      `${kind}: ${name} has ${given.length} entries for ${groups.length} groups; give one for all, or one for each.`,
    );
  };
}

/** As `perGroup`. @throws ArgumentError if a number is not from 0 to `most`. */
export function numberPerGroup(
  kind: string,
  name: string,
  given: number | readonly number[],
  groups: readonly unknown[],
  most?: number,
): (group: number) => number {
  const at = perGroup(kind, name, given, groups);
  groups.forEach((_, group) => {
    checkRange(kind, name, at(group), 0, most);
  });
  return at;
}

/** @throws ArgumentError if a scheduler is another optimizer's. */
export function checkOwner(kind: string, optimizer: Scheduled, schedulers: readonly { readonly optimizer: Scheduled }[]): void {
  const stranger = schedulers.findIndex((scheduler) => scheduler.optimizer !== optimizer);
  if (stranger >= 0) throw new ArgumentError(`${kind}: scheduler ${stranger} is another optimizer's; all must be of one.`);
}

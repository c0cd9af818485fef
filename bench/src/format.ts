/** Numbers as people read them. */

/** Three digits: 0.123, 1.23, 12.3, 123, 1230. */
export function digits(value: number): string {
  if (value === 0) return '0';
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}

/** A unit for times of this size, and how many microseconds it has. */
function unitOf(microseconds: number): readonly [string, number] {
  if (microseconds < 1e3) return ['us', 1];
  return microseconds < 1e6 ? ['ms', 1e3] : ['s', 1e6];
}

export function duration(microseconds: number): string {
  const [unit, size] = unitOf(microseconds);
  return `${digits(microseconds / size)} ${unit}`;
}

/** The median with the quartiles: 123 us (120 to 131). */
export function spread({ median, low, high }: { readonly median: number; readonly low: number; readonly high: number }): string {
  const [, size] = unitOf(median);
  return `${duration(median)} (${digits(low / size)} to ${digits(high / size)})`;
}

export function bytes(count: number): string {
  if (count < 1e3) return `${count} B`;
  return count < 1e6 ? `${digits(count / 1e3)} kB` : `${digits(count / 1e6)} MB`;
}

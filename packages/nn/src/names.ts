/** `runningMean` -> `running_mean`: our names in PyTorch's spelling, for state dicts. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Why rows miss their targets, if they do: what was measured, what was tried, what is left. */
export const reasons: Readonly<Record<string, string>> = {};

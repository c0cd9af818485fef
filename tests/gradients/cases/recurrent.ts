import type { OpCases } from './support.ts';

export const recurrentCases: OpCases = {};

import type { OpCases } from './support.ts';

export const poolCases: OpCases = {};

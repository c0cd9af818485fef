import type { OpCases } from './support.ts';

export const indexCases: OpCases = {};

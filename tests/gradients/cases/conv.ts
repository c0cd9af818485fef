import type { OpCases } from './support.ts';

export const convCases: OpCases = {};

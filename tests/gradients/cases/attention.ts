import type { OpCases } from './support.ts';

export const attentionCases: OpCases = {};

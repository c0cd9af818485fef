import { checkOp } from '@normgrad/gradcheck/property';
import { describe, expect, it } from 'vitest';
import { drawnOps } from './drawn-ops.ts';
import { opCases } from './op-cases.ts';

const drawn = new Set(drawnOps.map(({ name }) => name));

/** Every op in so many cases: drawn where an arbitrary is easy, at the points of its table elsewhere. */
export function drawnSuite(cases: number): void {
  it.each(drawnOps.map((op) => [op.name, op] as const))(`%s has right gradients in ${cases} drawn cases`, (_, op) => {
    const report = checkOp(op, { cases });
    expect(report.passed, String(report)).toBe(true);
  });
}

/** The others. */
export function tableSuite(cases: number): void {
  const tables = Object.entries(opCases).filter(([name]) => !drawn.has(name));
  describe('at the points of its table', () => {
    it.each(tables)(`%s has right gradients under ${cases} cotangents`, (_, table) => {
      const report = checkOp(table, { cases });
      expect(report.passed, String(report)).toBe(true);
    });
  });
}

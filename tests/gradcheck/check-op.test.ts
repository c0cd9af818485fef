/** checkOp: planted defects are found and shrunk; reports reproduce what they say. */
import { add, batchNorm, layerNorm, mul, ones, relu, sum, type Tensor, tanh } from '@normgrad/autograd';
import { checkOp, type DrawnOp, data, degenerate, grid, shapes, Values, weights } from '@normgrad/gradcheck/property';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scale } from './fixtures/wrong-scale.ts';

/** Layer norm, with everything that enters it constant which `cut` names. */
function norm(cut: readonly string[]): DrawnOp<{ x: Values; weight: Values; eps: number }> {
  const maybe = (name: string, x: Tensor): Tensor => (cut.includes(name) ? x.detach() : x);
  return {
    name: 'norm',
    inputs: shapes(1, 3).chain((shape) =>
      fc.record({ x: data(shape), weight: weights(shape.slice(-1)), eps: fc.constantFrom(1e-5, 0.5) }),
    ),
    fn: ({ x, weight, eps }) =>
      add(layerNorm(maybe('x', x), weight.shape, { weight: maybe('weight', weight), eps }), mul(sum(weight), 0.5)),
  };
}

describe('drawn cases', () => {
  it('pass for a right op, every one counted', () => {
    const report = checkOp(norm([]), { cases: 30 });
    expect(report).toMatchObject({ passed: true, verdict: 'passed', cases: 30 });
    expect(String(report)).toMatch(/^norm passed: \d+ of 30 cases, to \d+ digits/);
  });

  it('shrink a mean in place of a sum to two rows of one column', () => {
    for (const seed of [0, 1, 17]) {
      const { verdict, example } = checkOp(scale, { seed });
      expect(verdict).toBe('failed');
      expect(example!.inputs).toBe('x [2, 1], weight [1], twice: false');
      expect(String(example!.report)).toMatch(/^gradcheck FAILED: scale node #0 \(.*\), input 1 \(weight\) \[1\], element \[0\]/);
      expect(String(example!.report)).toContain('x agrees to');
      expect(String(example!.report)).toContain('looks like: mean instead of sum (2 values per');
    }
  });

  it('shrink a path that is cut to the fewest values that show it', () => {
    const { example } = checkOp(norm(['x']), { seed: 3 });
    expect(example!.inputs).toBe('x [2], weight [2], eps: 0.00001');
  });

  it('are drawn again by the seed and path of the report', () => {
    const { example } = checkOp(scale, { seed: 5 });
    const [, seed, path] = /^seed (\d+) path ([\d:]+)$/.exec(example!.replay)!;
    const again = checkOp(scale, { seed: Number(seed), path: path! });
    expect(String(again.example!.report)).toBe(String(example!.report));
    expect(again.cases).toBe(1);
  });

  it('tell where the outputs change with nothing, and where all is noise', () => {
    const constant = checkOp({
      name: 'constant',
      inputs: fc.record({ x: grid([2]) }),
      fn: () => ones([2], { dtype: 'float64' }),
    });
    expect(constant.verdict).toBe('inconclusive');
    expect(String(constant)).toMatch(/^constant inconclusive: the outputs change with no input in 100 of 100 cases; fn must/);
    const far = grid([3]).map(
      ({ shape, values }) =>
        new Values(
          shape,
          values.map((value) => value + 1e12),
        ),
    );
    const noisy = checkOp({ name: 'noisy', inputs: fc.record({ x: far }), fn: ({ x }) => layerNorm(x, 3) }, { cases: 5 });
    expect(noisy.verdict).toBe('inconclusive');
    expect(String(noisy)).toMatch(/\n {2}\d of 5 cases are not certain; one is: x \[3\], seed 0\n/);
  });

  it('may be degenerate: constants under a norm, ties and zeros under a kink', () => {
    for (const draw of Object.values(degenerate)) {
      const inputs = fc.record({ x: draw([3, 2]) });
      expect(String(checkOp({ name: 'relu', inputs, fn: ({ x }) => relu(x) }, { cases: 10 }))).toContain('passed');
      expect(String(checkOp({ name: 'norm', inputs, fn: ({ x }) => batchNorm(x, { training: true }) }, { cases: 5 }))).toContain(
        'passed',
      );
    }
  });

  it('hand on what fn throws', () => {
    const { inputs } = norm([]);
    expect(() => checkOp({ name: 'odd', inputs, fn: ({ x }) => layerNorm(x, 99) })).toThrow('layerNorm: ');
    expect(() => checkOp(norm([]), { cases: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: norm: 0 cases were asked for; it must be an integer from 1 on.]`,
    );
  });
});

describe('a table', () => {
  const table = [
    { title: 'of six', fn: tanh, inputs: [ones([2, 3], { dtype: 'float64' })] },
    { title: 'of one', fn: tanh, inputs: [ones([1], { dtype: 'float64' })] },
  ];

  it('is checked over and over with other cotangents', () => {
    expect(checkOp(table, { cases: 7 })).toMatchObject({ verdict: 'passed', cases: 7, certain: 7 });
    expect(checkOp(table, { cases: 1 })).toMatchObject({ cases: 2 });
    expect(() => checkOp([])).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: table: the list of cases is empty; give one or more { title, fn, inputs }.]`,
    );
  });

  it('shows its smallest case that fails, and a program for it', () => {
    const wrong = table.map((row) => ({ ...row, fn: (x: Tensor) => mul(tanh(x), tanh(x.detach())) }));
    const { example, cases } = checkOp(wrong);
    expect([example!.inputs, cases]).toEqual(['of one: x [1]', 1]);
    expect(example!.reproducer).toMatchInlineSnapshot(`
      "// of one, seed 0
      import { mul, tanh, tensor } from '@normgrad/autograd';
      import { gradcheck } from '@normgrad/gradcheck';

      const fn = (x) => mul(tanh(x), tanh(x.detach()));
      const x = tensor([1], { shape: [1], dtype: 'float64' });
      const report = gradcheck((x) => fn(x), [x], { names: ['x'], order: 1, digits: 6, seed: 0 });
      console.log(String(report));
      "
    `);
  });
});

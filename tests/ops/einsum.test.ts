/** Einsum against the sum that its equation says. */
import { einsum, grad, ones, type Shape, type Tensor, tensor } from '@normgrad/autograd';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { oneOf } from './selection.ts';
import { coordinates, flatIndex, floats, numbered, sizeOf, thrown, values } from './support.ts';

/** Shape and values of the result, and the operands' gradients for the cotangent 0, 1, 2, ...: sums over all values of all letters. */
function summed(terms: readonly string[], output: string, operands: readonly Tensor[]) {
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    [...term].forEach((letter, dim) => {
      const known = sizes.get(letter) ?? 1;
      sizes.set(letter, known === 1 ? operands[i]!.shape[dim]! : known);
    });
  });
  const all = [...sizes.values()];
  const letters = [...sizes.keys()];
  const shape = [...output].map((letter) => sizes.get(letter)!);
  const sums = Array<number>(sizeOf(shape)).fill(0);
  const given = operands.map(values);
  const gradients = given.map((list) => list.map(() => 0));
  for (let i = 0; i < sizeOf(all); i++) {
    const at = coordinates(i, all);
    const place = (term: string, own: Shape): number => {
      const places = [...term].map((letter, dim) => (own[dim] === 1 ? 0 : at[letters.indexOf(letter)]!));
      return flatIndex(places, own);
    };
    const to = place(output, shape);
    const from = terms.map((term, k) => place(term, operands[k]!.shape));
    const factors = from.map((index, k) => given[k]![index]!);
    const product = (except: number): number =>
      factors.reduce((result, factor, k) => (k === except ? result : result * factor), 1);
    sums[to]! += product(-1);
    for (const [k, index] of from.entries()) gradients[k]![index]! += to * product(k);
  }
  return { shape, sums, gradients };
}

/** Terms over the letters a to d, with y and z for the dimensions of '...'. */
const cases = fc.gen().map((gen) => {
  const sizes = new Map([...'abcdyz'].map((letter) => [letter, gen(oneOf<number>, 1, 2, 2, 3, 0)]));
  const dots = ['', 'z', 'yz'];
  const terms: string[] = [];
  const written: string[] = [];
  const shapes: number[][] = [];
  const hasDots = gen(fc.boolean);
  for (let i = gen(fc.integer, { min: 1, max: 3 }); i > 0; i--) {
    const letters = gen(fc.array<string>, oneOf(...'abcd'), { maxLength: 3 });
    const at = gen(fc.nat, letters.length);
    const middle = hasDots ? gen(oneOf<string>, ...dots) : '';
    const term = [...letters.slice(0, at), ...middle, ...letters.slice(at)].join('');
    terms.push(term);
    written.push([...letters.slice(0, at), hasDots ? '...' : '', ...letters.slice(at)].join(''));
    shapes.push([...term].map((letter) => (gen(fc.nat, 9) === 0 ? 1 : sizes.get(letter)!)));
  }
  const used = [...new Set(terms.join(''))];
  const free = used.filter((letter) => letter < 'y').sort();
  const kept = gen(fc.shuffledSubarray<string>, free);
  const most = used.includes('y') ? 'yz' : used.includes('z') ? 'z' : '';
  const implicit = gen(fc.boolean);
  const once = free.filter((letter) => terms.join('').split(letter).length === 2);
  return {
    terms,
    shapes,
    output: most + (implicit ? once : kept).join(''),
    equation: written.join(', ') + (implicit ? '' : ` -> ${hasDots ? '...' : ''}${kept.join('')}`),
  };
});

/** Without -0. */
const unsigned = (numbers: readonly number[]): number[] => numbers.map((x) => x + 0);

it.each(floats)('einsum is the sum it says, in value and gradient, %s', (dtype) => {
  fc.assert(
    fc.property(cases, ({ terms, shapes, output, equation }) => {
      const operands = shapes.map((shape, i) => numbered(shape, dtype).sub(i).detach().requiresGrad_());
      const y = einsum(equation, ...operands);
      const expected = summed(terms, output, operands);
      expect([y.shape, y.dtype, unsigned(values(y))]).toEqual([expected.shape, dtype, unsigned(expected.sums)]);
      const gradients = grad(y, operands, { gradOutputs: [numbered(y.shape, dtype)] });
      expect(gradients.map(values).map(unsigned)).toEqual(expected.gradients.map(unsigned));
    }),
    { numRuns: 300 },
  );
});

it('einsum knows the usual ones', () => {
  const a = numbered([2, 3]);
  const b = numbered([3, 2]);
  expect(einsum('ij,jk->ik', a, b).toArray()).toEqual(a.matmul(b).toArray());
  expect(einsum('ij,jk', a, b).toArray()).toEqual(a.matmul(b).toArray());
  expect(einsum('ba', a).toArray()).toEqual(a.T.toArray());
  expect(einsum('ii', numbered([3, 3])).item()).toBe(0 + 4 + 8);
  expect(einsum('ii -> i', numbered([3, 3])).toArray()).toEqual([0, 4, 8]);
  expect(einsum('i,j->ij', tensor([1, 2]), tensor([3, 4])).toArray()).toEqual([
    [3, 4],
    [6, 8],
  ]);
  expect(einsum('...ij->...ji', ones([5, 2, 3])).shape).toEqual([5, 3, 2]);
  expect(einsum('bhqd,bhkd->bhqk', ones([2, 4, 3, 8]), ones([2, 4, 5, 8])).shape).toEqual([2, 4, 3, 5]);
});

it('einsum refuses', () => {
  const a = ones([2, 3]);
  expect(
    [
      () => einsum('ij,jk->ik', a),
      () => einsum(''),
      () => einsum('ij->i->j', a),
      () => einsum('i1->i', a),
      () => einsum('ij......->i', a),
      () => einsum('ijk->i', a),
      () => einsum('i->i', a),
      () => einsum('ij...k->i', a),
      () => einsum('ij->ik', a),
      () => einsum('ij->ii', a),
      () => einsum('ij,jk->ik', a, ones([4, 2])),
      () => einsum('ii->i', a),
      () => einsum('...,...', a, ones([2, 4])),
      () => einsum('i,i', ones([2], { dtype: 'float64' }), ones([2])),
    ].map(thrown),
  ).toMatchInlineSnapshot(`
    [
      "ArgumentError: einsum: 'ij,jk->ik' was given for 1 operands; it must have a term for each, separated by commas, and at most one '->'.",
      "ArgumentError: einsum: '' was given for 0 operands; it must have a term for each, separated by commas, and at most one '->'.",
      "ArgumentError: einsum: 'ij->i->j' was given for 1 operands; it must have a term for each, separated by commas, and at most one '->'.",
      "ArgumentError: einsum: 'i1->i' has the term 'i1'; a term must be letters and at most one '...'.",
      "ArgumentError: einsum: 'ij......->i' has the term 'ij......'; a term must be letters and at most one '...'.",
      "ShapeError: einsum: 'ijk' has 3 letters for operand 0 [2, 3]; each of its 2 dimensions needs one.",
      "ShapeError: einsum: 'i' has 1 letters for operand 0 [2, 3]; each of its 2 dimensions needs one.",
      "ShapeError: einsum: 'ij...k' has 3 letters for operand 0 [2, 3]; each of its 2 dimensions needs one.",
      "ArgumentError: einsum: 'ij->ik' has 'k' in its result; it must be there once, and in an operand.",
      "ArgumentError: einsum: 'ij->ii' has 'i' in its result; it must be there once, and in an operand.",
      "ShapeError: einsum: 'j' of 'ij,jk->ik' has size 3, but in operand 1 [4, 2] size 4; they must be equal or one of them 1.",
      "ShapeError: einsum: 'i' of 'ii->i' has size 2, but in operand 0 [2, 3] size 3; they must be equal or one of them 1.",
      "ShapeError: einsum: '...-1' of '...,...' has size 3, but in operand 1 [2, 4] size 4; they must be equal or one of them 1.",
      "DTypeError: einsum: operand 0 is float64 and operand 1 is float32; all must be of one dtype; convert with .to().",
    ]
  `);
});

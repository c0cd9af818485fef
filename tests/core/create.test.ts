/** Tensors from numbers, back to numbers, and what is refused. */
import {
  arange,
  eye,
  full,
  Generator,
  getDefaultDType,
  linspace,
  ones,
  onesLike,
  rand,
  randn,
  randnLike,
  setDefaultDType,
  type TensorData,
  tensor,
  zeros,
  zerosLike,
} from '@normgrad/autograd';
import { afterEach, describe, expect, it } from 'vitest';
import { thrown, values } from './support.ts';

afterEach(() => setDefaultDType('float32'));

describe('tensor', () => {
  it.each<[TensorData, readonly number[], string]>([
    [3, [], 'float32'],
    [true, [], 'bool'],
    [[], [0], 'float32'],
    [[[], []], [2, 0], 'float32'],
    [[1, 2, 3], [3], 'float32'],
    [[[[1], [2]]], [1, 2, 1], 'float32'],
    [[true, false], [2], 'bool'],
    [new Float64Array([1, 2]), [2], 'float64'],
    [new Float32Array([1, 2]), [2], 'float32'],
    [new Int32Array([1, 2]), [2], 'int32'],
    [[new Float64Array([1, 2]), new Float64Array([3, 4])], [2, 2], 'float32'],
  ])('of %j', (data, shape, dtype) => {
    const x = tensor(data);
    expect([x.shape, x.dtype, x.requiresGrad, x.isLeaf]).toEqual([shape, dtype, false, true]);
    expect(x.rank).toBe(shape.length);
    expect(x.size).toBe(shape.reduce((product, n) => product * n, 1));
  });

  it('reads back as nested arrays, a flat copy, or one number', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const flat = x.toTypedArray();
    expect(flat).toEqual(new Float32Array([1, 2, 3, 4]));
    flat[0] = 9;
    expect(values(x)[0]).toBe(1);
    expect(tensor([[7]]).item()).toBe(7);
    expect(tensor([true, false]).toArray()).toEqual([1, 0]);
    expect(zeros([2, 0]).toArray()).toEqual([[], []]);
  });

  it('copies its data at the call', () => {
    const data = new Float32Array([1, 2]);
    const x = tensor(data);
    data[0] = 9;
    expect(values(x.add(0))).toEqual([1, 2]);
  });

  it('takes a shape for flat data, and the dtype asked for', () => {
    expect(tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] }).toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(tensor(new Float64Array([0.1]), { dtype: 'float32' }).item()).toBe(Math.fround(0.1));
    expect(values(tensor([1.9, -1.9], { dtype: 'int32' }))).toEqual([1, -1]);
    expect(values(tensor([2, 0, -1], { dtype: 'bool' }))).toEqual([1, 0, 1]);
    expect(values(tensor([0.5, Number.NaN, 256], { dtype: 'bool' }))).toEqual([1, 1, 1]); // as cast has it
  });

  it('refuses ragged rows, other things, and shapes that do not fit', () => {
    expect(thrown(() => tensor([[1, 2], [3]]))).toMatchInlineSnapshot(
      `"ShapeError: tensor: row 1 has shape [1], the rows before it [2]; all rows must have one shape."`,
    );
    expect(thrown(() => tensor([1, [2]]))).toMatchInlineSnapshot(
      `"ShapeError: tensor: row 1 has shape [1], the rows before it []; all rows must have one shape."`,
    );
    expect(thrown(() => tensor(JSON.parse('"1"')))).toMatchInlineSnapshot(
      `"ArgumentError: tensor: '1' was given; it must be a number, a boolean, or (nested) arrays of them; tensors are copied by clone(), and joined by stack() or cat()."`,
    );
    expect(thrown(() => tensor(JSON.parse('[1, null]')))).toMatchInlineSnapshot(
      `"ArgumentError: tensor: null was given; it must be a number, a boolean, or (nested) arrays of them; tensors are copied by clone(), and joined by stack() or cat()."`,
    );
    expect(thrown(() => tensor([1, 2, 3], { shape: [2, 2] }))).toMatchInlineSnapshot(
      `"ShapeError: tensor: 3 values were given for shape [2, 2], which holds 4."`,
    );
    expect(thrown(() => tensor([1], { shape: [1, 1.5] }))).toMatchInlineSnapshot(
      `"ShapeError: tensor: shape [1, 1.5] has size 1.5; sizes must be integers from 0 up."`,
    );
    expect(() => zeros([0]).item()).toThrow('has 0 elements');
    expect(thrown(() => tensor([1, 2]).item())).toMatchInlineSnapshot(
      `"ShapeError: item: the tensor of shape [2] has 2 elements; it must have one; use toArray()."`,
    );
  });
});

describe('filled tensors', () => {
  it('zeros, ones, full, eye, and those like another', () => {
    expect(values(zeros([2]))).toEqual([0, 0]);
    expect(values(ones([2], { dtype: 'int32' }))).toEqual([1, 1]);
    expect(full([], -0.5).item()).toBe(-0.5);
    expect(thrown(() => full([2], undefined as never))).toMatchInlineSnapshot(
      `"ArgumentError: full: value is undefined; it must be a number."`,
    );
    expect(values(full([2], 5, { dtype: 'bool' }))).toEqual([1, 1]);
    expect(full([2], -0).toTypedArray()).toEqual(new Float32Array([-0, -0]));
    expect(eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    const x = tensor([[1, 2]], { dtype: 'float64', requiresGrad: true });
    for (const like of [zerosLike(x), onesLike(x), randnLike(x)]) {
      expect([like.shape, like.dtype, like.requiresGrad]).toEqual([[1, 2], 'float64', false]);
    }
    const drawn = randnLike(x, { generator: new Generator(1), dtype: 'float32' });
    expect(drawn).toEqual(randn([1, 2], { generator: new Generator(1) }));
    expect(thrown(() => randnLike(tensor([true])))).toMatchInlineSnapshot(
      `"ArgumentError: randnLike: dtype bool was given; it must be float32 or float64."`,
    );
  });

  it('arange goes up to, but not including, its end', () => {
    expect(values(arange(4))).toEqual([0, 1, 2, 3]);
    expect(values(arange(-3, { start: 2, step: -2 }))).toEqual([2, 0, -2]);
    expect(values(arange(1, { step: 0.25, dtype: 'float64' }))).toEqual([0, 0.25, 0.5, 0.75]);
    expect(values(arange(1, { step: 0.1, dtype: 'float64' }))).toEqual(Array.from({ length: 10 }, (_, i) => i * 0.1));
    expect(values(arange(0))).toEqual([]);
    expect(arange(3, { dtype: 'int32' }).dtype).toBe('int32');
    expect(thrown(() => arange(3, { step: -1 }))).toMatchInlineSnapshot(
      `"ArgumentError: arange: from 0 to 3 in steps of -1 never arrives; step must lead from start to end."`,
    );
    expect(thrown(() => arange(3, { step: 0 }))).toMatchInlineSnapshot(
      `"ArgumentError: arange: from 0 to 3 in steps of 0 never arrives; step must lead from start to end."`,
    );
  });

  it('refuse sizes that no array has', () => {
    expect(thrown(() => zeros([2 ** 30, 2 ** 30]))).toMatchInlineSnapshot(
      `"MemoryError: tensor: 1152921504606847000 values of float32 were asked for; they must fit in one array; use smaller shapes."`,
    );
    expect(thrown(() => eye(2 ** 27))).toMatch('MemoryError: tensor: 18014398509481984 values of float32 were asked for');
    expect(thrown(() => rand([2 ** 52]))).toMatch('MemoryError: tensor: ');
    expect(thrown(() => arange(1e12))).toMatch('MemoryError: tensor: 1000000000000 values of float64');
    expect(thrown(() => linspace(0, 1, 1e12))).toMatch('MemoryError: tensor: ');
  });

  it('refuse shapes that are none', () => {
    expect(thrown(() => zeros([2, -1]))).toMatchInlineSnapshot(
      `"ShapeError: zeros: shape [2, -1] has size -1; sizes must be integers from 0 up."`,
    );
    expect(thrown(() => ones([0.5]))).toMatchInlineSnapshot(
      `"ShapeError: ones: shape [0.5] has size 0.5; sizes must be integers from 0 up."`,
    );
    expect(thrown(() => eye(-1))).toMatchInlineSnapshot(
      `"ShapeError: eye: shape [-1, -1] has size -1; sizes must be integers from 0 up."`,
    );
  });

  it('keep the shape they were given, whatever becomes of the array', () => {
    const shape = [2, 3];
    const x = zeros(shape);
    const y = tensor([1, 2, 3, 4, 5, 6], { shape });
    shape[0] = 9;
    expect([x.shape, y.shape]).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });
});

describe('the default dtype', () => {
  it('is that of tensors made from plain numbers', () => {
    setDefaultDType('float64');
    expect(getDefaultDType()).toBe('float64');
    expect([tensor([1]), zeros([1]), arange(2), eye(1)].map((x) => x.dtype)).toEqual(Array(4).fill('float64'));
    expect(tensor(new Float32Array(1)).dtype).toBe('float32');
    expect(tensor(true).dtype).toBe('bool');
  });
});

it('linspace: equal distances, both ends exact', () => {
  expect(values(linspace(-1, 1, 5))).toEqual([-1, -0.5, 0, 0.5, 1]);
  expect(values(linspace(0, 0.1, 4, { dtype: 'float64' })).at(-1)).toBe(0.1);
  expect(values(linspace(2, -1, 3, { dtype: 'int32' }))).toEqual([2, 0, -1]);
  expect([values(linspace(3, 9, 1)), values(linspace(3, 9, 0))]).toEqual([[3], []]);
  const x = values(linspace(-0.3, 0.3, 8, { dtype: 'float64' }));
  expect(x.map((value) => -value).reverse()).toEqual(x);
  expect(thrown(() => linspace(0, 1, 2.5))).toMatchInlineSnapshot(
    `"ArgumentError: linspace: steps is 2.5; it must be an integer from 0 up."`,
  );
});

/** Ops that lay elements out anew: joining, cutting, turning, repeating, padding. */
import {
  cat,
  chunk,
  clone,
  type DType,
  flip,
  grad,
  ones,
  type PadOptions,
  pad,
  repeat,
  roll,
  type Shape,
  split,
  stack,
  type Tensor,
  tensor,
  unbind,
  zeros,
} from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dtypes, expectSelection, oneOf, type Selection, selection, shapes } from './selection.ts';
import { coordinates, flatIndex, numbered, of, sizeOf, thrown, values } from './support.ts';

/** A shape, and one of its dimensions, counted from either end. */
const shapeAndDim = fc.gen().map((gen) => {
  const shape = gen(shapes, 1, 4);
  const dim = gen(fc.nat, shape.length - 1);
  return { shape, dim, given: gen(fc.boolean) ? dim : dim - shape.length };
});

const resized = (shape: Shape, dim: number, size: number): number[] => shape.map((old, i) => (i === dim ? size : old));
const moved = (at: number[], dim: number, by: number): number[] => at.map((each, i) => (i === dim ? each + by : each));

describe('cat and stack', () => {
  /** Tensors for a list of shapes, and their gradients for the cotangent 0, 1, 2, ... */
  const joined = (shapes: readonly Shape[], dtype: DType, join: (tensors: Tensor[]) => Tensor) => {
    const tensors = shapes.map((shape, i) =>
      of(
        Array(sizeOf(shape))
          .fill(0)
          .map((_, k) => 100 * i + k),
        shape,
        dtype,
      ),
    );
    const y = join(tensors);
    expect(y.dtype).toBe(dtype);
    if (dtype === 'int32' || dtype === 'bool') return { tensors, y, gradients: undefined };
    const leaves = tensors.map((x) => x.detach().requiresGrad_());
    return { tensors, y, gradients: grad(join(leaves), leaves, { gradOutputs: [numbered(y.shape, dtype)] }) };
  };

  it('cat puts each tensor behind the one before it', () => {
    fc.assert(
      fc.property(
        shapeAndDim,
        fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
        dtypes,
        ({ shape, dim, given }, sizes, dtype) => {
          const parts = sizes.map((size) => resized(shape, dim, size));
          const { tensors, y, gradients } = joined(parts, dtype, (xs) => cat(xs, { dim: given }));
          expect(y.shape).toEqual(
            resized(
              shape,
              dim,
              sizes.reduce((a, b) => a + b, 0),
            ),
          );
          let start = 0;
          tensors.forEach((x, k) => {
            const places = values(x).map((_, i) => flatIndex(moved(coordinates(i, x.shape), dim, start), y.shape));
            expect(places.map((place) => values(y)[place])).toEqual(values(x));
            if (gradients) expect(values(gradients[k]!)).toEqual(places);
            start += sizes[k]!;
          });
        },
      ),
    );
  });

  it('stack puts each tensor at a position of a new dimension', () => {
    fc.assert(
      fc.property(shapeAndDim, fc.integer({ min: 1, max: 4 }), dtypes, ({ shape, dim, given }, count, dtype) => {
        const part = shape.filter((_, i) => i !== dim);
        const { tensors, y, gradients } = joined(Array(count).fill(part), dtype, (xs) => stack(xs, { dim: given }));
        expect(y.shape).toEqual(resized(shape, dim, count));
        tensors.forEach((x, k) => {
          const places = values(x).map((_, i) => {
            const at = coordinates(i, part);
            return flatIndex([...at.slice(0, dim), k, ...at.slice(dim)], y.shape);
          });
          expect(places.map((place) => values(y)[place])).toEqual(values(x));
          if (gradients) expect(values(gradients[k]!)).toEqual(places);
        });
      }),
    );
  });

  it('one tensor several times gets the sum of its gradients, at order 2 too', () => {
    const x = of([1, 2]).requiresGrad_();
    const y = cat([x, x, stack([x, x]).flatten()]);
    const [dx] = grad(
      y
        .mul(y)
        .mul(of([1, 2, 3, 4, 5, 6, 7, 8]))
        .sum(),
      [x],
      { createGraph: true },
    );
    expect(values(dx!)).toEqual([2 * (1 + 3 + 5 + 7), 4 * (2 + 4 + 6 + 8)]);
    expect(values(grad(dx!.sum(), [x])[0]!)).toEqual([2 * (1 + 3 + 5 + 7), 2 * (2 + 4 + 6 + 8)]);
  });

  it('refuse what does not fit', () => {
    expect(
      [
        () => cat([]),
        () => cat([ones([2, 3]), ones([2, 2]), ones([3, 3])], { dim: 1 }),
        () => cat([ones([2, 3]), ones([2])]),
        () => cat([tensor(1)]),
        () => cat([ones([2]), ones([2], { dtype: 'float64' })]),
        () => cat([ones([2]), ones([2]), tensor([true])]),
        () => stack([]),
        () => stack([ones([2]), ones([2]), ones([3])]),
        () => stack([ones([2])], { dim: 2 }),
      ].map(thrown),
    ).toMatchInlineSnapshot(`
      [
        "ArgumentError: cat: no tensors were given; there must be at least one.",
        "ShapeError: cat: tensors[0] is [2, 3] and tensors[2] is [3, 3]; all sizes but that of dim 1 must be equal.",
        "ShapeError: cat: tensors[0] is [2, 3] and tensors[1] is [2]; all sizes but that of dim 0 must be equal.",
        "ShapeError: cat: dim 0 is out of range for a tensor of rank 0; a scalar has no dimensions.",
        "DTypeError: cat: tensors[0] is float32, tensors[1] is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64').",
        "DTypeError: cat: tensors[0] is float32 and tensors[2] is bool; all must be of one dtype; convert with .to().",
        "ArgumentError: stack: no tensors were given; there must be at least one.",
        "ShapeError: stack: tensors[0] is [2] and tensors[2] is [3]; all shapes must be equal; use cat to join along a dimension they have.",
        "ShapeError: stack: dim 2 is out of range for a result of rank 2; it must be an integer from -2 to 1.",
      ]
    `);
  });
});

describe('split, chunk and unbind', () => {
  /** The parts of x [.., sum of sizes, ..]; or its slices, where the dimension goes. */
  const expectParts = (
    fn: (x: Tensor) => Tensor[],
    shape: Shape,
    dim: number,
    sizes: readonly number[],
    dtype: DType,
    gone = false,
  ) => {
    let start = 0;
    sizes.forEach((size, k) => {
      const offset = start;
      const part = gone ? shape.filter((_, i) => i !== dim) : resized(shape, dim, size);
      const source = (at: number[]): number =>
        flatIndex(gone ? [...at.slice(0, dim), offset, ...at.slice(dim)] : moved(at, dim, offset), shape);
      expectSelection((x) => fn(x)[k]!, [shape, dtype], selection(part, source));
      start += size;
    });
    expect(fn(numbered(shape, dtype))).toHaveLength(sizes.length);
    const x = numbered(shape).requiresGrad_();
    const parts = fn(x);
    // Each part's cotangent is the part itself: together they are x.
    if (parts.length > 0) {
      const [dx] = grad(parts, [x], { gradOutputs: parts.map((part) => part.detach()) });
      expect(values(dx!)).toEqual(values(x));
    }
  };
  const total = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);

  it('split cuts into given sizes', () => {
    fc.assert(
      fc.property(
        shapeAndDim,
        fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
        dtypes,
        ({ shape, dim, given }, sizes, dtype) => {
          expectParts((x) => split(x, sizes, { dim: given }), resized(shape, dim, total(sizes)), dim, sizes, dtype);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('split and chunk cut into equal parts, the last one smaller', () => {
    const sizesOf = (n: number, fn: (x: Tensor) => Tensor[]): number[] => fn(zeros([n])).map((part) => part.size);
    expect([5, 4, 2, 0].map((n) => sizesOf(n, (x) => split(x, 2)))).toEqual([[2, 2, 1], [2, 2], [2], [0]]);
    expect([5, 4, 2, 0].map((n) => sizesOf(n, (x) => chunk(x, 4)))).toEqual([
      [2, 2, 1],
      [1, 1, 1, 1],
      [1, 1],
      [0, 0, 0, 0],
    ]);
    expectParts((x) => split(x, 2, { dim: 1 }), [2, 5, 2], 1, [2, 2, 1], 'float32');
    expectParts((x) => chunk(x, 2, { dim: -1 }), [2, 5], 1, [3, 2], 'float64');
    expect(split(zeros([0]), [])).toEqual([]);
  });

  it('unbind gives the slices', () => {
    fc.assert(
      fc.property(shapeAndDim, dtypes, ({ shape, dim, given }, dtype) => {
        expectParts((x) => unbind(x, { dim: given }), shape, dim, Array(shape[dim]!).fill(1), dtype, true);
      }),
      { numRuns: 40 },
    );
  });

  it('parts that are not used count for nothing, at order 2 too', () => {
    const x = of([1, 2, 3, 4, 5, 6], [3, 2]).requiresGrad_();
    const [first, , last] = unbind(x);
    const [dx] = grad(first!.mul(last!).mul(last!).sum(), [x], { createGraph: true }); // a c^2: [c^2, 0, 2 a c]
    expect(dx!.toArray()).toEqual([
      [25, 36],
      [0, 0],
      [10, 24],
    ]);
    const [, , c] = unbind(dx!);
    expect(grad(c!.sum(), [x])[0]!.toArray()).toEqual([
      [10, 12],
      [0, 0],
      [2, 4],
    ]);
  });

  it('refuse sizes that do not fill the dimension', () => {
    const x = ones([2, 5]);
    expect(
      [
        () => split(x, [2, 2], { dim: 1 }),
        () => split(x, [6, -1], { dim: 1 }),
        () => split(x, []),
        () => split(x, 0),
        () => split(x, 1.5),
        () => split(x, 1, { dim: 2 }),
        () => chunk(x, 0),
        () => chunk(tensor(1), 1),
        () => unbind(tensor(1)),
      ].map(thrown),
    ).toMatchInlineSnapshot(`
      [
        "ShapeError: split: sizes [2, 2] were given for dim 1 of x [2, 5]; they must be integers from 0 up that add up to 5.",
        "ShapeError: split: sizes [6, -1] were given for dim 1 of x [2, 5]; they must be integers from 0 up that add up to 5.",
        "ShapeError: split: sizes [] were given for dim 0 of x [2, 5]; they must be integers from 0 up that add up to 2.",
        "ArgumentError: split: parts of size 0 were asked for; the size must be a positive integer.",
        "ArgumentError: split: parts of size 1.5 were asked for; the size must be a positive integer.",
        "ShapeError: split: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1.",
        "ArgumentError: chunk: 0 chunks were asked for; the number must be a positive integer.",
        "ShapeError: chunk: dim 0 is out of range for a tensor of rank 0; a scalar has no dimensions.",
        "ShapeError: unbind: dim 0 is out of range for a tensor of rank 0; a scalar has no dimensions.",
      ]
    `);
  });
});

describe('clone', () => {
  it('has the values and the gradient of x', () => {
    fc.assert(
      fc.property(shapes(0, 4), dtypes, (shape, dtype) => {
        expectSelection(
          (x) => clone(x),
          [shape, dtype],
          selection(shape, (at) => flatIndex(at, shape)),
        );
      }),
    );
  });

  it('is not reached by what is written to x', () => {
    const x = tensor([1, 2]);
    const [shared, copy] = [x.detach(), x.clone()];
    x.assign([3, 4]);
    expect([shared.toArray(), copy.toArray()]).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });
});

describe('flip, roll and repeat', () => {
  it('flip reverses dimensions', () => {
    fc.assert(
      fc.property(shapes(0, 4), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), dtypes, (shape, flips, dtype) => {
        const dims = [...shape.keys()].filter((dim) => flips[dim]);
        const source = (at: number[]): number =>
          flatIndex(
            at.map((each, dim) => (dims.includes(dim) ? shape[dim]! - 1 - each : each)),
            shape,
          );
        expectSelection((x) => flip(x, dims), [shape, dtype], selection(shape, source));
      }),
    );
    expect(numbered([3]).flip(-1).toArray()).toEqual([2, 1, 0]);
  });

  it('roll moves along dimensions, or along x as one', () => {
    const rolls = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -7, max: 7 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(shapes(1, 4), rolls, dtypes, (shape, list, dtype) => {
        const dims = list.map(([dim]) => dim % shape.length);
        const shifts = list.map(([, shift]) => shift);
        const source = (at: number[]): number => {
          dims.forEach((dim, i) => {
            at[dim] = (at[dim]! - shifts[i]! + 7 * shape[dim]!) % shape[dim]!;
          });
          return flatIndex(at, shape);
        };
        expectSelection((x) => roll(x, shifts, { dims }), [shape, dtype], selection(shape, source));
        const size = sizeOf(shape);
        const whole = { shape, sources: Array.from({ length: size }, (_, i) => (i - shifts[0]! + 7 * size) % size) };
        expectSelection((x) => roll(x, shifts[0]!), [shape, dtype], whole);
      }),
    );
    expect(numbered([4]).roll(1).toArray()).toEqual([3, 0, 1, 2]);
    expect(roll(tensor(3), 5).item()).toBe(3);
  });

  it('repeat lays x side by side', () => {
    fc.assert(
      fc.property(shapes(0, 3), fc.array(fc.nat(3), { minLength: 3, maxLength: 4 }), dtypes, (shape, repeats, dtype) => {
        const added = repeats.length - shape.length;
        const result = repeats.map((count, i) => count * (shape[i - added] ?? 1));
        const source = (at: number[]): number =>
          flatIndex(
            shape.map((size, i) => at[i + added]! % size),
            shape,
          );
        expectSelection((x) => repeat(x, repeats), [shape, dtype], selection(result, source));
      }),
    );
  });

  it('refuse', () => {
    const x = ones([2, 3]);
    expect(
      [
        () => flip(x, 2),
        () => flip(x, [0, -2]),
        () => roll(x, [1, 2], { dims: 0 }),
        () => roll(x, 1.5),
        () => roll(x, 1, { dims: 2 }),
        () => repeat(x, [2]),
        () => repeat(x, [2, -1]),
      ].map(thrown),
    ).toMatchInlineSnapshot(`
      [
        "ShapeError: flip: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1.",
        "ShapeError: flip: dim 0 is named twice; name each dimension once.",
        "ArgumentError: roll: shifts [1, 2] were given for dims [0]; there must be one integer for each dimension.",
        "ArgumentError: roll: shifts [1.5] were given for dims [0]; there must be one integer for each dimension.",
        "ShapeError: roll: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1.",
        "ShapeError: repeat: repeats [2] were given for x [2, 3]; each dimension needs a count, an integer from 0 up.",
        "ShapeError: repeat: repeats [2, -1] were given for x [2, 3]; each dimension needs a count, an integer from 0 up.",
      ]
    `);
  });
});

describe('pad', () => {
  type Mode = NonNullable<PadOptions['mode']>;

  /** Where an element comes from along one dimension: out of `size`, `before` the border. */
  const along = (mode: Mode, at: number, size: number, before: number, after: number): number | undefined => {
    const i = at - before;
    const first = Math.max(0, -before);
    const end = size - Math.max(0, -after);
    if (i >= first && i < end) return i;
    switch (mode) {
      case 'constant':
        return undefined;
      case 'reflect':
        return i < 0 ? -i : i >= size ? 2 * size - 2 - i : i;
      case 'replicate':
        return Math.min(Math.max(i, 0), size - 1);
      case 'circular':
        return i < first ? end - (first - i) : first + (i - end);
    }
  };

  const padded = (mode: Mode, shape: Shape, pads: readonly number[]): Selection => {
    const ends = shape.map((_, dim) => pads.slice(2 * (shape.length - 1 - dim), 2 * (shape.length - dim)));
    const result = shape.map((size, dim) => size + (ends[dim]![0] ?? 0) + (ends[dim]![1] ?? 0));
    return selection(result, (at) => {
      const source = at.map((each, dim) => along(mode, each, shape[dim]!, ends[dim]![0] ?? 0, ends[dim]![1] ?? 0));
      return source.includes(undefined) ? undefined : flatIndex(source as number[], shape);
    });
  };

  const cases = fc.gen().map((gen) => {
    const mode = gen(oneOf<Mode>, 'constant', 'reflect', 'replicate', 'circular');
    const shape = gen(shapes, 1, 4).map((size) => (mode === 'replicate' ? Math.max(1, size) : size));
    const pads = shape
      .slice(gen(fc.nat, shape.length))
      .reverse()
      .flatMap((size) => {
        const least = -Math.floor(size / 2);
        const before = gen(fc.integer, { min: least, max: 3 });
        const after = gen(fc.integer, { min: least, max: 3 });
        const most = mode === 'reflect' ? size - 1 : mode === 'circular' ? size + Math.min(0, before) + Math.min(0, after) : 3;
        return [before, after].map((each) => Math.min(each, Math.max(0, most)));
      });
    return { mode, shape, pads };
  });

  it('surrounds x by what its mode says', () => {
    fc.assert(
      fc.property(cases, dtypes, ({ mode, shape, pads }, dtype) => {
        const value = mode !== 'constant' ? 0 : dtype === 'bool' ? 1 : -3;
        expectSelection((x) => pad(x, pads, { mode, value }), [shape, dtype], padded(mode, shape, pads), { value });
      }),
      { numRuns: 300 },
    );
  });

  it('has examples', () => {
    const x = numbered([4]);
    const rows: [Mode, number[], number[]][] = [
      ['constant', [1, 2], [0.5, 0, 1, 2, 3, 0.5, 0.5]],
      ['constant', [-1, 1], [1, 2, 3, 0.5]],
      ['reflect', [2, 3], [2, 1, 0, 1, 2, 3, 2, 1, 0]],
      ['replicate', [2, 1], [0, 0, 0, 1, 2, 3, 3]],
      ['circular', [1, 4], [3, 0, 1, 2, 3, 0, 1, 2, 3]],
      ['circular', [-1, 2], [1, 2, 3, 1, 2]],
    ];
    for (const [mode, pads, expected] of rows)
      expect(values(pad(x, pads, { mode, ...(mode === 'constant' && { value: 0.5 }) }))).toEqual(expected);
    expect(values(pad(ones([2]), [1, 0], { value: Number.NEGATIVE_INFINITY }))).toEqual([Number.NEGATIVE_INFINITY, 1, 1]);
  });

  it('refuses', () => {
    const x = ones([2, 3]);
    expect(
      [
        () => pad(x, [1]),
        () => pad(x, [1, 1, 1, 1, 1, 1]),
        () => pad(x, [0.5, 0]),
        () => pad(x, [-2, -2]),
        () => pad(x, [0, 3], { mode: 'reflect' }),
        () => pad(x, [4, 0], { mode: 'circular' }),
        () => pad(zeros([2, 0]), [1, 0], { mode: 'replicate' }),
        () => pad(x, [0, 0], { mode: 'mirror' as 'reflect' }),
        () => pad(x, [1, 1], { mode: 'reflect', value: 3 }),
        () => pad(x.to('int32'), [1, 1], { value: 0.5 }),
      ].map(thrown),
    ).toMatchInlineSnapshot(`
      [
        "ArgumentError: pad: pad [1] was given for x [2, 3]; it must be two integers (before, after) for each dimension from the last one on.",
        "ArgumentError: pad: pad [1, 1, 1, 1, 1, 1] was given for x [2, 3]; it must be two integers (before, after) for each dimension from the last one on.",
        "ArgumentError: pad: pad [0.5, 0] was given for x [2, 3]; it must be two integers (before, after) for each dimension from the last one on.",
        "ShapeError: pad: -2 and -2 cut off more than the 3 positions of dim 1 of x [2, 3]; they must leave 0 or more.",
        "ShapeError: pad: mode 'reflect' was asked for 0 and 3 positions beyond dim 1 of x [2, 3]; it reaches 2; pad repeatedly, or use another mode.",
        "ShapeError: pad: mode 'circular' was asked for 4 and 0 positions beyond dim 1 of x [2, 3]; it reaches 3; pad repeatedly, or use another mode.",
        "ShapeError: pad: mode 'replicate' was asked for 1 and 0 positions beyond dim 1 of x [2, 0]; it reaches 0; pad repeatedly, or use another mode.",
        "ArgumentError: pad: mode 'mirror' was given; it must be 'constant', 'reflect', 'replicate' or 'circular'.",
        "ArgumentError: pad: value 3 was given with mode 'reflect', whose border is made of x; leave it out.",
        "ArgumentError: pad: value 0.5 was given for int32; it must be an integer of 32 bits.",
      ]
    `);
  });
});

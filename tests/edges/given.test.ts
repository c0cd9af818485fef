/** Arguments as PyTorch takes them, which TypeScript refuses and plain JavaScript lets pass: none may be left unread. */
import * as ng from '@normgrad/autograd';
import * as nn from '@normgrad/nn';
import { describe, expect, it, vi } from 'vitest';
import { thrown } from '../ops/support.ts';

const x = ng.ones([1, 2, 4, 4]);
const flat = ng.ones([2, 3]);
const functions: Readonly<Record<string, unknown>> = ng;
/** Calls what has no types. */
const call = (name: string, ...args: unknown[]) => thrown(() => (functions[name] as (...args: unknown[]) => unknown)(...args));

describe('numbers in place of options', () => {
  it.each([
    ['sum', 0],
    ['mean', 1],
    ['prod', 0],
    ['amax', 0],
    ['max', 0],
    ['min', 0],
    ['argmax', 1],
    ['variance', 0],
    ['std', 0],
    ['logsumexp', 0],
    ['vectorNorm', 1],
    ['any', 0],
    ['flatten', 1],
    ['unbind', 1],
  ] as const)('%s refuses %s', (name, dim) => {
    expect(call(name, flat, dim)).toMatch(
      `ArgumentError: ${name}: ${dim} was given for the options; they must be an object with any of `,
    );
  });

  it('is refused by what joins and cuts', () => {
    expect(call('cat', [flat, flat], 1)).toMatchInlineSnapshot(
      `"ArgumentError: cat: 1 was given for the options; they must be an object with any of dim."`,
    );
    expect(call('stack', [flat, flat], 1)).toMatch('stack: 1 was given');
    expect(call('split', flat, 1, 1)).toMatch('split: 1 was given');
    expect(call('chunk', flat, 2, 1)).toMatch('chunk: 1 was given');
  });
});

describe('numbers in place of sizes and dimensions', () => {
  it.each([
    ['reshape', 'shape'],
    ['expand', 'shape'],
    ['sumTo', 'shape'],
    ['permute', 'dims'],
    ['repeat', 'repeats'],
    ['pad', 'pad'],
  ] as const)('%s refuses %s as numbers', (name, argument) => {
    expect(call(name, flat, 3, 2)).toBe(
      `ArgumentError: ${name}: ${argument} is 3; it must be an array of integers, such as [2, 3].`,
    );
  });

  it('is refused where tensors are made', () => {
    expect(call('zeros', 2, 3)).toMatchInlineSnapshot(
      `"ArgumentError: zeros: shape is 2; it must be an array of integers, such as [2, 3]."`,
    );
    expect(call('randn', 2, 3)).toMatch('randn: shape is 2');
  });
});

it('options in place of sizes', () => {
  expect(call('maxPool2d', x, { kernelSize: 2 })).toMatchInlineSnapshot(
    `"ArgumentError: maxPool2d: kernelSize is { kernelSize }; it must be an integer from 1 up, or a pair of them."`,
  );
  expect(call('avgPool1d', flat, { kernelSize: 2 })).toMatchInlineSnapshot(
    `"ArgumentError: avgPool1d: kernelSize is { kernelSize }; it must be an integer from 1 up."`,
  );
  expect(call('adaptiveAvgPool2d', x, { outputSize: 2 })).toMatchInlineSnapshot(
    `"ArgumentError: adaptiveAvgPool2d: outputSize is { outputSize }; it must be an array of integers, such as [2, 3]."`,
  );
  expect(call('layerNorm', flat, { normalizedShape: 3 })).toMatchInlineSnapshot(
    `"ArgumentError: layerNorm: normalizedShape is { normalizedShape }; it must be an array of integers, such as [2, 3]."`,
  );
  expect(call('split', flat, { sizes: 1 })).toMatchInlineSnapshot(
    `"ArgumentError: split: sizes is { sizes }; it must be an array of integers, such as [2, 3]."`,
  );
  expect(call('flip', flat, { dims: 0 })).toMatchInlineSnapshot(
    `"ArgumentError: flip: dim is { dims }; it must be an array of integers, such as [2, 3]."`,
  );
  expect(call('conv2d', x, ng.ones([1, 2, 1, 1]), { stride: '2' })).toMatchInlineSnapshot(
    `"ArgumentError: conv2d: stride is '2'; it must be an integer from 1 up, or a pair of them."`,
  );
});

it('tensors in place of options', () => {
  expect(call('layerNorm', flat, 3, ng.ones([3]), ng.zeros([3]))).toMatchInlineSnapshot(
    `"ArgumentError: layerNorm: a tensor was given for the options; they must be an object with any of weight, bias, eps."`,
  );
});

it('other things in place of tensors', () => {
  expect(call('relu', [1, 2])).toMatchInlineSnapshot(
    `"ArgumentError: relu: x is [1, 2]; it must be a tensor; make one with tensor()."`,
  );
  expect(call('linear', flat, flat, () => flat)).toMatchInlineSnapshot(
    `"ArgumentError: linear: bias is a function; it must be a tensor; make one with tensor()."`,
  );
  expect(call('mul', flat, new Float32Array(3))).toMatchInlineSnapshot(
    `"ArgumentError: mul: a Float32Array was given; an operand must be a tensor or a number; make one with tensor()."`,
  );
});

it('tensors of another copy of the package', async () => {
  vi.resetModules();
  const other = (await import('@normgrad/autograd')).ones([2, 3]);
  expect(other).not.toBeInstanceOf(ng.Tensor);
  expect(call('relu', other)).toMatchInlineSnapshot(
    `"ArgumentError: relu: a tensor of another copy of @normgrad/autograd was given; there must be one copy; have all packages depend on the same version."`,
  );
  const refused = expect.stringMatching(/^ArgumentError: \w+: a tensor of another copy of @normgrad/);
  expect(call('mul', flat, other)).toEqual(refused);
  expect(thrown(() => new nn.Linear(3, 1).call(other))).toEqual(refused);
  expect(thrown(() => new nn.SGD([other], { lr: 1 }))).toEqual(refused);
  expect(thrown(() => new nn.Parameter(other))).toEqual(refused);
});

const ops = Object.entries(functions).filter(([name, value]) => name.endsWith('Op') && typeof value === 'object') as [
  string,
  ng.TypedOp<readonly [], readonly [], object>,
][];
const others = [undefined, null, 3, 'x', [1], true, {}];

it.each(ops)('%s refuses what is no tensor as each of its inputs, wherever one must be', (_, op) => {
  op.inputNames.forEach((_, i) => {
    for (const other of others) {
      const inputs = op.inputNames.map((_name, k) => (k === i ? other : flat)) as unknown as readonly [];
      const message = thrown(() => op.run(inputs, {}));
      const start = `ArgumentError: ${op.name}: ${op.inputName(i)} is `;
      if (other !== undefined || !op.optional[i]) expect(message.startsWith(start), message).toBe(true);
    }
  });
});

describe('functions that are differentiated as a whole', () => {
  const square = (y: ng.Tensor) => ng.square(y);
  it.each(['jvp', 'vjp', 'jacobian', 'hessian', 'linearize'])('%s refuses what is no function, and no tensors', (name) => {
    expect(call(name, 3, [flat], [flat])).toBe(
      `ArgumentError: ${name}: fn is 3; it must be a function of tensors that returns tensors.`,
    );
    for (const other of [undefined, null, 1e10, 'x', {}, [3], [undefined]]) {
      expect(call(name, square, other, [flat])).toMatch(
        /^ArgumentError: \w+: the inputs are .*; they must be an array of tensors/,
      );
    }
  });

  it('checkpoint takes an array of inputs', () => {
    expect(call('checkpoint', square, flat)).toMatch(
      /^ArgumentError: checkpoint: the inputs are a tensor; they must be an array of tensors/,
    );
  });

  it('grad takes an array of inputs', () => {
    const x = ng.ones([2], { requiresGrad: true });
    expect(call('grad', ng.square(x), x)).toMatch(
      /^ArgumentError: grad: the inputs are a tensor; they must be an array of tensors/,
    );
    expect(call('grad', [3], [x])).toMatch(/^ArgumentError: grad: the outputs are \[3\]; they must be an array of tensors/);
  });

  it('directions, cotangents and results', () => {
    for (const other of [undefined, null, 1e10, [3]]) {
      const given = other as unknown as ng.Tensor[];
      if (other !== undefined) expect(call('jvp', square, [flat], given)).toMatch('ArgumentError: jvp: the tangents are ');
      expect(thrown(() => ng.linearize(square, [flat]).pushforward(given))).toMatch('linearize: the tangents are ');
      expect(thrown(() => ng.vjp((y) => [y], [flat]).pullback(given))).toMatch('vjp: the cotangents are ');
    }
    expect(call('hessian', () => 3, flat)).toMatchInlineSnapshot(
      `"ArgumentError: hessian: fn returned 3; it must return a tensor of one element."`,
    );
  });
});

it('ranges that random integers do not have', () => {
  expect(call('randint', 0, 2 ** 33, [2])).toMatchInlineSnapshot(
    `"ArgumentError: randint: the range [0, 8589934592) was given for int32; it must be within [-2^31, 2^31)."`,
  );
  expect(call('randint', 0, 2 ** 33, [2], { dtype: 'float64' })).toMatchInlineSnapshot(
    `"ArgumentError: integer: 8589934592 was given; n must be from 1 to 2^32."`,
  );
  for (const n of [0, -1, Number.NaN, 2 ** 33]) {
    expect(thrown(() => new ng.Generator(1).integer(n))).toBe(
      `ArgumentError: integer: ${n} was given; n must be from 1 to 2^32.`,
    );
  }
  const whole = ng.randint(-(2 ** 31), 2 ** 31, [100]).toTypedArray();
  expect(Math.min(...whole)).toBeLessThan(-1e9);
  expect(Math.max(...whole)).toBeGreaterThan(1e9);
});

it('dtypes that there are not', () => {
  expect(call('zeros', [2], { dtype: 'int64' })).toMatchInlineSnapshot(
    `"DTypeError: tensor: dtype 'int64' was given; it must be 'float32', 'float64', 'int32' or 'bool'."`,
  );
  expect(call('tensor', 1, { dtype: 'toString' })).toMatch("dtype 'toString' was given");
  expect(call('cast', flat, 'float16')).toMatchInlineSnapshot(
    `"DTypeError: cast: dtype 'float16' was given; it must be 'float32', 'float64', 'int32' or 'bool'."`,
  );
  expect(call('setDefaultDType', 'int32')).toMatchInlineSnapshot(
    `"DTypeError: setDefaultDType: dtype 'int32' was given; it must be 'float32' or 'float64'."`,
  );
});

it('numbers in place of tensors that modules hold', () => {
  // @ts-expect-error a number
  expect(thrown(() => new nn.BCEWithLogitsLoss({ posWeight: 3 }))).toMatchInlineSnapshot(
    `"ArgumentError: Buffer: 3 was given; it must be a tensor; make one with tensor()."`,
  );
  // @ts-expect-error a list
  expect(thrown(() => new nn.Parameter([1, 2]))).toMatchInlineSnapshot(
    `"ArgumentError: Parameter: [1, 2] was given; it must be a tensor; make one with tensor()."`,
  );
});

it('tensors and texts in place of numbers', () => {
  expect(call('tensor', [flat, flat])).toMatchInlineSnapshot(
    `"ArgumentError: tensor: a tensor was given; it must be a number, a boolean, or (nested) arrays of them; tensors are copied by clone(), and joined by stack() or cat()."`,
  );
  expect(call('tensor', ['1'])).toMatchInlineSnapshot(
    `"ArgumentError: tensor: '1' was given; it must be a number, a boolean, or (nested) arrays of them; tensors are copied by clone(), and joined by stack() or cat()."`,
  );
  expect(call('add', flat, '1')).toMatchInlineSnapshot(
    `"ArgumentError: add: '1' was given; an operand must be a tensor or a number; make one with tensor()."`,
  );
});

it('numbers in place of options, or options in place of sizes, of modules and optimizers', () => {
  const classes: Readonly<Record<string, unknown>> = nn;
  const make = (name: string, ...args: unknown[]) =>
    thrown(() => new (classes[name] as new (...args: unknown[]) => unknown)(...args));
  expect(call('dropout', flat, 0.2)).toMatchInlineSnapshot(
    `"ArgumentError: dropout: 0.2 was given for the options; they must be an object with any of p, training, generator."`,
  );
  expect(make('Dropout', 0.2)).toMatchInlineSnapshot(
    `"ArgumentError: Dropout: 0.2 was given for the options; they must be an object with any of p, generator."`,
  );
  expect(make('Linear', 2, 3, false)).toMatchInlineSnapshot(
    `"ArgumentError: Linear: false was given for the options; they must be an object with any of bias, generator, dtype."`,
  );
  expect(make('SGD', new nn.Linear(2, 3).parameters(), 0.1)).toMatchInlineSnapshot(
    `"ArgumentError: SGD: 0.1 was given for the options; they must be an object with any of lr, momentum, dampening, weightDecay, nesterov, maximize."`,
  );
  expect(make('Conv2d', 3, 4)).toMatchInlineSnapshot(
    `"ArgumentError: Conv2d: kernelSize must be an integer from 1 up, or a pair of them, got undefined."`,
  );
  expect(make('Conv2d', 3, 4, { kernelSize: 3 })).toMatchInlineSnapshot(
    `"ArgumentError: Conv2d: kernelSize must be an integer from 1 up, or a pair of them, got { kernelSize }."`,
  );
});

it('a layer in place of what makes layers', () => {
  // @ts-expect-error a layer, as in PyTorch
  expect(thrown(() => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2), 2))).toMatchInlineSnapshot(
    `"ArgumentError: TransformerEncoder: a TransformerEncoderLayer was given; it must be a function that makes a layer, so that each has weights of its own; write () => new TransformerEncoderLayer(...)."`,
  );
});

it('a tensor in place of its graph', () => {
  expect(call('toDot', flat)).toMatchInlineSnapshot(
    `"ArgumentError: toDot: no graph was given; it must be one that graphOf made: toDot(graphOf(y))."`,
  );
});

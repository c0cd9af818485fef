import { conv2d, convTranspose1d, Generator, randn, tensor, uniform } from '@normgrad/autograd';
import { Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Sequential } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { values } from './support.ts';

it('modules hand their parameters and options to the op', () => {
  const x = randn([2, 4, 7, 6]);
  const conv = new Conv2d(4, 6, [3, 2], { stride: 2, padding: [1, 0], dilation: [2, 1], groups: 2 });
  const { weight, bias } = conv;
  expect(values(conv.call(x))).toEqual(
    values(conv2d(x, weight, { bias, stride: 2, padding: [1, 0], dilation: [2, 1], groups: 2 })),
  );
  const transposed = new ConvTranspose1d(4, 6, 3, {
    stride: 2,
    padding: 1,
    outputPadding: 1,
    dilation: 2,
    groups: 2,
    bias: false,
  });
  const y = transposed.call(x.reshape([2, 4, 42]));
  const options = { stride: 2, padding: 1, outputPadding: 1, dilation: 2, groups: 2 };
  expect(values(y)).toEqual(values(convTranspose1d(x.reshape([2, 4, 42]), transposed.weight, options)));
  expect([y.shape, transposed.bias]).toEqual([[2, 6, 86], undefined]);
  expect(new ConvTranspose2d(4, 2, 2, { stride: 2 }).call(x).shape).toEqual([2, 2, 14, 12]);
  expect(new Conv1d(4, 2, 3, { padding: 'same' }).call(x.reshape([4, 4, 21])).shape).toEqual([4, 2, 21]);
});

it('parameters have the names, shapes and initial values of PyTorch', () => {
  const model = new Sequential(
    new Conv1d(4, 6, 5, { groups: 2 }),
    new Conv2d(4, 8, [3, 2]),
    new ConvTranspose1d(4, 6, 5, { groups: 2 }),
    new ConvTranspose2d(4, 8, [3, 2]),
  );
  expect(model.namedParameters().map(([name, { shape }]) => `${name} [${shape}]`)).toEqual([
    '0.weight [6,2,5]',
    '0.bias [6]',
    '1.weight [8,4,3,2]',
    '1.bias [8]',
    '2.weight [4,3,5]',
    '2.bias [6]',
    '3.weight [4,8,3,2]',
    '3.bias [8]',
  ]);
  // Uniform on +-1 / sqrt(fan in), which torch takes to be the weight's second size times the kernel.
  const bound = 1 / Math.sqrt(8 * 3 * 2);
  const [of, draws] = [new Generator(3), new Generator(3)];
  const { weight, bias } = new ConvTranspose2d(4, 8, [3, 2], { generator: of });
  expect(values(weight)).toEqual(values(uniform([4, 8, 3, 2], -bound, bound, { generator: draws })));
  expect(values(bias!)).toEqual(values(uniform([8], -bound, bound, { generator: draws })));
});

describe('padding modes', () => {
  // Expected values are PyTorch's.
  it.each([
    ['zeros', 2, [2100, 3210, 5321, 532, 53]],
    ['zeros', 'same', [3210, 5321, 532, 53]],
    ['reflect', 2, [2123, 3212, 5321, 3532, 2353]],
    ['reflect', 'same', [3212, 5321, 3532, 2353]],
    ['replicate', 2, [2111, 3211, 5321, 5532, 5553]],
    ['circular', 2, [2153, 3215, 5321, 1532, 2153]],
    ['circular', 'same', [3215, 5321, 1532, 2153]],
    ['circular', 'valid', [5321]],
  ] as const)('%s, %s', (paddingMode, padding, expected) => {
    const conv = new Conv1d(1, 1, 4, { padding, paddingMode, bias: false });
    conv.loadStateDict({ weight: tensor([[[1, 10, 100, 1000]]]) });
    expect(values(conv.call(tensor([[1, 2, 3, 5]])))).toEqual(expected);
  });

  it('pad each axis by its own', () => {
    const conv = new Conv2d(1, 1, [1, 3], { padding: [0, 1], stride: [1, 2], paddingMode: 'reflect', bias: false });
    conv.loadStateDict({ weight: tensor([[[[1, 10, 100]]]]) });
    expect(
      conv
        .call(
          tensor([
            [
              [1, 2, 3],
              [4, 5, 6],
            ],
          ]),
        )
        .toArray(),
    ).toEqual([
      [
        [212, 232],
        [545, 565],
      ],
    ]);
  });
});

it('toString shows the settings', () => {
  expect(
    [
      new Conv1d(1, 2, 3),
      new Conv2d(2, 4, [3, 1], { stride: 2, padding: 'valid', paddingMode: 'reflect', groups: 2 }),
      new ConvTranspose2d(2, 4, 3, { padding: [1, 0] }),
    ].map(String),
  ).toMatchInlineSnapshot(`
    [
      "Conv1d(1, 2, kernelSize=3, stride=1, padding=0, dilation=1, groups=1, bias=true)",
      "Conv2d(2, 4, kernelSize=[3, 1], stride=2, padding=valid, dilation=1, groups=2, bias=true, paddingMode=reflect)",
      "ConvTranspose2d(2, 4, kernelSize=3, stride=1, padding=[1, 0], dilation=1, groups=1, bias=true)",
    ]
  `);
});

it('refuses sizes out of range at construction', () => {
  expect(thrown(() => new Conv2d(3, 4, 3, { groups: 2 }))).toMatchInlineSnapshot(
    `"ShapeError: Conv2d: inChannels is 3; it must be a multiple of groups, which is 2."`,
  );
  expect(thrown(() => new Conv1d(4, 3, 3, { groups: 2 }))).toMatchInlineSnapshot(
    `"ShapeError: Conv1d: outChannels is 3; it must be a multiple of groups, which is 2."`,
  );
  expect(thrown(() => new Conv1d(4, 3, 0))).toMatchInlineSnapshot(
    `"ArgumentError: Conv1d: kernelSize must be an integer from 1 up, got 0."`,
  );
  expect(thrown(() => new Conv2d(4, 3, [3, -1]))).toMatchInlineSnapshot(
    `"ArgumentError: Conv2d: kernelSize must be an integer from 1 up, or a pair of them, got [3, -1]."`,
  );
  expect(thrown(() => new Conv2d(4, 3, 3, { stride: 0 }))).toMatchInlineSnapshot(
    `"ArgumentError: Conv2d: stride must be an integer from 1 up, or a pair of them, got 0."`,
  );
  expect(thrown(() => new Conv2d(4, 3, 3, { dilation: [1, 1.5] }))).toMatchInlineSnapshot(
    `"ArgumentError: Conv2d: dilation must be an integer from 1 up, or a pair of them, got [1, 1.5]."`,
  );
  expect(thrown(() => new Conv1d(4, 3, 3, { padding: -1 }))).toMatchInlineSnapshot(
    `"ArgumentError: Conv1d: padding must be an integer from 0 up, got -1."`,
  );
  expect(thrown(() => new Conv1d(4, 3, 3, { groups: 0 }))).toMatchInlineSnapshot(
    `"ArgumentError: Conv1d: groups must be a positive integer, got 0."`,
  );
  expect(thrown(() => new Conv1d(-1, 3, 3))).toMatchInlineSnapshot(
    `"ArgumentError: Conv1d: inChannels must be an integer from 0 up, got -1."`,
  );
  expect(thrown(() => new Conv1d(1, 3, 3, { paddingMode: 'mirror' as 'reflect' }))).toMatchInlineSnapshot(
    `"ArgumentError: Conv1d: paddingMode must be one of 'zeros', 'reflect', 'replicate', 'circular', got 'mirror'."`,
  );
});

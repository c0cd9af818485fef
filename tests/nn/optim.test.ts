import { Generator, randn, type Tensor, tensor } from '@normgrad/autograd';
import { Adam, type AdamOptions, AdamW, Linear, Parameter, SGD, type SGDOptions } from '@normgrad/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, fromGolden, goldenCases, values } from './support.ts';

const make = (name: string, params: Iterable<Tensor>, options: Partial<SGDOptions & AdamOptions>): SGD | Adam => {
  if (name === 'SGD') return new SGD(params, options);
  return name === 'Adam' ? new Adam(params, options) : new AdamW(params, options);
};
const camelCase = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

describe.each(goldenCases('optim').filter(({ args }) => ['SGD', 'Adam', 'AdamW'].includes(`${args.name}`)))(
  '$id',
  ({ args, inputs, expect: expected }) => {
    it('steps as PyTorch and has its state', () => {
      const options = Object.fromEntries(Object.entries(args.options as object).map(([name, value]) => [camelCase(name), value]));
      const names = Object.keys(inputs).filter((name) => name.startsWith('p'));
      const params = names.map((name) => new Parameter(fromGolden(inputs[name]!)));
      const optimizer = make(`${args.name}`, params, options);
      const skipped = new Set((args.skip as number[][]).map(String));
      for (let step = 0; step < Number(args.steps); step++) {
        optimizer.zeroGrad();
        params.forEach((parameter, i) => {
          const { data } = inputs[`g${i}`]!;
          const slice = data.slice(step * parameter.size, (step + 1) * parameter.size);
          if (!skipped.has(`${step},${i}`)) parameter.grad = tensor(slice, { shape: parameter.shape, dtype: 'float64' });
        });
        optimizer.step();
        names.forEach((name, i) => {
          const { size } = params[i]!;
          expectClose(params[i]!, expected.outputs![name]!.data.slice(step * size, (step + 1) * size), 1e-10);
        });
      }
      const { state } = optimizer.stateDict();
      expected.final_state!.forEach((slots, i) => {
        const ours = state[i] ?? {};
        expect(Object.keys(ours).sort()).toEqual(Object.keys(slots).sort());
        for (const [name, slot] of Object.entries(slots)) {
          const value = ours[name]!;
          expectClose(typeof value === 'number' ? [value] : value, typeof slot === 'number' ? [slot] : slot.data, 1e-10);
        }
      });
    });
  },
);

const fixtures: [name: string, options: Partial<SGDOptions & AdamOptions>, expected: number[]][] = [
  ['SGD', {}, [0.95, 1.05, 1.025, 0.825, 0.835]],
  ['SGD', { momentum: 0.9 }, [0.95, 1.005, 1.0295, 0.85155, 0.701395]],
  ['SGD', { momentum: 0.9, nesterov: true }, [0.905, 1.0545, 1.05155, 0.691395, 0.5662555]],
  ['Adam', {}, [0.900000002, 0.936610354241, 0.950279420339, 0.905401212235, 0.869870844217]],
  ['AdamW', { weightDecay: 0.1 }, [0.890000002, 0.917710354221, 0.922202316777, 0.868102085505, 0.823890696632]],
];
it.each(fixtures)('%s %j from 1, with lr 0.1', (name, options, expected) => {
  const parameter = new Parameter(tensor([1], { dtype: 'float64' }));
  const optimizer = make(name, [parameter], { lr: 0.1, ...options });
  const path = [0.5, -1, 0.25, 2, -0.1].map((gradient) => {
    parameter.grad = tensor([gradient], { dtype: 'float64' });
    optimizer.step();
    return parameter.item();
  });
  expectClose(path, expected, 1e-11);
});

describe('Optimizer', () => {
  const parameter = (...data: number[]): Parameter => new Parameter(tensor(data));

  it.each(['SGD', 'Adam', 'AdamW'])('%s goes on from its state dict as if nothing had happened', (name) => {
    const options = fc.record({
      momentum: fc.constantFrom(0, 0.5),
      dampening: fc.constantFrom(0, 0.25),
      amsgrad: fc.boolean(),
      weightDecay: fc.constantFrom(0, 0.1),
      maximize: fc.boolean(),
    });
    fc.assert(
      fc.property(options, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 99 }), (chosen, before, seed) => {
        const generator = new Generator(seed);
        const [a, b] = [parameter(1, 2, 3), parameter(0, 0, 0)];
        const first = make(name, [a], { lr: 0.25, ...chosen });
        const run = (optimizer: typeof first, target: Tensor, seeds: Generator, steps: number): void => {
          for (let i = 0; i < steps; i++) {
            target.grad = randn([3], { generator: seeds });
            optimizer.step();
          }
        };
        run(first, a, generator, before);
        const second = make(name, [b], { lr: 1 });
        second.loadStateDict(first.stateDict());
        b.requiresGrad_(false).assign(a).requiresGrad_();
        const { state } = generator;
        run(first, a, generator, 3);
        generator.state = state;
        run(second, b, generator, 3);
        expect(values(b)).toEqual(values(a));
        expect(second.paramGroups[0]?.lr).toBe(0.25);
      }),
      { numRuns: 20 },
    );
  });

  it('steps groups with options of their own, which may change', () => {
    const [a, b] = [parameter(1), parameter(1)];
    const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 0.25 });
    const step = (): number[] => {
      for (const x of [a, b]) x.grad = tensor([1]);
      optimizer.step();
      return [a.item(), b.item()];
    };
    expect(step()).toEqual([0.75, 0.5]);
    for (const group of optimizer.paramGroups) group.lr /= 2;
    expect(step()).toEqual([0.625, 0.25]);
  });

  it('leaves parameters without a gradient alone and makes their state when they get one', () => {
    const [a, b] = [parameter(1), parameter(1)];
    const optimizer = new Adam([a, b]);
    b.grad = tensor([1]);
    optimizer.step();
    expect([a.item(), b.item() < 1]).toEqual([1, true]);
    expect(Object.keys(optimizer.stateDict().state)).toEqual(['1']);
  });

  it('drops gradients', () => {
    const a = parameter(1);
    a.grad = tensor([1]);
    new SGD([a]).zeroGrad();
    expect(a.grad).toBeNull();
  });

  it('copies its state: later steps do not reach a dict', () => {
    const a = parameter(1);
    const optimizer = new SGD([a], { momentum: 0.5 });
    a.grad = tensor([1]);
    optimizer.step();
    const { state } = optimizer.stateDict();
    optimizer.step();
    expect(state[0]?.momentum_buffer).toHaveProperty('shape', [1]);
    expectClose(state[0]?.momentum_buffer as Tensor, [1], 0);
  });

  it('forgets its own state when it takes over another', () => {
    const a = parameter(1);
    const optimizer = new SGD([a], { momentum: 0.5 });
    const fresh = optimizer.stateDict();
    a.grad = tensor([1]);
    optimizer.step();
    optimizer.loadStateDict(fresh);
    expect(optimizer.stateDict()).toEqual(fresh);
  });

  it('refuses what makes no sense', () => {
    const a = parameter(1);
    const refusals: (() => unknown)[] = [
      () => new SGD([a], { lr: -1 }),
      () => new SGD([a], { lr: Number.NaN }),
      () => new SGD([a], { momentum: -0.1 }),
      () => new SGD([a], { nesterov: true }),
      () => new SGD([a], { nesterov: true, momentum: 0.9, dampening: 0.1 }),
      () => new Adam([a], { betas: [0.9, 1] }),
      () => new AdamW([a], { eps: -1 }),
      () => new AdamW([a], { weightDecay: -1 }),
      () => new SGD([]),
      () => new SGD([a, a]),
      () => new SGD([{ params: [a] }, { params: [a] }]),
      () => new SGD([a.mul(2)]),
      () => new SGD([tensor(new Int32Array(1))]),
      () => new SGD([a]).loadStateDict(new SGD(new Linear(1, 1).parameters()).stateDict()),
      () => new Adam([a]).loadStateDict({ state: { 0: { exp_avg: tensor([1, 2]) } }, param_groups: [{ params: [0] }] }),
      () => new Adam([a]).loadStateDict({ state: {}, param_groups: [{ params: [0], lr: -1 }] }),
    ];
    const messages = refusals.map((refusal) => {
      try {
        refusal();
      } catch (error) {
        return error instanceof Error ? error.message : error;
      }
      return 'accepted';
    });
    expect(messages).toMatchInlineSnapshot(`
      [
        "SGD: lr must be a number from 0 up, got -1.",
        "SGD: lr must be a number from 0 up, got NaN.",
        "SGD: momentum must be a number from 0 up, got -0.1.",
        "SGD: nesterov was set with momentum 0 and dampening 0; it needs a momentum above 0 and dampening 0; set them so, or leave nesterov off.",
        "SGD: nesterov was set with momentum 0.9 and dampening 0.1; it needs a momentum above 0 and dampening 0; set them so, or leave nesterov off.",
        "Adam: betas must be two numbers from 0 up and below 1, got [0.9, 1].",
        "AdamW: eps must be a number from 0 up, got -1.",
        "AdamW: weightDecay must be a number from 0 up, got -1.",
        "SGD: no parameters were given; pass those of a model: model.parameters().",
        "SGD: parameter 1 of group 0, of shape [1], is listed twice, so it would be stepped twice; list it once.",
        "SGD: parameter 0 of group 1, of shape [1], is listed twice, so it would be stepped twice; list it once.",
        "SGD: parameter 0 of group 0, of shape [1], is the result of an op; only leaves are stepped; pass the parameters it was computed from.",
        "SGD: a parameter is int32; only float32 and float64 can be stepped; pass model.parameters().",
        "SGD: the dict has groups of 2 parameters, the optimizer of 1; they must be equal; list the parameters as when it was saved.",
        "Adam: exp_avg of parameter 0 is [2] in the dict; it must be of its shape [1].",
        "Adam: lr must be a number from 0 up, got -1.",
      ]
    `);
  });
});

import {
  eye,
  type FloatType,
  Generator,
  ones,
  outer,
  randn,
  setDeterministic,
  solve,
  type Tensor,
  tensor,
  zeros,
} from '@normgrad/autograd';
import {
  Adagrad,
  Adam,
  AdamW,
  type BaseOptions,
  BatchNorm1d,
  LayerNorm,
  Linear,
  Lion,
  Module,
  NAdam,
  noDecay,
  Optimizer,
  Parameter,
  RMSNorm,
  RMSprop,
  SGD,
} from '@normgrad/nn';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { thrown } from '../ops/support.ts';
import { type AllOptions, finalByHand } from './optim-by-hand.ts';
import { expectClose, values } from './support.ts';

const classes = { SGD, Adam, AdamW, RMSprop, Adagrad, NAdam, Lion };
type Name = keyof typeof classes;
type AnyOptimizer = InstanceType<(typeof classes)[Name]>;

const draws = {
  lr: fc.constantFrom(0.125, 0.01),
  weightDecay: fc.constantFrom(0, 0.25),
  maximize: fc.boolean(),
  momentum: fc.constantFrom(0, 0.5, 0.9),
  dampening: fc.constantFrom(0, 0.25, 1),
  nesterov: fc.boolean(),
  betas: fc.constantFrom<[number, number][]>([0.9, 0.99], [0.5, 0.75], [0, 0.5]),
  eps: fc.constantFrom(1e-8, 0.125),
  amsgrad: fc.boolean(),
  alpha: fc.constantFrom(0.99, 0.5),
  centered: fc.boolean(),
  lrDecay: fc.constantFrom(0, 0.5),
  initialAccumulatorValue: fc.constantFrom(0, 0.5),
  momentumDecay: fc.constantFrom(0.004, 0.25),
  decoupledWeightDecay: fc.boolean(),
} satisfies { [K in keyof AllOptions]: fc.Arbitrary<AllOptions[K]> };

const own: Readonly<Record<Name, readonly (keyof AllOptions)[]>> = {
  SGD: ['momentum', 'dampening', 'nesterov'],
  Adam: ['betas', 'eps', 'amsgrad'],
  AdamW: ['betas', 'eps', 'amsgrad'],
  RMSprop: ['alpha', 'eps', 'momentum', 'centered'],
  Adagrad: ['lrDecay', 'initialAccumulatorValue', 'eps'],
  NAdam: ['betas', 'eps', 'momentumDecay', 'decoupledWeightDecay'],
  Lion: ['betas'],
};
const names = Object.keys(classes) as Name[];

/** All options of all optimizers, and of those the optimizer's own. */
function optionsOf(name: Name): fc.Arbitrary<{ all: AllOptions; chosen: Partial<AllOptions> }> {
  return fc.record(draws).map((drawn) => {
    const all = { ...drawn, nesterov: drawn.nesterov && drawn.momentum > 0 && drawn.dampening === 0 };
    const keys = ['lr', 'weightDecay', 'maximize', ...own[name]] as const;
    return { all, chosen: Object.fromEntries(keys.map((key) => [key, all[key]])) };
  });
}

const parameter = (...data: number[]): Parameter => new Parameter(tensor(data));

/** Steps with random gradients; gives them, flat. */
function steps(
  optimizer: Pick<AnyOptimizer, 'step' | 'zeroGrad'>,
  target: Tensor,
  generator: Generator,
  count: number,
): number[][] {
  return Array.from({ length: count }, () => {
    const gradient = randn(target.shape, { generator, dtype: target.dtype });
    target.grad = gradient;
    optimizer.step();
    return values(gradient);
  });
}

describe.each(names)('%s', (name) => {
  it.each<[FloatType, number, boolean]>([
    ['float32', 2e-5, false],
    ['float32', 2e-5, true],
    ['float64', 1e-12, false],
    ['float64', 1e-12, true],
  ])('is what one does by hand, in %s within %f, deterministic: %s', (dtype, tolerance, deterministic) => {
    setDeterministic(deterministic);
    onTestFinished(() => setDeterministic(false));
    fc.assert(
      fc.property(optionsOf(name), fc.nat({ max: 999 }), ({ all, chosen }, seed) => {
        const generator = new Generator(seed);
        const start = randn([7], { generator, dtype });
        const before = values(start);
        const target = new Parameter(start);
        const gradients = steps(new classes[name]([target], chosen), target, generator, 6);
        const at = (i: number) => gradients.map((g) => g[i]!);
        expectClose(
          target,
          before.map((p, i) => finalByHand(name, p, at(i), all)),
          tolerance,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('goes on from its state dict as if nothing had happened', () => {
    fc.assert(
      fc.property(optionsOf(name), fc.nat({ max: 3 }), fc.nat({ max: 99 }), ({ chosen }, before, seed) => {
        const generator = new Generator(seed);
        const [a, b] = [parameter(1, 2, 3), parameter(0, 0, 0)];
        const first = new classes[name]([a], chosen);
        steps(first, a, generator, before);
        const second = new classes[name]([b], { lr: 1 });
        second.loadStateDict(first.stateDict());
        b.requiresGrad_(false).assign(a).requiresGrad_();
        const { state } = generator;
        steps(first, a, generator, 3);
        generator.state = state;
        steps(second, b, generator, 3);
        expect(values(b)).toEqual(values(a));
        expect(second.paramGroups[0]).toMatchObject(chosen);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses a state that lacks a part, has another, or one of another shape, and keeps its own', () => {
    const a = parameter(1, 2);
    const optimizer = new classes[name]([a], name === 'SGD' ? { momentum: 0.5 } : {});
    steps(optimizer, a, new Generator(1), 2);
    const dict = optimizer.stateDict();
    const state = dict.state[0]!;
    expect(state.step ?? 2).toBe(2);
    for (const part of Object.keys(state)) {
      const { [part]: _, ...others } = state;
      const load = (entries: typeof state) => thrown(() => optimizer.loadStateDict({ ...dict, state: { 0: entries } }));
      expect(load(others)).toContain(`${name}: the state of parameter 0 lacks ${part};`);
      expect(load({ ...state, other: 1 })).toContain('has a stray other;');
      expect(load({ ...state, [part]: zeros([3]) })).toContain(`a tensor of shape [3] as ${part};`);
    }
    expect(optimizer.stateDict()).toEqual(dict);
  });
});

it.each(names)('%s refuses any number that is negative or NaN', (name) => {
  const [usual] = new classes[name]([parameter(1)]).paramGroups;
  for (const option of Object.keys(usual!).filter((key) => typeof usual![key as keyof typeof usual] === 'number')) {
    for (const given of [-1, Number.NaN]) {
      expect(thrown(() => new classes[name]([parameter(1)], { [option]: given }))).toContain(`${name}: ${option} must be`);
    }
  }
});

it('defaults are those of PyTorch, of Lion those of its paper', () => {
  const shared = { weight_decay: 0, maximize: false, params: [0] };
  const adam = { betas: [0.9, 0.999], eps: 1e-8, ...shared };
  const defaults: Readonly<Record<Name, object>> = {
    SGD: { lr: 1e-3, momentum: 0, dampening: 0, nesterov: false, ...shared },
    Adam: { lr: 1e-3, amsgrad: false, ...adam },
    AdamW: { lr: 1e-3, amsgrad: false, ...adam, weight_decay: 1e-2 },
    RMSprop: { lr: 1e-2, alpha: 0.99, eps: 1e-8, momentum: 0, centered: false, ...shared },
    Adagrad: { lr: 1e-2, lr_decay: 0, initial_accumulator_value: 0, eps: 1e-10, ...shared },
    NAdam: { lr: 2e-3, momentum_decay: 4e-3, decoupled_weight_decay: false, ...adam },
    Lion: { lr: 1e-4, betas: [0.9, 0.99], ...shared },
  };
  for (const name of names) {
    expect(new classes[name]([parameter(1)]).stateDict().param_groups).toEqual([defaults[name]]);
  }
});

describe('Optimizer', () => {
  it('steps groups with options of their own, which may change', () => {
    const [a, b] = [parameter(1), parameter(1)];
    const optimizer = new SGD([{ params: [a] }], { lr: 0.25 });
    optimizer.addParamGroup({ params: [b], lr: 0.5 });
    const step = (): number[] => {
      for (const x of [a, b]) x.grad = tensor([1]);
      optimizer.step();
      return [a.item(), b.item()];
    };
    expect(step()).toEqual([0.75, 0.5]);
    for (const group of optimizer.paramGroups) group.lr /= 2;
    expect(step()).toEqual([0.625, 0.25]);
  });

  it('skips parameters without a gradient, and their state', () => {
    const [a, b] = [parameter(1), parameter(1)];
    const optimizer = new Adam([a, b]);
    b.grad = tensor([1]);
    optimizer.step();
    expect([a.item(), b.item() < 1]).toEqual([1, true]);
    expect(Object.keys(optimizer.stateDict().state)).toEqual(['1']);
  });

  it('steps a parameter that is listed twice once', () => {
    const a = parameter(1);
    const optimizer = new SGD([a, a], { lr: 0.25 });
    a.grad = tensor([1]);
    optimizer.step();
    expect(a.item()).toBe(0.75);
    expect(optimizer.stateDict().param_groups[0]?.params).toEqual([0]);
  });

  it('takes the gradient whole when momentum is switched on, and goes on without when it is off', () => {
    const a = parameter(1);
    const optimizer = new SGD([a], { lr: 1, dampening: 0.5 });
    a.grad = tensor([1]);
    const path = [0, 0.5, 0.5, 0].map((momentum) => {
      optimizer.paramGroups[0]!.momentum = momentum;
      optimizer.step();
      return a.item();
    });
    expect(path).toEqual([0, -1, -2, -3]);
    expect(thrown(() => optimizer.loadStateDict(optimizer.stateDict()))).toBe('nothing was thrown');
  });

  it('takes no root of what is below 0 by rounding, where a steady gradient has no variance', () => {
    const a = new Parameter(ones([64]));
    const optimizer = new RMSprop([a], { alpha: 0.5, centered: true, eps: 0.1 });
    for (let i = 0; i < 60; i++) {
      a.grad = tensor(Array.from({ length: 64 }, (_, at) => 0.1 * at + 0.3));
      optimizer.step();
    }
    expect(values(a).every(Number.isFinite)).toBe(true);
  });

  it('drops gradients', () => {
    const a = parameter(1);
    a.grad = tensor([1]);
    new SGD([a]).zeroGrad();
    expect(a.grad).toBeNull();
  });

  it('says what each parameter costs', () => {
    const [a, b] = [new Parameter(zeros([2, 3])), new Parameter(zeros([5], { dtype: 'float64' }))];
    const optimizer = new Adam([a, { params: [b], amsgrad: true }]);
    b.grad = ones([5], { dtype: 'float64' });
    optimizer.step();
    expect(optimizer.memory()).toEqual([
      { shape: [2, 3], parameter: 24, gradient: 0, state: 0 },
      { shape: [5], parameter: 40, gradient: 40, state: 120 },
    ]);
  });
});

describe('state dicts of optimizers', () => {
  it('are copies: later steps do not reach them', () => {
    const a = parameter(1);
    const optimizer = new SGD([a], { momentum: 0.5 });
    a.grad = tensor([1]);
    optimizer.step();
    const { state } = optimizer.stateDict();
    optimizer.step();
    expectClose(state[0]?.momentum_buffer as Tensor, [1], 0);
  });

  it('have the names and the layout of PyTorch', () => {
    const [a, b] = [parameter(1), parameter(2, 3)];
    const optimizer = new RMSprop([{ params: [a] }, { params: [b], momentum: 0.5, centered: true }], { lr: 0.25 });
    for (const x of [a, b]) x.grad = ones(x.shape);
    optimizer.step();
    const { state, param_groups: groups } = optimizer.stateDict();
    expect(Object.values(state).map((entries) => Object.keys(entries))).toEqual([
      ['step', 'square_avg'],
      ['step', 'square_avg', 'momentum_buffer', 'grad_avg'],
    ]);
    const shared = { lr: 0.25, alpha: 0.99, eps: 1e-8, weight_decay: 0, maximize: false };
    expect(groups).toEqual([
      { ...shared, momentum: 0, centered: false, params: [0] },
      { ...shared, momentum: 0.5, centered: true, params: [1] },
    ]);
  });

  it('may come from PyTorch: steps in tensors, numbers in any order, options of its own, older files without some flags', () => {
    const optimizer = new Adam([parameter(1), parameter(1)]);
    const entries = (value: number) => ({ step: tensor(3), exp_avg: tensor([value]), exp_avg_sq: tensor([1]) });
    const options = { lr: 0.5, betas: [0.5, 0.75], eps: 1e-8, weight_decay: 0 };
    optimizer.loadStateDict({
      state: { 1: entries(1), 0: entries(2) },
      param_groups: [{ ...options, foreach: null, params: [1, 0] }],
    });
    const { state, param_groups: groups } = optimizer.stateDict();
    expectClose(
      [state[0]!, state[1]!].map(({ exp_avg: mean }) => (mean as Tensor).item()),
      [1, 2],
      0,
    );
    expect([state[0]?.step, state[1]?.step]).toEqual([3, 3]);
    expect(groups[0]).toEqual({ ...options, amsgrad: false, maximize: false, params: [0, 1] });
    // Flags that are missing stay as they are, and so do the parts of a state that they ask for.
    const amsgrad = new Adam([parameter(1)], { amsgrad: true });
    const dict = { state: { 0: entries(1) }, param_groups: [{ ...options, params: [0] }] };
    expect(thrown(() => amsgrad.loadStateDict(dict))).toContain('lacks max_exp_avg_sq;');
  });

  it('of Adagrad have the sums from the start, as in PyTorch', () => {
    const { state } = new Adagrad([parameter(1)], { initialAccumulatorValue: 0.5 }).stateDict();
    expect(state[0]?.step).toBe(0);
    expectClose(state[0]?.sum as Tensor, [0.5], 0);
  });

  it('replace the state there was', () => {
    const a = parameter(1);
    const optimizer = new SGD([a], { momentum: 0.5 });
    const fresh = optimizer.stateDict();
    a.grad = tensor([1]);
    optimizer.step();
    optimizer.loadStateDict(fresh);
    expect(optimizer.stateDict()).toEqual(fresh);
  });
});

describe("an optimizer of one's own", () => {
  /** Steps along a matrix root of all gradients so far; its state is of another shape than the parameter. */
  class Whitened extends Optimizer<BaseOptions, { covariance: Tensor; count: number }> {
    constructor(params: Iterable<Tensor>, options: Partial<BaseOptions> = {}) {
      super(params, { lr: 0.5, weightDecay: 0, maximize: false }, options);
    }
    protected override stateNames() {
      return ['covariance', 'count'] as const;
    }
    protected override begin({ size, dtype }: Tensor) {
      return { covariance: eye(size, { dtype }), count: 0 };
    }
    protected override update(
      parameter: Tensor,
      gradient: Tensor,
      { lr }: BaseOptions,
      state: ReturnType<Whitened['begin']>,
    ): void {
      state.count++;
      state.covariance = state.covariance.add(outer(gradient, gradient));
      parameter.assign(parameter.sub(solve(state.covariance, gradient).mul(lr)));
    }
  }

  it('updates by ops that are not recorded, and goes on from its state dict', () => {
    const [a, b] = [parameter(1, -2, 4), parameter(0, 0, 0)];
    const first = new Whitened([a]);
    steps(first, a, new Generator(1), 2);
    expect(a.isLeaf).toBe(true);
    const dict = first.stateDict();
    expect([dict.state[0]!.count, dict.state[0]!.covariance]).toMatchObject([2, { shape: [3, 3], requiresGrad: false }]);
    const second = new Whitened([b]);
    second.loadStateDict(dict);
    b.requiresGrad_(false).assign(a).requiresGrad_();
    steps(first, a, new Generator(2), 2);
    steps(second, b, new Generator(2), 2);
    expect(values(b)).toEqual(values(a));
  });

  it('checks what all have, under its own name', () => {
    const load = (entry: object) =>
      thrown(() => {
        const optimizer = new Whitened([parameter(1, 2)]);
        const dict = optimizer.stateDict();
        optimizer.loadStateDict({ ...dict, state: { 0: { ...dict.state[0]!, ...entry } } });
      });
    expect([
      thrown(() => new Whitened([parameter(1)], { lr: -1 })),
      thrown(() => new Whitened([])),
      load({ covariance: zeros([2]) }),
      load({ count: zeros([2]) }),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: Whitened: lr must be a finite number from 0 up, got -1.",
        "ArgumentError: Whitened: no parameters were given; pass those of a model: model.parameters().",
        "ShapeError: Whitened: the state of parameter 0 has a tensor of shape [2] as covariance; it must be a tensor of its shape [2, 2]; load a dict that was saved for this model.",
        "ShapeError: Whitened: the state of parameter 0 has a tensor of shape [2] as count; it must be a number from 0 up; load a dict that was saved for this model.",
      ]
    `);
  });
});

describe('noDecay', () => {
  class Net extends Module {
    readonly embedding = new Linear(3, 4, { bias: false });
    readonly norms = [new LayerNorm([2, 4]), new RMSNorm([2, 4])];
    readonly blocks = [new Linear(4, 4), new BatchNorm1d(4)];
    readonly relativeBias = new Parameter(zeros([2, 2]));
    readonly scale = new Parameter(ones([]));
    readonly head = Object.assign(new Linear(3, 4), { weight: this.embedding.weight });

    forward(x: Tensor): Tensor {
      return x;
    }
  }

  it('leaves biases, norms and scales alone', () => {
    const model = new Net();
    const [decayed, others] = noDecay(model);
    const namesOf = (params: readonly Tensor[]) =>
      model.namedParameters().flatMap(([name, x]) => (params.includes(x) ? [name] : []));
    expect(namesOf(decayed.params)).toEqual(['embedding.weight', 'blocks.0.weight']);
    expect(decayed.params.length + others.params.length).toBe(model.parameters().length);
    const optimizer = new AdamW(noDecay(model), { weightDecay: 0.5 });
    expect(optimizer.paramGroups.map(({ weightDecay }) => weightDecay)).toEqual([0.5, 0]);
  });
});

describe('refusals', () => {
  const a = parameter(1);

  it('of options', () => {
    expect([
      thrown(() => new SGD([{ params: [a], lr: Infinity }])),
      thrown(() => new SGD([a], { nesterov: true })),
      thrown(() => new SGD([a], { nesterov: true, momentum: 0.9, dampening: 0.1 })),
      thrown(() => new Adam([a], { betas: [0.9, 1] })),
      thrown(() => new NAdam([a], { betas: [-0.1, 0.5] })),
      thrown(() => new RMSprop([a], { alpha: 1 })),
      thrown(() => new Lion([a], { betas: [0.9, Number.NaN] })),
      // As from JavaScript.
      thrown(() => new SGD([a], JSON.parse('{ "weight_decay": 0.1 }'))),
      thrown(() => new SGD([Object.assign({ params: [a] }, JSON.parse('{ "weight_decay": 0.1 }'))])),
      ...['0.9', '[0.9]', 'null'].map((betas) => thrown(() => new Adam([a], JSON.parse(`{ "betas": ${betas} }`)))),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: SGD: lr must be a finite number from 0 up, got Infinity.",
        "ArgumentError: SGD: nesterov was set with momentum 0 and dampening 0; it needs a momentum above 0 and dampening 0; set them so, or leave nesterov off.",
        "ArgumentError: SGD: nesterov was set with momentum 0.9 and dampening 0.1; it needs a momentum above 0 and dampening 0; set them so, or leave nesterov off.",
        "ArgumentError: Adam: betas[1] must be a number from 0 up and below 1, got 1.",
        "ArgumentError: NAdam: betas[0] must be a number from 0 up and below 1, got -0.1.",
        "ArgumentError: RMSprop: alpha must be a number from 0 up and below 1, got 1.",
        "ArgumentError: Lion: betas[1] must be a number from 0 up and below 1, got NaN.",
        "ArgumentError: SGD: there is no option weight_decay; choose from lr, momentum, dampening, weightDecay, nesterov, maximize.",
        "ArgumentError: SGD: there is no option weight_decay; choose from params, lr, momentum, dampening, weightDecay, nesterov, maximize.",
        "ArgumentError: Adam: betas must be two numbers, got 0.9.",
        "ArgumentError: Adam: betas must be two numbers, got 0.9.",
        "ArgumentError: Adam: betas must be two numbers, got null.",
      ]
    `);
  });

  it('of parameters', () => {
    const model = new Linear(1, 1);
    expect([
      thrown(() => new SGD([])),
      thrown(() => new SGD([{ params: [] }])),
      thrown(() => new SGD([{ params: [a] }, { params: [a] }])),
      thrown(() => new SGD([a.mul(2)])),
      thrown(() => new SGD([tensor(new Int32Array(1))])),
      // @ts-expect-error a model is no list
      thrown(() => new SGD(model)),
      // @ts-expect-error nor a parameter
      thrown(() => new SGD([model])),
      // @ts-expect-error nor is a number
      thrown(() => new SGD([{ params: [1] }])),
      // As from JavaScript.
      ...['1', 'null', '[1]', '[null]'].map((params) => thrown(() => new SGD(JSON.parse(params)))),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: SGD: no parameters were given; pass those of a model: model.parameters().",
        "ArgumentError: SGD: no parameters were given; pass those of a model: model.parameters().",
        "ArgumentError: SGD: parameter 0 of group 1, of shape [1], is in another group, too, so its options are ambiguous; list it in one.",
        "ArgumentError: SGD: parameter 0 of group 0, of shape [1], is the result of an op; only leaves are stepped; pass the parameters it was computed from.",
        "DTypeError: SGD: a parameter is int32; it must be float32 or float64; pass model.parameters().",
        "ArgumentError: SGD: a Linear was given; parameters must be tensors, or groups { params, ...options } of them; pass model.parameters().",
        "ArgumentError: SGD: a Linear was given; parameters must be tensors, or groups { params, ...options } of them; pass model.parameters().",
        "ArgumentError: SGD: 1 was given; parameters must be tensors, or groups { params, ...options } of them; pass model.parameters().",
        "ArgumentError: SGD: 1 was given; parameters must be tensors, or groups { params, ...options } of them; pass model.parameters().",
        "ArgumentError: SGD: null was given; parameters must be tensors, or groups { params, ...options } of them; pass model.parameters().",
        "ArgumentError: SGD: 1 was given; parameters must be tensors, or groups { params, ...options } of them; pass model.parameters().",
        "ArgumentError: SGD: null was given; parameters must be tensors, or groups { params, ...options } of them; pass model.parameters().",
      ]
    `);
  });

  it('of state dicts', () => {
    const adam = new Adam([a]);
    const options = adam.stateDict().param_groups[0]!;
    const entries = { step: 1, exp_avg: tensor([1]), exp_avg_sq: tensor([1]) };
    const load = (state: Parameters<Adam['loadStateDict']>[0]['state'], group = {}) =>
      thrown(() => adam.loadStateDict({ state, param_groups: [{ ...options, ...group }] }));
    const { lr: _, ...withoutLr } = options;
    expect([
      thrown(() => new SGD([a]).loadStateDict(new SGD(new Linear(1, 1).parameters()).stateDict())),
      // @ts-expect-error half a dict
      thrown(() => adam.loadStateDict({ state: {} })),
      // @ts-expect-error the other half
      thrown(() => adam.loadStateDict({ param_groups: [options] })),
      // @ts-expect-error no list
      thrown(() => adam.loadStateDict({ state: {}, param_groups: options })),
      // @ts-expect-error no groups
      thrown(() => adam.loadStateDict({ state: {}, param_groups: [null] })),
      thrown(() => adam.loadStateDict({ state: {}, param_groups: [withoutLr] })),
      thrown(() => new SGD([a]).loadStateDict(adam.stateDict())),
      load({}, { lr: -1 }),
      load({}, { lr: '1' }),
      load({}, { betas: undefined }),
      load({ 1: entries }),
      load({ 0: entries }, { amsgrad: true }),
      load({ 0: { ...entries, momentum_buffer: tensor([1]) } }),
      load({ 0: { ...entries, exp_avg: tensor([1, 2]) } }),
      load({ 0: { ...entries, exp_avg: 1 } }),
      load({ 0: { ...entries, step: Number.NaN } }),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: SGD: the dict has groups of 2 parameters, the optimizer of 1; they must be equal; list the parameters as when it was saved.",
        "ArgumentError: Adam: the dict lacks param_groups; load a whole dict of this optimizer.",
        "ArgumentError: Adam: the dict lacks state; load a whole dict of this optimizer.",
        "ArgumentError: Adam: the dict lacks param_groups; load a whole dict of this optimizer.",
        "ArgumentError: Adam: the dict lacks param_groups; load a whole dict of this optimizer.",
        "ArgumentError: Adam: group 0 of the dict has no lr; it must be a number; load a whole dict of this optimizer.",
        "ArgumentError: SGD: group 0 of the dict has no momentum; it must be a number; load a whole dict of this optimizer.",
        "ArgumentError: Adam: lr must be a finite number from 0 up, got -1.",
        "ArgumentError: Adam: group 0 of the dict has a string as lr; it must be a number; load a whole dict of this optimizer.",
        "ArgumentError: Adam: group 0 of the dict has no betas; it must be a list; load a whole dict of this optimizer.",
        "ArgumentError: Adam: the dict has a state of parameter 1, which is in none of its groups.",
        "ArgumentError: Adam: the state of parameter 0 lacks max_exp_avg_sq; it must hold step, exp_avg, exp_avg_sq, max_exp_avg_sq; load a whole dict of this optimizer.",
        "ArgumentError: Adam: the state of parameter 0 has a stray momentum_buffer; it must hold step, exp_avg, exp_avg_sq; load a whole dict of this optimizer.",
        "ShapeError: Adam: the state of parameter 0 has a tensor of shape [2] as exp_avg; it must be a tensor of its shape [1]; load a dict that was saved for this model.",
        "ShapeError: Adam: the state of parameter 0 has 1 as exp_avg; it must be a tensor of its shape [1]; load a dict that was saved for this model.",
        "ShapeError: Adam: the state of parameter 0 has NaN as step; it must be a number from 0 up; load a dict that was saved for this model.",
      ]
    `);
  });
});

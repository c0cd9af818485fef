import { tensor, zeros } from '@normgrad/autograd';
import {
  Adagrad,
  Adam,
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  linearWarmup,
  MultiStepLR,
  noam,
  OneCycleLR,
  Parameter,
  PolynomialLR,
  ReduceLROnPlateau,
  type Scheduled,
  Scheduler,
  SequentialLR,
  SGD,
  StepLR,
  warmup,
  warmupThenCosine,
  warmupThenLinearDecay,
} from '@normgrad/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { expectClose } from './support.ts';

const group = (lr: number) => ({ params: [new Parameter(zeros([1]))], lr });
const sgd = (...lrs: number[]): SGD => new SGD(lrs.map(group), { momentum: 0.9 });

/** The first group's learning rate before each step and after the last. */
function path(optimizer: Scheduled, scheduler: { step(): void }, steps: number): number[] {
  const [first] = optimizer.paramGroups;
  return Array.from({ length: steps + 1 }, (_, t) => {
    if (t > 0) scheduler.step();
    return first!.lr;
  });
}

/** PyTorch's form of a schedule: the next learning rate from the last one, at step t from 1. */
type Next = (lr: number, t: number, base: number) => number;
const { cos, PI } = Math;
const count = fc.integer({ min: 1, max: 12 });
const part = fc.constantFrom(0.1, 0.5, 0.75, 1);

const recursions: Record<string, fc.Arbitrary<{ make: (optimizer: Scheduled) => Scheduler; first?: number; next: Next }>> = {
  StepLR: fc.tuple(count, part).map(([stepSize, gamma]) => ({
    make: (optimizer) => new StepLR(optimizer, { stepSize, gamma }),
    next: (lr, t) => (t % stepSize === 0 ? lr * gamma : lr),
  })),
  MultiStepLR: fc.tuple(fc.array(count, { maxLength: 4 }), part).map(([milestones, gamma]) => ({
    make: (optimizer) => new MultiStepLR(optimizer, { milestones, gamma }),
    next: (lr, t) => lr * gamma ** milestones.filter((milestone) => milestone === t).length,
  })),
  ExponentialLR: part.map((gamma) => ({
    make: (optimizer) => new ExponentialLR(optimizer, { gamma }),
    next: (lr) => lr * gamma,
  })),
  ConstantLR: fc.tuple(count, part).map(([totalIters, factor]) => ({
    make: (optimizer) => new ConstantLR(optimizer, { totalIters, factor }),
    first: factor,
    next: (lr, t) => (t === totalIters ? lr / factor : lr),
  })),
  LinearLR: fc.tuple(count, part, part).map(([totalIters, startFactor, endFactor]) => ({
    make: (optimizer) => new LinearLR(optimizer, { totalIters, startFactor, endFactor }),
    first: startFactor,
    next: (lr, t) => {
      const slope = endFactor - startFactor;
      return t > totalIters ? lr : lr * (1 + slope / (totalIters * startFactor + (t - 1) * slope));
    },
  })),
  PolynomialLR: fc.tuple(count, fc.constantFrom(0.5, 1, 3)).map(([totalIters, power]) => ({
    make: (optimizer) => new PolynomialLR(optimizer, { totalIters, power }),
    next: (lr, t) => (t > totalIters ? lr : lr * ((1 - t / totalIters) / (1 - (t - 1) / totalIters)) ** power),
  })),
  // After its lowest point it rises again.
  CosineAnnealingLR: fc.tuple(count, fc.constantFrom(0, 0.02)).map(([tMax, etaMin]) => ({
    make: (optimizer) => new CosineAnnealingLR(optimizer, { tMax, etaMin }),
    next: (lr, t, base) =>
      (t - 1 - tMax) % (2 * tMax) === 0
        ? lr + ((base - etaMin) * (1 - cos(PI / tMax))) / 2
        : ((1 + cos((PI * t) / tMax)) / (1 + cos((PI * (t - 1)) / tMax))) * (lr - etaMin) + etaMin,
  })),
};

it.each(Object.keys(recursions))('%s is what PyTorch finds step by step', (name) => {
  fc.assert(
    fc.property(recursions[name]!, fc.constantFrom(0.1, 2), ({ make, first = 1, next }, base) => {
      const optimizer = sgd(base);
      let lr = base * first;
      const expected = Array.from({ length: 60 }, (_, t) => {
        if (t > 0) lr = next(lr, t, base);
        return lr;
      });
      expectClose(path(optimizer, make(optimizer), 59), expected, 1e-12);
    }),
    { numRuns: 60 },
  );
});

it('defaults are those of PyTorch', () => {
  const pairs: [made: (of: Scheduled) => { step(): void }, inFull: (of: Scheduled) => { step(): void }][] = [
    [(of) => new StepLR(of, { stepSize: 2 }), (of) => new StepLR(of, { stepSize: 2, gamma: 0.1 })],
    [(of) => new MultiStepLR(of, { milestones: [2] }), (of) => new MultiStepLR(of, { milestones: [2], gamma: 0.1 })],
    [(of) => new ConstantLR(of), (of) => new ConstantLR(of, { factor: 1 / 3, totalIters: 5 })],
    [(of) => new LinearLR(of), (of) => new LinearLR(of, { startFactor: 1 / 3, endFactor: 1, totalIters: 5 })],
    [(of) => new PolynomialLR(of), (of) => new PolynomialLR(of, { totalIters: 5, power: 1 })],
    [(of) => new CosineAnnealingLR(of, { tMax: 4 }), (of) => new CosineAnnealingLR(of, { tMax: 4, etaMin: 0 })],
    [
      (of) => new CosineAnnealingWarmRestarts(of, { t0: 3 }),
      (of) => new CosineAnnealingWarmRestarts(of, { t0: 3, tMult: 1, etaMin: 0 }),
    ],
  ];
  for (const [made, inFull] of pairs) {
    const [one, other] = [sgd(1), sgd(1)];
    expect(path(one, made(one), 12)).toEqual(path(other, inFull(other), 12));
  }
});

it('CosineAnnealingWarmRestarts starts anew after each wave', () => {
  fc.assert(
    fc.property(count, fc.integer({ min: 1, max: 3 }), (t0, tMult) => {
      const expected: number[] = [];
      for (let length = t0; expected.length < 60; length *= tMult) {
        for (let t = 0; t < length; t++) expected.push(0.02 + 0.04 * (1 + cos((PI * t) / length)));
      }
      const optimizer = sgd(0.1);
      const scheduler = new CosineAnnealingWarmRestarts(optimizer, { t0, tMult, etaMin: 0.02 });
      expectClose(path(optimizer, scheduler, 59), expected.slice(0, 60), 1e-14);
    }),
  );
});

describe('OneCycleLR', () => {
  // PyTorch's numbers.
  const cosine = [
    0.04, 0.52, 1, 0.9504846320135, 0.8117456539498, 0.6112620219363, 0.3887419780637, 0.1882583460502, 0.04951936798653,
  ];
  const threePhases = [0.2, 0.4666666666667, 0.7333333333333, 1, 0.7333333333333, 0.4666666666667, 0.2, 0.14, 0.08, 0.02];
  const momenta = [0.9, 0.7666666666667, 0.6333333333333, 0.5, 0.6333333333333, 0.7666666666667, 0.9, 0.9, 0.9, 0.9];

  it('rises and falls along cosines; the first learning rate does not matter; a step beyond the last is extrapolated', () => {
    const optimizer = sgd(7);
    const scheduler = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
    expectClose(path(optimizer, scheduler, 10), [...cosine, 4e-6, 0.04951936798653], 1e-12);
    expect(thrown(() => scheduler.step())).toMatchInlineSnapshot(
      `"ArgumentError: OneCycleLR: step 11 was asked for, but the cycle has 10; give a larger totalSteps."`,
    );
    expect(scheduler.stateDict().last_epoch).toBe(10);
  });

  it('has lines and three phases, and moves momentum the other way', () => {
    const optimizer = sgd(1);
    const options = { epochs: 2, stepsPerEpoch: 5, threePhase: true, pctStart: 0.4, annealStrategy: 'linear' } as const;
    const ends = { divFactor: 5, finalDivFactor: 10, baseMomentum: 0.5, maxMomentum: 0.9 };
    const scheduler = new OneCycleLR(optimizer, { maxLr: 1, ...options, ...ends });
    const seen: number[] = [];
    const step = () => {
      scheduler.step();
      seen.push(optimizer.paramGroups[0]!.momentum);
    };
    expectClose(path(optimizer, { step }, 9), threePhases, 1e-12);
    expectClose([0.9, ...seen], momenta, 1e-12);
  });

  it('cycles the first of betas, and has settings of each group', () => {
    const optimizer = new Adam([group(1), group(1)], { betas: [0.5, 0.75] });
    const scheduler = new OneCycleLR(optimizer, { maxLr: [1, 2], totalSteps: 10, baseMomentum: [0.8, 0.7] });
    scheduler.step();
    scheduler.step();
    expect(scheduler.getLastLr()).toEqual([1, 2]);
    expect(optimizer.paramGroups.map(({ betas }) => betas)).toEqual([
      [0.8, 0.75],
      [0.7, 0.75],
    ]);
  });

  it('leaves momentum alone if it is told to, and reaches its peak at once with no steps to rise', () => {
    const optimizer = sgd(1);
    new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10, pctStart: 0.1, cycleMomentum: false });
    expect(optimizer.paramGroups[0]).toMatchObject({ lr: 1, momentum: 0.9 });
    new OneCycleLR(new Adagrad([group(1)]), { maxLr: 1, totalSteps: 10, cycleMomentum: false }); // has none
  });
});

describe('ReduceLROnPlateau', () => {
  const run = (options: ConstructorParameters<typeof ReduceLROnPlateau>[1], metrics: readonly number[]): number[] => {
    const optimizer = sgd(0.1);
    const scheduler = new ReduceLROnPlateau(optimizer, options);
    const left = [...metrics];
    return path(optimizer, { step: () => scheduler.step(left.shift()!) }, metrics.length);
  };

  it('waits, reduces, rests, and stops at the least', () => {
    const options = { factor: 0.5, patience: 1, cooldown: 2, threshold: 0.1, minLr: 0.03 };
    const lrs = run(options, [2, 1.85, 1.85, 1.6, 1.6, 1.6, 1.6, 1.6, 1.6, 1.6]);
    expectClose(lrs, [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.03, 0.03, 0.03, 0.03], 1e-15);
  });

  it('knows metrics that grow, and absolute thresholds; NaN is no improvement', () => {
    const options = { mode: 'max', factor: 0.5, patience: 0, threshold: 0.1, thresholdMode: 'abs' } as const;
    expectClose(run(options, [2, 2.05, 2.15, Number.NaN]), [0.1, 0.1, 0.05, 0.05, 0.025], 1e-15);
  });

  it('leaves tiny reductions out', () => {
    expectClose(run({ factor: 0.5, patience: 0, eps: 0.05 }, [1, 1, 1]), [0.1, 0.1, 0.1, 0.1], 0);
  });

  it('takes tensors, goes on from its state, and has other schedulers go on from its rates', () => {
    const optimizer = sgd(0.1, 0.2);
    const decay = new ExponentialLR(optimizer, { gamma: 0.5 });
    const make = () => new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1, minLr: [0, 0.15] });
    const first = make();
    expect(first.stateDict()).toEqual({ best: Infinity, num_bad_epochs: 0, cooldown_counter: 0, last_epoch: 0 });
    first.step(tensor(1));
    first.step(1);
    const second = make();
    second.loadStateDict(first.stateDict());
    second.step(1);
    expect(second.getLastLr()).toEqual([0.05, 0.15]);
    expect(second.stateDict()).toEqual({ best: 1, num_bad_epochs: 0, cooldown_counter: 0, last_epoch: 3 });
    decay.step();
    expectClose(second.getLastLr(), [0.025, 0.075], 1e-15);
  });
});

describe('compositions', () => {
  it('SequentialLR: each counts from its milestone', () => {
    const optimizer = sgd(0.1);
    const parts = [new ConstantLR(optimizer, { factor: 0.1, totalIters: 2 }), new ExponentialLR(optimizer, { gamma: 0.9 })];
    const scheduler = new SequentialLR(optimizer, parts, { milestones: [2] });
    expectClose(path(optimizer, scheduler, 5), [0.01, 0.01, 0.1, 0.09, 0.081, 0.0729], 1e-15);
  });

  it('ChainedScheduler: factors multiply', () => {
    const optimizer = sgd(0.1);
    const parts = [new ConstantLR(optimizer, { factor: 0.1, totalIters: 2 }), new ExponentialLR(optimizer, { gamma: 0.9 })];
    const scheduler = new ChainedScheduler(parts);
    expectClose(path(optimizer, scheduler, 5), [0.01, 0.009, 0.081, 0.0729, 0.06561, 0.059049], 1e-15);
  });

  it('warmup: a line up to where the schedule starts', () => {
    const optimizer = sgd(0.8);
    const scheduler = warmup(new StepLR(optimizer, { stepSize: 2, gamma: 0.5 }), { steps: 2, startFactor: 0.5 });
    expectClose(path(optimizer, scheduler, 5), [0.4, 0.6, 0.8, 0.8, 0.4, 0.4], 1e-15);
    const cycle = sgd(1);
    expectClose(
      path(cycle, warmup(new OneCycleLR(cycle, { maxLr: 1, totalSteps: 4, divFactor: 4 }), { steps: 2 }), 2),
      [0, 0.125, 0.25],
      1e-15,
    );
  });

  it('carry momentum along', () => {
    const optimizer = sgd(1);
    const cycle = () => new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
    const constant = () => new ConstantLR(optimizer, { factor: 1 });
    const after = (scheduler: Scheduler, steps: number): number => {
      for (let i = 0; i < steps; i++) scheduler.step();
      return optimizer.paramGroups[0]!.momentum;
    };
    expectClose([after(warmup(cycle(), { steps: 3 }), 3), after(warmup(cycle(), { steps: 3 }), 5)], [0.95, 0.85], 1e-12);
    expectClose([after(new ChainedScheduler([cycle(), constant()]), 2)], [0.85], 1e-12);
    expectClose([after(new SequentialLR(optimizer, [constant(), cycle()], { milestones: [3] }), 5)], [0.85], 1e-12);
  });

  it('factors are their formulas', () => {
    fc.assert(
      fc.property(count, count, fc.integer({ min: 1, max: 512 }), (warmup, decay, dModel) => {
        const total = warmup + decay;
        const down = (t: number): number => (t - warmup) / decay;
        for (let t = 0; t < total + 3; t++) {
          const expected = [
            Math.min(1, (t + 1) / warmup),
            t < warmup ? t / warmup : Math.max(0, (total - t) / (total - warmup)),
            t < warmup ? t / warmup : 0.5 * (1 + cos(PI * down(t))),
            dModel ** -0.5 * Math.min((t + 1) ** -0.5, (t + 1) * warmup ** -1.5), // Vaswani et al. 2017, equation 3
          ];
          const factors = [
            linearWarmup({ warmup }),
            warmupThenLinearDecay({ warmup, total }),
            warmupThenCosine({ warmup, total }),
          ];
          expectClose(
            [...factors, noam({ dModel, warmup })].map((factor) => factor(t)),
            expected,
            1e-14,
          );
        }
      }),
    );
    for (const make of [warmupThenLinearDecay, warmupThenCosine]) expect(make({ warmup: 0, total: 4 })(0)).toBe(1);
  });
});

describe('groups', () => {
  it('begin with what they have; a list of factors has one for each', () => {
    const optimizer = sgd(0.5, 0.25);
    const scheduler = new LambdaLR(optimizer, [(step) => 1 + step, () => 2]);
    scheduler.step();
    expect(scheduler.getLastLr()).toEqual([1, 0.5]);
  });

  it('that are added later begin there', () => {
    const optimizer = sgd(0.5);
    const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
    scheduler.step();
    optimizer.addParamGroup(group(0.25));
    scheduler.step();
    expect(scheduler.getLastLr()).toEqual([0.125, 0.0625]);
  });

  it('keep what they began with in the dict of the optimizer, for a scheduler that is made later', () => {
    const optimizer = sgd(0.5);
    new ExponentialLR(optimizer, { gamma: 0.5 }).step();
    const resumed = sgd(1);
    resumed.loadStateDict(optimizer.stateDict());
    expect(resumed.paramGroups[0]).toMatchObject({ lr: 0.25, initialLr: 0.5 });
    new ConstantLR(resumed, { factor: 1 });
    expect(resumed.paramGroups[0]).toMatchObject({ lr: 0.5 });
  });
});

it('a scheduler goes on from its state dict, whatever the optimizer was made with', () => {
  const make = (lr: number) => {
    const optimizer = sgd(lr);
    return { optimizer, scheduler: warmup(new CosineAnnealingLR(optimizer, { tMax: 5 }), { steps: 3 }) };
  };
  const [first, second] = [make(0.5), make(2)];
  path(first.optimizer, first.scheduler, 5);
  second.scheduler.loadStateDict(first.scheduler.stateDict());
  expect(first.scheduler.stateDict()).toEqual({ last_epoch: 5, base_lrs: [0.5] });
  expect(path(second.optimizer, second.scheduler, 4)).toEqual(path(first.optimizer, first.scheduler, 4));
});

it('a schedule of one’s own', () => {
  const optimizer = sgd(1);
  const scheduler = new Scheduler(optimizer, { lr: (step, base) => base / (1 + step), momentum: (step) => step / 10 });
  expect(path(optimizer, scheduler, 3)).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
  expect(optimizer.paramGroups[0]?.momentum).toBe(0.3);
});

const made = {
  StepLR: { stepSize: 2, gamma: 0.5 },
  MultiStepLR: { milestones: [2], gamma: 0.5 },
  ExponentialLR: { gamma: 0.5 },
  ConstantLR: { factor: 0.5, totalIters: 2 },
  LinearLR: { startFactor: 0.5, endFactor: 1, totalIters: 2 },
  PolynomialLR: { totalIters: 2, power: 2 },
  CosineAnnealingLR: { tMax: 2, etaMin: 0 },
  CosineAnnealingWarmRestarts: { t0: 2, tMult: 2, etaMin: 0 },
  OneCycleLR: { maxLr: 1, totalSteps: 5, pctStart: 0.5, baseMomentum: 0.5, maxMomentum: 0.5, divFactor: 2, finalDivFactor: 2 },
  ReduceLROnPlateau: { factor: 0.5, patience: 2, threshold: 0.1, cooldown: 2, minLr: 0.1, eps: 0.1 },
};
const classes = {
  StepLR,
  MultiStepLR,
  ExponentialLR,
  ConstantLR,
  LinearLR,
  PolynomialLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  OneCycleLR,
  ReduceLROnPlateau,
} satisfies { [Name in keyof typeof made]: new (optimizer: Scheduled, options: (typeof made)[Name]) => unknown };

it.each(Object.keys(made) as (keyof typeof made)[])('%s refuses any number that is negative or NaN', (name) => {
  const Made: new (optimizer: Scheduled, options: never) => unknown = classes[name];
  for (const [option, usual] of Object.entries(made[name])) {
    for (const wrong of typeof usual === 'number' ? [-1, Number.NaN] : []) {
      const options = { ...made[name], [option]: wrong } as never;
      expect(thrown(() => new Made(sgd(1), options))).toMatch(new RegExp(`^ArgumentError: ${name}: .*${option}.* must be `));
    }
  }
});

it('refuses what makes no sense', () => {
  const optimizer = sgd(1, 1);
  const plain = new ExponentialLR(optimizer, { gamma: 1 });
  const other = new ExponentialLR(sgd(1), { gamma: 1 });
  const dict = plain.stateDict();
  expect([
    thrown(() => new StepLR(optimizer, { stepSize: 0 })),
    thrown(() => new StepLR(optimizer, { stepSize: 2, gamma: Number.NaN })),
    thrown(() => new MultiStepLR(optimizer, { milestones: [1, 2.5] })),
    thrown(() => new ExponentialLR(optimizer, { gamma: -1 })),
    thrown(() => new CosineAnnealingLR(optimizer, { tMax: 0 })),
    thrown(() => new CosineAnnealingWarmRestarts(optimizer, { t0: 2, tMult: 1.5 })),
    thrown(() => new ConstantLR(optimizer, { factor: 2 })),
    thrown(() => new LinearLR(optimizer, { startFactor: -1 })),
    thrown(() => new LinearLR(optimizer, { totalIters: 0 })),
    thrown(() => new PolynomialLR(optimizer, { power: -1 })),
    thrown(() => new LambdaLR(optimizer, [() => 1])),
    thrown(() => new LambdaLR(optimizer, [() => 1, () => 1, () => 1])),
    thrown(() => new OneCycleLR(optimizer, { maxLr: 1 })),
    thrown(() => new OneCycleLR(optimizer, { maxLr: 1, epochs: 2 })),
    thrown(() => new OneCycleLR(optimizer, { maxLr: 1, stepsPerEpoch: 2 })),
    thrown(() => new OneCycleLR(optimizer, { maxLr: 1, epochs: 2, stepsPerEpoch: 0 })),
    thrown(() => new OneCycleLR(optimizer, { maxLr: [1], totalSteps: 5 })),
    thrown(() => new OneCycleLR(optimizer, { maxLr: [1, -1], totalSteps: 5 })),
    thrown(() => new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 5, maxMomentum: 2 })),
    thrown(() => new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 5, pctStart: 1.5 })),
    thrown(() => new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 5, divFactor: 0 })),
    // @ts-expect-error there is no such strategy
    thrown(() => new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 5, annealStrategy: 'cosine' })),
    thrown(() => new OneCycleLR(new Adagrad([group(1)]), { maxLr: 1, totalSteps: 5 })),
    thrown(() => new ReduceLROnPlateau(optimizer, { factor: 1 })),
    thrown(() => new ReduceLROnPlateau(optimizer, { patience: -1 })),
    // @ts-expect-error there is no such mode
    thrown(() => new ReduceLROnPlateau(optimizer, { mode: 'least' })),
    // @ts-expect-error nor such a threshold
    thrown(() => new ReduceLROnPlateau(optimizer, { thresholdMode: 'relative' })),
    // @ts-expect-error something is missing
    thrown(() => new ReduceLROnPlateau(optimizer).loadStateDict({ best: 1 })),
    thrown(() => new SequentialLR(optimizer, [plain, plain], { milestones: [] })),
    thrown(() => new SequentialLR(optimizer, [plain, plain, plain], { milestones: [3, 3] })),
    thrown(() => new SequentialLR(optimizer, [plain, plain], { milestones: [2.5] })),
    thrown(() => new SequentialLR(optimizer, [plain, other], { milestones: [3] })),
    thrown(() => new ChainedScheduler([])),
    thrown(() => new ChainedScheduler([plain, other])),
    thrown(() => warmup(plain, { steps: 0 })),
    thrown(() => warmup(plain, { steps: 1, startFactor: 2 })),
    thrown(() => linearWarmup({ warmup: 0 })),
    thrown(() => warmupThenCosine({ warmup: 5, total: 5 })),
    thrown(() => warmupThenCosine({ warmup: 5, total: 7.5 })),
    thrown(() => noam({ dModel: 0, warmup: 1 })),
    thrown(() => plain.loadStateDict({ ...dict, last_epoch: -1 })),
    thrown(() => plain.loadStateDict({ ...dict, base_lrs: [1] })),
    thrown(() => plain.loadStateDict({ ...dict, base_lrs: [1, Number.NaN] })),
  ]).toMatchInlineSnapshot(`
    [
      "ArgumentError: StepLR: stepSize must be a positive integer, got 0.",
      "ArgumentError: StepLR: gamma must be a finite number from 0 up, got NaN.",
      "ArgumentError: MultiStepLR: milestones[1] must be an integer from 0 up, got 2.5.",
      "ArgumentError: ExponentialLR: gamma must be a finite number from 0 up, got -1.",
      "ArgumentError: CosineAnnealingLR: tMax must be a positive integer, got 0.",
      "ArgumentError: CosineAnnealingWarmRestarts: tMult must be a positive integer, got 1.5.",
      "ArgumentError: ConstantLR: factor must be a number from 0 to 1, got 2.",
      "ArgumentError: LinearLR: startFactor must be a number from 0 to 1, got -1.",
      "ArgumentError: LinearLR: totalIters must be a positive integer, got 0.",
      "ArgumentError: PolynomialLR: power must be a finite number from 0 up, got -1.",
      "ArgumentError: LambdaLR: factor has 1 entries for 2 groups; give one for all, or one for each.",
      "ArgumentError: LambdaLR: factor has 3 entries for 2 groups; give one for all, or one for each.",
      "ArgumentError: OneCycleLR: no number of steps was given; pass totalSteps, or epochs and stepsPerEpoch.",
      "ArgumentError: OneCycleLR: no number of steps was given; pass totalSteps, or epochs and stepsPerEpoch.",
      "ArgumentError: OneCycleLR: no number of steps was given; pass totalSteps, or epochs and stepsPerEpoch.",
      "ArgumentError: OneCycleLR: totalSteps must be a positive integer, got 0.",
      "ArgumentError: OneCycleLR: maxLr has 1 entries for 2 groups; give one for all, or one for each.",
      "ArgumentError: OneCycleLR: maxLr must be a finite number from 0 up, got -1.",
      "ArgumentError: OneCycleLR: maxMomentum must be a number from 0 to 1, got 2.",
      "ArgumentError: OneCycleLR: pctStart must be a number from 0 to 1, got 1.5.",
      "ArgumentError: OneCycleLR: divFactor 0 and finalDivFactor 10000 must be numbers above 0.",
      "ArgumentError: OneCycleLR: annealStrategy must be one of cos, linear, got cosine.",
      "ArgumentError: OneCycleLR: the optimizer has neither momentum nor betas to cycle; pass cycleMomentum: false.",
      "ArgumentError: ReduceLROnPlateau: factor must be a number from 0 up and below 1, got 1.",
      "ArgumentError: ReduceLROnPlateau: patience must be an integer from 0 up, got -1.",
      "ArgumentError: ReduceLROnPlateau: mode must be one of min, max, got least.",
      "ArgumentError: ReduceLROnPlateau: thresholdMode must be one of rel, abs, got relative.",
      "ArgumentError: ReduceLROnPlateau: the dict has no number for num_bad_epochs, cooldown_counter, last_epoch; load one of this scheduler.",
      "ArgumentError: SequentialLR: milestones [] were given for 2 schedulers; there must be one between each two, rising integers above 0.",
      "ArgumentError: SequentialLR: milestones [3, 3] were given for 3 schedulers; there must be one between each two, rising integers above 0.",
      "ArgumentError: SequentialLR: milestones [2.5] were given for 2 schedulers; there must be one between each two, rising integers above 0.",
      "ArgumentError: SequentialLR: scheduler 1 is another optimizer's; all must be of one.",
      "ArgumentError: ChainedScheduler: no schedulers were given; pass at least one.",
      "ArgumentError: ChainedScheduler: scheduler 1 is another optimizer's; all must be of one.",
      "ArgumentError: warmup: steps must be a positive integer, got 0.",
      "ArgumentError: warmup: startFactor must be a number from 0 to 1, got 2.",
      "ArgumentError: linearWarmup: warmup must be a positive integer, got 0.",
      "ArgumentError: warmupThenCosine: total must be an integer above warmup 5, got 5.",
      "ArgumentError: warmupThenCosine: total must be an integer above warmup 5, got 7.5.",
      "ArgumentError: noam: dModel must be a finite number from 1 up, got 0.",
      "ArgumentError: loadStateDict: the scheduler's dict has last_epoch -1; it must be an integer from 0 up.",
      "ArgumentError: loadStateDict: the scheduler's dict has base_lrs [1]; it must be one number for each of 2 groups.",
      "ArgumentError: loadStateDict: the scheduler's dict has base_lrs [1,NaN]; it must be one number for each of 2 groups.",
    ]
  `);
});

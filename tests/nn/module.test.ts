import { FreedError, noGrad, ones, relu, scope, type Tensor, tensor, zeros } from '@normgrad/autograd';
import { type AnyModule, BatchNorm1d, Buffer, Linear, Module, Parameter, ReLU, Sequential, SGD } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { values } from './support.ts';

class Block extends Module {
  readonly fc = new Linear(3, 3);
  readonly gain = new Parameter(ones([3]));
  readonly seen = new Buffer(zeros([1]));

  forward(x: Tensor): Tensor {
    return relu(this.fc.call(x)).mul(this.gain);
  }
}

class Net extends Module {
  readonly blocks = [new Block(), new Block()];
  readonly heads = { left: new Linear(3, 2), right: [new Linear(3, 2, { bias: false })] };
  readonly shift = new Parameter(zeros([2]));
  readonly label = 'not a part';
  readonly scratch = ones([4]);
  readonly nothing = null;

  forward(x: Tensor): Tensor {
    const hidden = this.blocks.reduce((value, block) => block.call(value), x);
    return this.heads.left.call(hidden).add(this.heads.right[0]!.call(hidden)).add(this.shift);
  }
}

const names = (entries: readonly (readonly [string, unknown])[]): string[] => entries.map(([name]) => name);

describe('fields', () => {
  it('are found in properties, arrays and plain objects; own parameters come first, names stay', () => {
    const net = new Net();
    expect(names(net.namedParameters())).toEqual([
      'shift',
      ...[0, 1].flatMap((i) => [`blocks.${i}.gain`, `blocks.${i}.fc.weight`, `blocks.${i}.fc.bias`]),
      'heads.left.weight',
      'heads.left.bias',
      'heads.right.0.weight',
    ]);
    expect(names(net.namedBuffers())).toEqual(['blocks.0.seen', 'blocks.1.seen']);
    expect(names(net.namedModules())).toEqual([
      '',
      'blocks.0',
      'blocks.0.fc',
      'blocks.1',
      'blocks.1.fc',
      'heads.left',
      'heads.right.0',
    ]);
    expect(net.parameters().every((x) => x instanceof Parameter && x.requiresGrad)).toBe(true);
  });

  it('whose name in state dicts is empty are left out of paths', () => {
    class Wrapper extends Module {
      readonly inner = new Linear(1, 1);
      override stateName(): string {
        return '';
      }
      forward(x: Tensor): Tensor {
        return this.inner.call(x);
      }
    }
    expect(names(new Sequential(new Wrapper()).namedParameters())).toEqual(['0.weight', '0.bias']);
  });

  it('that hold a module twice, or lead back up, count once', () => {
    class Child extends Module {
      readonly weight = new Parameter(ones([2]));
      constructor(readonly parent: AnyModule) {
        super();
      }
      forward(x: Tensor): Tensor {
        return x.mul(this.weight);
      }
    }
    class Parent extends Module {
      readonly child = new Child(this);
      readonly again = this.child;
      forward(x: Tensor): Tensor {
        return this.again.call(this.child.call(x));
      }
    }
    const parent = new Parent();
    expect(names(parent.namedParameters())).toEqual(['child.weight']);
    expect(names(parent.namedModules())).toEqual(['', 'child']);
    expect(Object.keys(parent.stateDict())).toEqual(['child.weight', 'again.weight']);
    expect(`${parent}`).toBe('Parent(\n  (child): Child()\n)');
    const loop: Record<string, unknown> = { weight: new Parameter(ones([1])) };
    Object.assign(parent, { parts: Object.assign(loop, { loop }) });
    expect(names(parent.namedParameters())).toEqual(['parts.weight', 'child.weight']);
    let visits = 0;
    parent.apply(() => visits++);
    expect(visits).toBe(2);
  });
});

it('tied weights are listed once, stepped once, and under both names in the state dict', () => {
  class Tied extends Module {
    readonly encoder = new Linear(2, 2, { bias: false });
    readonly decoder = new Linear(2, 2, { bias: false });
    constructor() {
      super();
      Object.assign(this.decoder, { weight: this.encoder.weight });
    }
    forward(x: Tensor): Tensor {
      return this.decoder.call(this.encoder.call(x));
    }
  }
  const tied = new Tied();
  noGrad(() => tied.encoder.weight.assign([1, 0, 0, 1]));
  expect(names(tied.namedParameters())).toEqual(['encoder.weight']);
  expect(names(tied.namedParameters({ removeDuplicate: false }))).toEqual(['encoder.weight', 'decoder.weight']);
  expect(Object.keys(tied.stateDict())).toEqual(['encoder.weight', 'decoder.weight']);
  expect(tied.stateDict({ copy: false })['decoder.weight']).toBe(tied.encoder.weight);
  // W W x with W = I and cotangent c: both uses give c x^T.
  tied.call(tensor([[1, 2]])).backward(tensor([[1, 0]]));
  new SGD(tied.parameters(), { lr: 0.25 }).step();
  expect(values(tied.decoder.weight)).toEqual([0.5, -1, 0, 1]);
  tied.to('float64');
  expect(tied.decoder.weight).toBe(tied.encoder.weight);
});

describe('call', () => {
  it('frees inner activations with the backward, but not what it returns', () => {
    let inner: Tensor | undefined;
    class Peek extends Module {
      forward(x: Tensor): Tensor {
        inner = x.mul(2);
        return inner.mul(x);
      }
    }
    const y = new Peek().call(tensor([1, 2], { requiresGrad: true }));
    expect(values(inner!)).toEqual([2, 4]);
    y.backward(ones([2]));
    expect(() => inner?.toTypedArray()).toThrow(FreedError);
    expect(values(y)).toEqual([2, 8]);
  });

  it('takes and gives what forward does', () => {
    class Split extends Module<[x: Tensor, sizes: { left: number }], { left: Tensor; right: Tensor }> {
      forward(x: Tensor, { left }: { left: number }): { left: Tensor; right: Tensor } {
        return { left: x.mul(left), right: x.mul(1 - left) };
      }
    }
    const { left, right } = new Split().call(tensor([4]), { left: 0.25 });
    expect([left.item(), right.item()]).toEqual([1, 3]);
  });

  it('runs forward hooks in order, whose results replace the output, and keeps what they saw readable', () => {
    const layer = new ReLU();
    const model = new Sequential(new Linear(2, 2), layer, new Linear(2, 1));
    const seen: Tensor[] = [];
    const removeFirst = layer.registerForwardHook((module, [input], output) => {
      expect(module).toBe(layer);
      seen.push(input, output);
    });
    layer.registerForwardHook((_module, _inputs, output) => output.mul(0));
    const y = model.call(ones([1, 2]));
    y.backward();
    expect(y.item()).toBe(model.layers[2]!.parameters()[1]!.item());
    expect(values(seen[1]!)).toEqual(values(seen[0]!).map((x) => Math.max(0, x)));
    removeFirst();
    removeFirst(); // no other goes in its place
    expect(model.call(ones([1, 2])).item()).toBe(y.item());
    expect(seen).toHaveLength(2);
  });

  it('runs all hooks of a call, also where one removes itself', () => {
    const layer = new ReLU();
    const events: string[] = [];
    const remove = layer.registerForwardHook(() => {
      events.push('once');
      remove();
    });
    layer.registerForwardHook(() => void events.push('each'));
    for (let i = 0; i < 2; i++) layer.call(ones([1]));
    expect(events).toEqual(['once', 'each', 'each']);
  });
});

it('parameters and buffers outlive the scope they are made in', () => {
  const made: Tensor[] = [];
  scope(() => {
    const x = ones([2]).mul(3);
    made.push(new Parameter(x.add(1)), new Parameter(x.add(2), { requiresGrad: false }), new Buffer(x));
  });
  expect(made.map(values)).toEqual([
    [4, 4],
    [5, 5],
    [3, 3],
  ]);
});

it('train and eval reach every module', () => {
  const net = new Sequential(new Sequential(new BatchNorm1d(2)), new ReLU());
  const modes = (): boolean[] => net.namedModules().map(([, { training }]) => training);
  expect(modes()).toEqual([true, true, true, true]);
  expect(net.eval()).toBe(net);
  expect(modes()).toEqual([false, false, false, false]);
  expect(net.train().training).toBe(true);
});

it('zeroGrad and requiresGrad_ reach every parameter', () => {
  const net = new Net();
  net.call(ones([1, 3])).backward(ones([1, 2]));
  expect(net.shift.grad).not.toBeNull();
  net.zeroGrad();
  expect(net.parameters().every(({ grad }) => grad === null)).toBe(true);
  net.requiresGrad_(false);
  expect(net.call(ones([1, 3])).requiresGrad).toBe(false);
  expect(
    net
      .requiresGrad_()
      .parameters()
      .every(({ requiresGrad }) => requiresGrad),
  ).toBe(true);
});

it('apply visits parts before wholes', () => {
  const order: string[] = [];
  new Sequential(new ReLU(), new Sequential(new Linear(1, 1))).apply((module) => order.push(module.constructor.name));
  expect(order).toEqual(['ReLU', 'Linear', 'Sequential', 'Sequential']);
});

it('to converts parameters and buffers, and keeps who is frozen', () => {
  const net = new Sequential(new Linear(2, 2), new BatchNorm1d(2));
  net.layers[0]!.requiresGrad_(false);
  const before = net.stateDict();
  expect(net.to('float64')).toBe(net);
  for (const [name, value] of Object.entries(net.stateDict())) {
    if (typeof value === 'bigint') continue;
    expect(value.dtype).toBe('float64');
    expect(values(value)).toEqual(values(before[name] as Tensor));
  }
  expect(net.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([false, false, true, true]);
  expect(net.call(ones([3, 2], { dtype: 'float64' })).dtype).toBe('float64');
  const converted = net.parameters();
  expect(
    net
      .to('float64')
      .parameters()
      .every((x, i) => x === converted[i]),
  ).toBe(true); // optimizers hold them
  const { scratch } = new Net();
  const others = Object.assign(new Net(), { count: new Buffer(zeros([1], { dtype: 'int32' })), scratch });
  expect(others.to('float64').count.dtype).toBe('int32');
  expect([others.shift.dtype, others.scratch]).toEqual(['float64', scratch]);
});

it('prints its parts', () => {
  const net = new Sequential(new Linear(2, 3), new Sequential(new BatchNorm1d(3), new ReLU()));
  expect(`${net}\n${new Net()}`).toMatchInlineSnapshot(`
    "Sequential(
      (0): Linear(2, 3, bias=true)
      (1): Sequential(
        (0): BatchNorm1d(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStatistics=true)
        (1): ReLU()
      )
    )
    Net(
      (blocks.0): Block(
        (fc): Linear(3, 3, bias=true)
      )
      (blocks.1): Block(
        (fc): Linear(3, 3, bias=true)
      )
      (heads.left): Linear(3, 2, bias=true)
      (heads.right.0): Linear(3, 2, bias=false)
    )"
  `);
});

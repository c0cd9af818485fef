/** Blocks of the heap between guard bytes, and norms run on them from arrays to arrays. */
import { expect } from 'vitest';
import { type ChannelShape, channelsBackward, channelsForward } from '../../packages/autograd/src/kernels/norm-channels.ts';
import { type GroupShape, groupsBackward, groupsForward } from '../../packages/autograd/src/kernels/norm-groups.ts';
import { heap } from '../../packages/autograd/src/runtime/heap.ts';
import type { FloatType } from '../../packages/autograd/src/runtime/lanes.ts';
import type { Problem, Statistics } from './norm-reference.ts';

const guard = 0xa5;
const guardBytes = 32; // inside the slack behind a block

interface Block {
  readonly address: number;
  readonly bytes: number;
  read(): number[];
}

/** Hands out blocks; `check` frees them and fails if a byte behind one was written, or at 0, which stands for what is absent. */
export class Bench {
  private readonly blocks: Block[] = [];

  constructor(readonly dtype: FloatType) {
    heap.u8.fill(guard, 0, guardBytes);
  }

  block(length: number, dtype: FloatType = this.dtype, values?: ArrayLike<number>): Block {
    const size = dtype === 'float32' ? 4 : 8;
    const bytes = length * size;
    const address = heap.allocate(bytes);
    const view = (): Float32Array | Float64Array =>
      (size === 4 ? heap.f32 : heap.f64).subarray(address / size, address / size + length);
    heap.u8.fill(guard, address, address + bytes + guardBytes);
    if (values) view().set(values);
    const block = { address, bytes, read: () => [...view()] };
    this.blocks.push(block);
    return block;
  }

  input(values: ArrayLike<number> | undefined): number {
    return values ? this.block(values.length, this.dtype, values).address : 0;
  }

  /** Storage that an absent output does not need: address 0. */
  output(length: number, wanted = true): { address: number; read(): number[] } {
    return wanted ? this.block(length) : { address: 0, read: () => [] };
  }

  check(): void {
    const isUnwritten = (address: number): boolean =>
      heap.u8.subarray(address, address + guardBytes).every((byte) => byte === guard);
    expect(isUnwritten(0)).toBe(true);
    for (const { address, bytes } of this.blocks) {
      expect(isUnwritten(address + bytes)).toBe(true);
      heap.release(address, bytes);
    }
  }
}

export interface Options {
  readonly dtype: FloatType;
  /** Only for channels. */
  readonly given?: Statistics | undefined;
  readonly constant?: boolean;
  readonly wants?: { readonly dx?: boolean; readonly dweight?: boolean; readonly dbias?: boolean };
}

export type Shape =
  | { readonly kind: 'groups'; readonly shape: GroupShape }
  | { readonly kind: 'channels'; readonly shape: ChannelShape };

/** The problem's sizes and index maps, by the definitions of the two families. */
export function sizes(of: Shape): Pick<Problem, 'groups' | 'parameters' | 'group' | 'parameter'> & { length: number } {
  if (of.kind === 'groups') {
    const { groups, n, period, space } = of.shape;
    const parameters = (period * n) / space;
    return {
      length: groups * n,
      groups,
      parameters,
      group: (i) => Math.floor(i / n),
      parameter: (i) => Math.floor((i % (period * n)) / space),
    };
  }
  const { batch, channels, space } = of.shape;
  const channel = (i: number): number => Math.floor(i / space) % channels;
  return { length: batch * channels * space, groups: channels, parameters: channels, group: channel, parameter: channel };
}

export function runForward(of: Shape, { x, weight, bias, eps, centred = true, groups }: Problem, { dtype, given }: Options) {
  const bench = new Bench(dtype);
  const [y, variance] = [bench.block(x.length), bench.block(groups, 'float64')];
  const [mean, rstd] = [bench.block(groups, 'float64', given?.mean), bench.block(groups, 'float64', given?.rstd)];
  const addresses = {
    x: bench.input(x),
    weight: bench.input(weight),
    bias: bench.input(bias),
    y: y.address,
    mean: mean.address,
    rstd: rstd.address,
  };
  if (of.kind === 'groups') groupsForward(dtype, of.shape, addresses, { eps, centred });
  else channelsForward(dtype, of.shape, { ...addresses, variance: variance.address }, { eps, given: given !== undefined });
  const result = { y: y.read(), mean: mean.read(), variance: variance.read(), rstd: rstd.read() };
  bench.check();
  return result;
}

export function runBackward(
  of: Shape,
  { x, weight, centred = true, parameters }: Problem,
  dy: ArrayLike<number>,
  { mean, rstd }: Statistics,
  { dtype, constant = false, wants = {} }: Options,
) {
  const bench = new Bench(dtype);
  const dx = bench.output(x.length, wants.dx ?? true);
  const dweight = bench.output(parameters, wants.dweight ?? true);
  const dbias = bench.output(parameters, wants.dbias ?? true);
  const addresses = {
    dy: bench.input(dy),
    x: bench.input(x),
    weight: bench.input(weight),
    mean: bench.block(mean.length, 'float64', mean).address,
    rstd: bench.block(rstd.length, 'float64', rstd).address,
    dx: dx.address,
    dweight: dweight.address,
    dbias: dbias.address,
  };
  if (of.kind === 'groups') groupsBackward(dtype, of.shape, addresses, { centred });
  else channelsBackward(dtype, of.shape, addresses, { constant });
  const result = { dx: dx.read(), dweight: dweight.read(), dbias: dbias.read() };
  bench.check();
  return result;
}

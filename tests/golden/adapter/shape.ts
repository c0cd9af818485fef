import * as ng from '@normgrad/autograd';
import { listed, type Table, unary, type X } from './table.ts';

interface Several {
  readonly dim?: number;
  readonly x0: ng.Tensor;
}

export const shape: Table = {
  cat: (given: Several) => ng.cat(listed(given, 'x'), given),
  expand: ({ x, shape }: X & { shape: number[] }) => ng.expand(x, shape),
  flatten: unary(ng.flatten),
  flip: ({ x, dims }: X & { dims: number[] }) => ng.flip(x, dims),
  pad: (given: X & { pad: number[] } & ng.PadOptions) => ng.pad(given.x, given.pad, given),
  permute: ({ x, dims }: X & { dims: number[] }) => ng.permute(x, dims),
  reshape: ({ x, shape }: X & { shape: number[] }) => ng.reshape(x, shape),
  roll: (given: X & { shifts: number | number[]; dims?: number | number[] }) => ng.roll(given.x, given.shifts, given),
  split: (given: X & { sizes: number | number[]; dim?: number; take: number }) =>
    ng.split(given.x, given.sizes, given)[given.take]!,
  squeeze: ({ x, dim }: X & { dim?: number | number[] }) => ng.squeeze(x, dim),
  stack: (given: Several) => ng.stack(listed(given, 'x'), given),
  transpose: ({ x, dim0, dim1 }: X & { dim0: number; dim1: number }) => ng.transpose(x, dim0, dim1),
  unsqueeze: ({ x, dim }: X & { dim: number }) => ng.unsqueeze(x, dim),
};

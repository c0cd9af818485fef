import { add, ones, tensor } from '@normgrad/autograd';
import type { Subject } from '../measure.ts';

/** 100 chained additions of 10 elements, forward and backward: what the tape costs. */
export function adds(): Subject {
  const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { requiresGrad: true });
  const one = ones([10]);
  return {
    name: '100 adds of 10 elements, forward and backward',
    run() {
      let y = x;
      for (let i = 0; i < 100; i++) y = add(y, one);
      y.backward(one);
      x.zeroGrad();
    },
  };
}

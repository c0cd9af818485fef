import type { Generator } from '@normgrad/autograd';
import { Linear, ReLU, Sequential } from '@normgrad/nn';
import { classCount, pixelCount } from './dataset.ts';
import { type NormName, norms } from './norms.ts';

const hidden = 64;

/** 64 - 64 - norm - ReLU - 64 - norm - ReLU - 10; its weights are drawn from `generator`. */
export function createModel(norm: NormName, generator: Generator): Sequential {
  const { layer } = norms[norm];
  return new Sequential(
    new Linear(pixelCount, hidden, { generator }),
    layer(hidden),
    new ReLU(),
    new Linear(hidden, hidden, { generator }),
    layer(hidden),
    new ReLU(),
    new Linear(hidden, classCount, { generator }),
  );
}

/** 300 steps in one synchronous loop with 50 MB of activations each. */
import { callBoundary, linear, mean, mul, relu, type Tensor, tensor } from '@normgrad/autograd';
import { measure } from './loop-report.ts';

const [rows, width] = [4096, 256]; // 4 MiB a matrix
const weights = Array.from({ length: 6 }, (_, layer) =>
  tensor(
    Float32Array.from({ length: width * width }, (_, i) => Math.sin(i + layer) / 16),
    { shape: [width, width] },
  ).requiresGrad_(),
);
const buffer = Float32Array.from({ length: rows * width }, (_, i) => Math.cos(i));
const logits: Tensor[] = [];

measure(300, (step) => {
  buffer[0] = step;
  // 12 activations of 4 MiB
  const y = callBoundary(() => weights.reduce((h, weight) => relu(linear(h, weight)), tensor(buffer, { shape: [rows, width] })));
  const loss = mean(mul(y, y));
  for (const weight of weights) weight.zeroGrad();
  loss.backward();
  logits.push(y);
  if (logits.length > 3) logits.shift(); // what a user looks back at
  return loss;
});

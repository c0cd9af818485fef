/** Why rows miss their targets, if they do: what was measured, what was tried, what is left. */
const smallRows =
  'Of a row of 10 values the arithmetic is little; what takes 40 ns is the chain from its sum to its deviations, their squares, a root and a division, in float64. The tape takes 2 to 3 us of the row. Beginning with the mean of the first registers spares longer groups a pass.';
const memory =
  'Bandwidth: two threads move little more than one, and pages are small (neither library gets huge ones here). Tried: two rows side by side (1.4 times slower), loading ahead (1.3 times slower), backward from the end (no difference).';
const narrow =
  'Registers of 16 bytes where PyTorch has 64: when the machine is at its slower pace, instructions are what is short, and ours are more.';
const products =
  'At the machine\u2019s faster pace the products reach 0.88 to 1 of the limit and 1.7 to 2.1 times that on two threads. At its slower one, which a pause often brings, whatever loads takes 1.4 times as long and the limit, in registers, does not. ' +
  'tfjs reaches 0.55 to 0.6: 2.5 times that takes two threads at 0.7 each. Tried: other sizes of tiles and blocks, packing always, unrolling (registers spill).';

export const reasons: Readonly<Record<string, string>> = {
  'mlp-small':
    'Half of the step is kernels, at their limit; the rest is about 0.2 us for each of the tape\u2019s steps and the modules around them.',
  'mlp-two-norms':
    'Half of the step is kernels: products of 32 rows, at their limit. The rest is about 0.2 us for each of the tape\u2019s steps, more for batch norm (0.8 us: three more arrays, running statistics) and for the optimizer (75 ns a parameter).',
  'mlp-784':
    'Products at 0.8 of the limit, and Adam. jax-js spends its time in products too: four times its speed takes a second thread that brings 1.75 times.',
  cnn: narrow,
  transformer:
    'The second thread brings 1.5 times at the median and 1.8 at best: with both cores busy whatever touches caches slows down. The products of heads are 16 wide and reach 0.8 to 0.9 of the limit, linear maps 0.9 to 1. The exponentials of the softmax are half of attention forward. Tried: packing keys, reciprocals instead of divisions (nothing).',
  'batch-norm': narrow,
  'batch-norm-large': narrow,
  'layer-norm': memory,
  'layer-norm-small': smallRows,
  'group-norm': narrow,
  'group-norm-small': smallRows,
  'instance-norm': memory,
  conv2d:
    'PyTorch\u2019s registers hold four times as many numbers. Ours are counted at over 100 % of the limit because tiles of 2 x 2 outputs take 16 products instead of 36; the transforms and the copies into tiles are the rest. Tried: larger unrolling (registers spill), smaller blocks (slower).',
  adds: 'A tensor, a storage, a node and four short lists for each op, 790 bytes: 0.11 us forward and as much backward. Copying the results that the user can see to arrays of their own, so that nothing need be disposed of, is 15 %. Lists, closures and checks were removed one by one; none that is left takes over 6 %.',
  'matmul-64': `${products} 9 us are too little to share: handing a part over takes several.`,
  'matmul-256': products,
  'matmul-512': products,
  'matmul-1024': products,
  size: 'Import: V8\u2019s reading of 480 kB takes two thirds, our own code 4 ms; without white space it is the same, with short names 3 ms less. Bundle: the fluent methods bring in every op they name (14 kB); messages of errors are 4, threads 3.6, state dicts of optimizers 2.5. An entry without methods would still be 48 kB, for a second way to import everything.',
};

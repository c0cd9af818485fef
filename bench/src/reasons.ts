/** Why rows miss their targets, if they do: what was measured, what was tried, what is left. */
const products =
  'At the machine\u2019s faster pace the products reach 0.88 to 1 of the limit and 1.7 to 2.1 times that on two threads. At its slower one, which a pause often brings, whatever loads takes 1.4 times as long and the limit, in registers, does not. ' +
  'tfjs reaches 0.55 to 0.6: 2.5 times that takes two threads at 0.7 each. Tried: other sizes of tiles and blocks, packing always, unrolling (registers spill).';

export const reasons: Readonly<Record<string, string>> = {
  'mlp-two-norms':
    'Half of the step is kernels: products of 32 rows, at their limit. The rest is about 0.2 us for each of the tape\u2019s steps, more for batch norm (0.8 us: three more arrays, running statistics) and for the optimizer (75 ns a parameter).',
  'mlp-784':
    'Products at 0.8 of the limit, and Adam. jax-js spends its time in products too: four times its speed takes a second thread that brings 1.75 times.',
  transformer:
    'The second thread brings 1.5 times at the median and 1.8 at best: with both cores busy whatever touches caches slows down. The products of heads are 16 wide and reach 0.8 to 0.9 of the limit, linear maps 0.9 to 1. The exponentials of the softmax are half of attention forward. Tried: packing keys, reciprocals instead of divisions (nothing).',
  'layer-norm':
    'Two threads share the bandwidth and bring 1.5 times. Tried: two rows side by side (1.4 times slower), loading ahead (1.3 times slower), backward from the end (no difference).',
  'layer-norm-small':
    'A row of 10 values takes 27 ns forward, 6 with its statistics given: the rest is a chain from the sum to the deviations, their squares, a root and a division, in doubles. Layer norm of 8 values, where the tape is all there is, takes 2 to 3 us of the 7.',
  'group-norm-small':
    'The kernels take 8 of the 10 us. Of 70 ns a group of 200 values forward, 50 are its statistics: sums that the next step waits for. Beginning with the mean of the first registers instead of a pass over all brought a tenth.',
  conv2d:
    'PyTorch\u2019s registers hold four times as many numbers. Ours are counted at over 100 % of the limit because tiles of 2 x 2 outputs take 16 products instead of 36; the transforms and the copies into tiles are the rest. Tried: larger unrolling (registers spill), smaller blocks (slower).',
  adds: 'A tensor, a storage, a node and five short lists for each op, 700 bytes: 0.1 us forward and as much backward, spread over 50 functions of which none takes over 7 %; the call of the kernel is 3 %. Lists, closures, sums and checks were removed one by one. Tried without effect: gradients by position instead of by name, smaller nurseries for objects, more inlining, kernels called without lists of arguments.',
  'matmul-64': `${products} 9 us are too little to share: handing a part over takes several.`,
  'matmul-256': products,
  'matmul-512': products,
  'matmul-1024': products,
  size: 'Import: V8\u2019s reading of 480 kB takes two thirds, our own code 4 ms; without white space it is the same, with short names 3 ms less. Bundle: the fluent methods bring in every op they name (14 kB); messages of errors are 4, threads 3.6, state dicts of optimizers 2.5. An entry without methods would still be 48 kB, for a second way to import everything.',
};

/** Why rows miss their targets, if they do: what was measured, what was tried, what is left. */
const products =
  'At the machine\u2019s faster pace the products reach 0.88 to 1 of the limit and 1.7 to 2.1 times that on two threads. At its slower one, which a pause often brings, whatever loads takes 1.4 times as long and the limit, in registers, does not. ' +
  'tfjs reaches 0.55 to 0.6: 2.5 times that takes two threads at 0.7 each. Tried: other sizes of tiles and blocks, packing always, unrolling (registers spill).';

export const reasons: Readonly<Record<string, string>> = {
  'mlp-two-norms':
    'Half of the step is kernels: products of 32 rows, at their limit. The rest is about 0.2 us for each of the tape\u2019s steps, more for batch norm (0.8 us: three more arrays, running statistics) and for the optimizer (75 ns a parameter).',
  'mlp-784':
    'Products, at the limit, are 2.35 of 2.8 ms on one thread, Adam 0.16. jax-js spends its time in products too: four times its speed takes a second thread that brings 1.75 times.',
  transformer:
    'The second thread brings 1.5 times at the median and 1.8 at best: with both cores busy whatever touches caches slows down. The products of heads are 16 wide and reach 0.7 to 0.9 of the limit, linear maps 0.8 to 1: all of them are 5.7 of 7.7 ms on one thread. The exponentials of the softmax are half of attention forward. Tried: packing keys, reciprocals instead of divisions (nothing).',
  'layer-norm':
    'A row of 768 takes 622 ns on one thread, 604 from the cache and about 335 if its bytes were only copied: 210 forward, 275 the gradient of x, 135 those of weight and bias. Two threads bring 1.5 times at the median, 1.8 at best. Tried: two rows side by side (1.4 times slower), two registers per turn (no difference), loading ahead (1.3 times slower), backward from the end (no difference).',
  'layer-norm-small':
    'The kernels take 3.4 us, the tape 2.2. A row of 10 values takes 17 ns forward, 6 with its statistics given, and 16 backward, 10 if it had 8 values: the two that fill no register cost as much as the others. The statistics of all rows are found first, so that no row waits for another (27 ns before). Tried: all that is left of a row as one register (6 % of the kernels), the sums of all rows before their gradients (nothing for so short ones).',
  'group-norm-small':
    'The kernels take 6.3 us. A group of 200 values takes 44 ns forward, 26 of them statistics (60 and 41 when each group waited for the one before), and 60 backward, half of them sums. Tried: the sums of all groups before their gradients (4 %).',
  conv2d:
    'PyTorch\u2019s registers hold four times as many numbers. Ours are counted at over 100 % of the limit because tiles of 2 x 2 outputs take 16 products instead of 36; these products, at the limit, are two thirds of the time, the transforms a fifth. Tried: larger unrolling (registers spill), smaller blocks (a tenth slower), the order of loads in the transforms (a hundredth of the row).',
  adds: 'A tensor, a storage, a node and five short lists for each op, 700 bytes: 0.1 us forward and as much backward, spread over 50 functions of which none takes over 7 %; the call of the kernel is 3 %. Lists, closures, sums and checks were removed one by one. Tried without effect: gradients by position instead of by name, smaller nurseries for objects, more inlining, kernels called without lists of arguments.',
  'matmul-64': `${products} 9 us are too little to share: handing a part over takes several.`,
  'matmul-256': products,
  'matmul-512': products,
  'matmul-1024': products,
  size: 'Import: at the machine\u2019s faster pace, where it takes 20 ms, V8 takes 10 of them to read 560 kB, our own code 4.5, spread over all modules, and an empty file 3; in one file with short names, 300 kB, it would be 1.5 less. Bundle: without the fluent methods and what only they bring in, 50 kB would be left. Two fifths of that are kernels of norms, products, sums and softmax for both float types, over a quarter is the tape and its memory; threads are 3.6 kB, state dicts of optimizers 2.5, all messages 5, backward in one kernel 1.3.',
};

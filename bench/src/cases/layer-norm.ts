import { internals, layerNorm, noGrad, ones, randn, scope, type Tensor, zeros } from '@normgrad/autograd';
import type { Subject } from '../measure.ts';

const { addr, empty, f32, f32x4, i32, kernel, lanes, tick, v128 } = internals;

/** The comparison: layer norm with plain float32 statistics in two passes, rows a multiple of 16. run(x, weight, bias, y, rows, n) */
const plainLayerNorm = kernel('plainLayerNorm', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (f, x, weight, bias, y, rows, n) => {
  const L = lanes.float32;
  const rowBytes = f.let(i32.mul(n, i32.const(4)));
  const sums = [0, 1, 2, 3].map(() => f.let(L.zero));
  const mean = (): internals.F32 => {
    const sum = f.let(sums.reduce<internals.V128>((a, b) => L.add(a, b), L.zero));
    const lane = (i: number): internals.F32 => f32x4.extract(sum, i);
    return f32.div(f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3))), f32.fromI32(n));
  };
  const end = f.let(x);
  const pass = (term: (value: internals.V128, sum: internals.V128) => internals.V128): void => {
    const p = f.let(x);
    for (const sum of sums) f.set(sum, L.zero);
    f.for(p, end, 64, () => sums.forEach((sum, i) => void f.set(sum, term(v128.load(p, 16 * i), sum))));
  };
  f.while(
    () => rows,
    () => {
      f.set(end, i32.add(x, rowBytes));
      pass((value, sum) => L.add(sum, value));
      const center = f.let(f32x4.splat(mean()));
      pass((value, sum) => {
        const d = f.let(L.sub(value, center));
        return L.fma(d, d, sum);
      });
      const rstd = f.let(f32x4.splat(f32.div(f32.const(1), f32.sqrt(f32.add(mean(), f32.const(1e-5))))));
      const [w, b] = [f.let(weight), f.let(bias)];
      f.for(x, end, 16, () => {
        f.do(v128.store(y, L.fma(L.mul(L.sub(v128.load(x), center), rstd), v128.load(w), v128.load(b))));
        for (const pointer of [y, w, b]) f.bump(pointer, 16);
      });
      f.bump(rows, -1);
    },
  );
});

const rows = 64;
const n = 4096;

/** What float64 statistics cost: our layer norm forward against one with plain float32 statistics. */
export function layerNorms(): Subject[] {
  const x = randn([rows, n]);
  const weight = ones([n]);
  const bias = zeros([n]);
  const inScope = (make: () => Tensor) => () => {
    scope(() => {
      noGrad(make);
    });
  };
  return [
    { name: 'layer norm forward, 64 rows of 4096', run: inScope(() => layerNorm(x, n, { weight, bias })) },
    {
      name: 'the same with plain float32 two-pass statistics',
      run: inScope(() => {
        tick();
        const y = empty([rows, n], 'float32');
        plainLayerNorm.run(addr(x), addr(weight), addr(bias), addr(y), rows, n);
        return y;
      }),
    },
  ];
}

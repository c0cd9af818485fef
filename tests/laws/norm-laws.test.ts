/** What normalization and its gradients obey, whatever the numbers. No differences are taken: these hold to rounding. */
import { add, Generator, grad, mean, moments, mul, reshape, rstd, sub, sum, type Tensor, tensor } from '@normgrad/autograd';
import { seeds, sizeOf, toTensor } from '@normgrad/gradcheck/property';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cotangentsOf, expectSame, outputsOf } from '../gradients/derivatives.ts';
import { norms, positional, tensorsOf } from '../gradients/norm-cases.ts';
import { centred, type Image, type Inputs, images, inputsOf, instance, type Norm, rms, switchable } from './images.ts';

const epsilons = fc.constantFrom(1e-5, 0.5);
const every = {
  ...Object.fromEntries(Object.entries(centred).map(([name, { norm }]) => [name, norm])),
  rmsNorm: rms,
  switchableNorm: switchable(0.5, 0.2, 0.3),
};

/** y and dx for a random cotangent. */
function differentiate(norm: Norm, inputs: Inputs, { seed, createGraph }: Image, eps: number) {
  const y = norm(inputs, eps);
  const gradOutputs = cotangentsOf([y], new Generator(seed));
  return { y, dy: gradOutputs[0]!, dx: grad(y, [inputs.x], { gradOutputs, createGraph })[0]! };
}

const largest = (x: Tensor): number => Math.max(0, ...Array.from(x.toTypedArray(), Math.abs));
/** Rounding errors of dx are those of r g, which may be far larger than dx. */
const rounding = (eps: number): number => 1e-13 / Math.sqrt(eps);

describe.each(Object.entries(centred))('%s', (_, { norm, groups }) => {
  it('dx sums to 0 over each group', () => {
    fc.assert(
      fc.property(images, epsilons, (image, eps) => {
        const { dx } = differentiate(norm, inputsOf(image), image, eps);
        const { view, dims } = groups(dx.shape);
        expect(largest(sum(reshape(dx, view), { dim: dims }))).toBeLessThan(10 * rounding(eps));
      }),
    );
  });

  // <x^^2> = v r^2 = 1 - eps r^2, so <dx x^> = r (<g x^> - <g x^> <x^^2>) = eps r^3 <g x^>.
  it('the part of dx along xhat is what eps leaves of it', () => {
    fc.assert(
      fc.property(images, epsilons, (image, eps) => {
        const { x } = inputsOf(image);
        const { dx, dy } = differentiate(norm, { x }, image, eps);
        const { view, dims } = groups(x.shape);
        const { mean: center, variance } = moments(reshape(x, view), { dim: dims });
        const r = rstd(variance, eps);
        const xhat = mul(sub(reshape(x, view), center), r);
        const along = (t: Tensor) => mean(mul(reshape(t, view), xhat), { dim: dims, keepdim: true });
        const left = mul(along(dy), mul(mul(r, mul(r, r)), eps));
        expect(largest(sub(along(dx), left))).toBeLessThan(10 * rounding(eps));
      }),
    );
  });

  it('shifting x changes nothing', () => {
    fc.assert(
      fc.property(images, fc.constantFrom(-1, 3, 100), (image, shift) => {
        const inputs = inputsOf(image);
        const [here, there] = [inputs.x, add(inputs.x, shift).detach().requiresGrad_()].map((x) =>
          differentiate(norm, { ...inputs, x }, image, 0.01),
        );
        expectSame([there!.y, there!.dx], [here!.y, here!.dx], 1e-11, 'shifted');
      }),
    );
  });
});

describe.each(Object.entries(every))('%s', (_, norm) => {
  // y(a x, a^2 eps) = y(x, eps), so dx(a x, a^2 eps) = dx(x, eps) / a.
  it('scaling x and the root of eps changes no output', () => {
    fc.assert(
      fc.property(images, epsilons, fc.constantFrom(0.5, 3, 1000), (image, eps, a) => {
        const inputs = inputsOf(image);
        const here = differentiate(norm, inputs, image, eps);
        const scaled = differentiate(norm, { ...inputs, x: mul(inputs.x, a).detach().requiresGrad_() }, image, eps * a * a);
        expectSame([scaled.y, mul(scaled.dx, a)], [here.y, here.dx], 1e-11, 'scaled');
      }),
    );
  });

  it('permuting the batch permutes the output', () => {
    fc.assert(
      fc.property(images, (image) => {
        const n = image.x.shape[0]!;
        const order = new Generator(image.seed).permutation(n);
        const rowSize = sizeOf(image.x.shape.slice(1));
        const permute = (values: ArrayLike<number>) =>
          order.flatMap((row) => Array.from(values).slice(row * rowSize, (row + 1) * rowSize));
        const permuted: Image = { ...image, x: { ...image.x, values: permute(image.x.values) } };
        const y = norm(inputsOf(image));
        const expected = tensor(Float64Array.from(permute(y.toTypedArray())), { shape: y.shape });
        expectSame([norm(inputsOf(permuted))], [expected], 1e-12, 'permuted');
      }),
    );
  });
});

describe('instanceNorm', () => {
  // sqrt((a^2 v + eps) / (a^2 (v + eps))) is what is left of the scale.
  it('removes contrast and brightness up to eps: IN(a x + b) = IN(x)', () => {
    fc.assert(
      fc.property(images, fc.constantFrom(0.5, 2, 10), fc.constantFrom(-3, 0, 7), (image, a, b) => {
        const x = toTensor(image.x);
        const eps = 1e-5;
        const [n = 1, c = 1, ...space] = x.shape;
        const y = reshape(instance({ x }, eps), [n * c, sizeOf(space)]);
        const changed = reshape(instance({ x: add(mul(x, a), b) }, eps), [n * c, sizeOf(space)]);
        const { variance } = moments(reshape(x, [n * c, sizeOf(space)]), { dim: 1 });
        variance.toTypedArray().forEach((v, row) => {
          const factor = v === 0 ? 0 : Math.sqrt((a * a * (v + eps)) / (a * a * v + eps)) - 1;
          const pick = (t: Tensor): number[] =>
            Array.from(t.toTypedArray()).slice(row * sizeOf(space), (row + 1) * sizeOf(space));
          const expected = pick(y);
          pick(changed).forEach((value, k) => {
            expect(Math.abs(value - expected[k]!)).toBeLessThanOrEqual(Math.abs(factor * expected[k]!) * (1 + 1e-6) + 1e-11);
          });
          if (v > 0.1) expect(Math.abs(factor)).toBeLessThan((4 * eps) / v);
        });
      }),
    );
  });

  it('keeps images apart', () => {
    fc.assert(
      fc.property(images, (image) => {
        const length = sizeOf(image.x.shape.slice(1));
        const first: Image = { ...image, x: { shape: [1, ...image.x.shape.slice(1)], values: image.x.values.slice(0, length) } };
        const alone = instance(inputsOf(first)).toTypedArray();
        expect(alone).toEqual(instance(inputsOf(image)).toTypedArray().slice(0, length));
      }),
    );
  });
});

describe.each(Object.entries(norms))('the gradient of %s', (_, draw) => {
  const setUp = (drawn: Parameters<typeof tensorsOf>[0], createGraph: boolean) => {
    const inputs = tensorsOf(drawn).map((x) => x.requiresGrad_());
    const outputs = outputsOf(positional(drawn, drawn.fn)(...inputs));
    const gradient = (gradOutputs: readonly Tensor[]) =>
      grad(outputs, inputs, { gradOutputs, createGraph, retainGraph: true, allowUnused: true });
    return { outputs, gradient };
  };

  it('is linear in the cotangent', () => {
    fc.assert(
      fc.property(draw(24), seeds, fc.boolean(), (drawn, seed, createGraph) => {
        const { outputs, gradient } = setUp(drawn, createGraph);
        const generator = new Generator(seed);
        const [v, w] = [cotangentsOf(outputs, generator), cotangentsOf(outputs, generator)];
        const combine = (a: readonly Tensor[], b: readonly Tensor[]) => a.map((t, i) => sub(mul(t, 2), mul(b[i]!, 3)).detach());
        const [dv, dw] = [gradient(v), gradient(w)];
        expectSame(gradient(combine(v, w)), combine(dv, dw), 1e-12, 'combined', [...dv, ...dw, ...outputs]);
      }),
    );
  });

  it('of a zero cotangent is exactly zero', () => {
    fc.assert(
      fc.property(draw(24), fc.boolean(), (drawn, createGraph) => {
        const { outputs, gradient } = setUp(drawn, createGraph);
        for (const dx of gradient(outputs.map((y) => mul(y, 0).detach()))) expect(largest(dx)).toBe(0);
      }),
    );
  });
});

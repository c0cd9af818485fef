import { ArgumentError, defaultGenerator, type Generator, type Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { fill, type InitOptions } from './fill.ts';

export interface TruncNormalOptions extends InitOptions {
  /** @defaultValue `0` */
  readonly mean?: number;
  /** Of the distribution before it is cut. @defaultValue `1` */
  readonly std?: number;
  /** The least value. @defaultValue `-2` */
  readonly a?: number;
  /** The largest value. @defaultValue `2` */
  readonly b?: number;
}

/** Draws from a normal distribution, given that the value is in [a, b]. */
export function truncNormal<T extends Tensor>(x: T, options: TruncNormalOptions = {}): T {
  const {
    mean = 0,
    std = 1,
    a = -2,
    b = 2,
    generator = defaultGenerator,
  } = requireOptions('truncNormal', options, 'mean, std, a, b, generator');
  if (!(Number.isFinite(mean) && std > 0 && std < Infinity && a < b)) {
    throw new ArgumentError(
      `init.truncNormal: mean ${mean}, std ${std} and [${a}, ${b}] were given; mean and std must be finite, std above 0, and a < b.`,
    );
  }
  const [low, high] = [(a - mean) / std, (b - mean) / std];
  const draw = high > -low ? () => standard(generator, low, high) : () => -standard(generator, -high, -low);
  return fill(x, () => Math.min(b, Math.max(a, mean + std * draw())));
}

/** A standard normal number in [low, high], whose middle is not below 0; by rejection, where one of two or three tries is taken at worst. */
function standard(generator: Generator, low: number, high: number): number {
  if (low > 0) return tail(generator, low, high);
  for (;;) {
    if (high < 2) {
      const value = low + (high - low) * generator.uniform();
      if (generator.uniform() < Math.exp((-value * value) / 2)) return value;
    } else {
      const value = generator.normal();
      if (value >= low && value <= high) return value;
    }
  }
}

/** The same for low > 0, from under an exponential (Robert 1995, "Simulation of truncated normal variables", proposition 2.3) that is cut at high. */
function tail(generator: Generator, low: number, high: number): number {
  const rate = (low + Math.sqrt(low * low + 4)) / 2;
  const part = Math.expm1(-rate * (high - low));
  const nearest = Math.min(rate, high); // where the normal density comes closest to the exponential one
  for (;;) {
    const value = low - Math.log1p(generator.uniform() * part) / rate;
    if (generator.uniform() < Math.exp(((nearest - rate) ** 2 - (value - rate) ** 2) / 2)) return value;
  }
}

import { ShapeError, stack, Tensor, tensor } from '@normgrad/autograd';

/** Samples as one batch: tensors of tensors, numbers and booleans, in arrays and plain objects as they were; lists of anything else. */
export type Collated<Sample> = Sample extends Tensor | number | boolean
  ? Tensor
  : Sample extends readonly unknown[]
    ? { -readonly [K in keyof Sample]: Collated<Sample[K]> }
    : Sample extends Readonly<Record<string, unknown>>
      ? { -readonly [K in keyof Sample]: Collated<Sample[K]> }
      : Sample[];

/**
 * Puts samples of one form together. Tensors are stacked, numbers become a float tensor and booleans a bool one (labels are int32 if they are
 * tensors); in arrays and plain objects this happens place by place.
 *
 * @throws ShapeError if tensors of different shapes would be stacked.
 */
export function collate<Sample>(samples: readonly Sample[]): Collated<Sample> {
  return join(samples) as Collated<Sample>; // the type says what `join` does
}

function join(samples: readonly unknown[]): unknown {
  if (all(samples, (sample) => sample instanceof Tensor)) return stacked(samples);
  if (all(samples, (sample) => typeof sample === 'number')) return tensor([...samples]);
  if (all(samples, (sample) => typeof sample === 'boolean')) return tensor([...samples]);
  const [first] = samples;
  if (all(samples, Array.isArray)) return samples[0]!.map((_, i) => join(samples.map((sample) => sample[i])));
  if (!all(samples, isRecord) || !isRecord(first)) return [...samples];
  return Object.fromEntries(Object.keys(first).map((name) => [name, join(samples.map((sample) => sample[name]))]));
}

function all<T>(samples: readonly unknown[], is: (sample: unknown) => sample is T): samples is readonly T[] {
  return samples.every(is);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function stacked(tensors: readonly Tensor[]): Tensor {
  const shapes = tensors.map(({ shape }) => `[${shape.join(', ')}]`);
  const odd = shapes.findIndex((shape) => shape !== shapes[0]);
  if (odd < 0) return stack(tensors);
  throw new ShapeError(
    `collate: sample ${odd} of the batch has shape ${shapes[odd]}, sample 0 ${shapes[0]}; to be stacked all must have one shape; pass a ` +
      'collate that pads them.',
  );
}

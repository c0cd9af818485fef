/**
 * One axis of a convolution of stride s and dilation d. Tap i reads the elements p s + i d of the padded input for p = 0, 1, ..; with
 * i d = t s + a that is every s-th element from a on, shifted by t. So the input falls apart into s phases, on which every tap is a shift:
 *
 *     convolution:  y[p] = sum over i of w[i] phase_a[p + t]
 *     transposed:   phase_a[u] = sum over those i whose rest is a of w[i] y[u - t]
 */

/** Position p of the output meets position p * stride - padding + i * dilation of the input at tap i. */
export interface ConvAxis {
  readonly input: number;
  readonly kernel: number;
  readonly output: number;
  readonly stride: number;
  /** Zeros before the first element; those behind the last follow from the sizes. */
  readonly padding: number;
  readonly dilation: number;
}

/** Every `step`-th element of an axis: u stands for the one at origin + u step, and there are those from `low` up to `high`. */
export interface Phase {
  readonly origin: number;
  readonly step: number;
  readonly low: number;
  readonly high: number;
}

interface Tap {
  /** Its index in the kernel. */
  readonly index: number;
  /** Which of the source's phases it reads. */
  readonly phase: number;
  /** For position p it reads p + shift. */
  readonly shift: number;
}

/** What is computed from what: position p, element low + p of the target, from elements p + shift of the source's phases. */
export interface AxisPass {
  readonly taps: readonly Tap[];
  readonly sources: readonly Phase[];
  readonly target: Phase;
  /** The number of positions. */
  readonly count: number;
  /** The least shift, and how far the largest is from it. */
  readonly first: number;
  readonly span: number;
}

function axisPass(taps: readonly Tap[], sources: readonly Phase[], target: Phase): AxisPass {
  const ends = [taps[0]?.shift ?? 0, taps.at(-1)?.shift ?? 0] as const; // shifts only rise, or only fall
  const first = Math.min(...ends);
  return { taps, sources, target, count: target.high - target.low, first, span: Math.max(...ends) - first };
}

const whole = (length: number): Phase => ({ origin: 0, step: 1, low: 0, high: length });

/** The elements of the padded input from `rest` on; those between `low` and `high` are not padding. */
function phaseOf({ input, stride, padding }: ConvAxis, rest: number): Phase {
  const low = Math.max(0, Math.ceil((padding - rest) / stride));
  return { origin: rest - padding, step: stride, low, high: Math.max(low, Math.ceil((input + padding - rest) / stride)) };
}

const tapsOf = ({ kernel, stride, dilation }: ConvAxis): { index: number; rest: number; turn: number }[] =>
  Array.from({ length: kernel }, (_, index) => ({
    index,
    rest: (index * dilation) % stride,
    turn: Math.floor((index * dilation) / stride),
  }));

/** The pass from the input to the output. */
export function forwardPass(axis: ConvAxis): AxisPass {
  const taps = tapsOf(axis);
  const rests = [...new Set(taps.map(({ rest }) => rest))];
  return axisPass(
    taps.map(({ index, rest, turn }) => ({ index, phase: rests.indexOf(rest), shift: turn })),
    rests.map((rest) => phaseOf(axis, rest)),
    whole(axis.output),
  );
}

/** The passes from the output to each phase of the input. */
export function transposedPasses(axis: ConvAxis): AxisPass[] {
  return Array.from({ length: axis.stride }, (_, phase) => {
    const target = phaseOf(axis, phase);
    const taps = tapsOf(axis).filter(({ rest }) => rest === phase);
    return axisPass(
      taps.map(({ index, turn }) => ({ index, phase: 0, shift: target.low - turn })),
      [whole(axis.output)],
      target,
    );
  });
}

/**
 * Convolutions as sums over shifted copies of their source. Where the stride s is not 1, the source falls apart into s phases: tap i
 * sees the elements u s + (i d mod s) - pad, of all of which it reads consecutive ones. So along a phase each tap is a shift.
 *
 *     convolution:  y[p] = sum over i of w[i] phase_a[p + t]        with i d = t s + a
 *     transposed:   phase_a[u] = sum over i of w[i] y[u - t]        for those i whose i d leaves the rest a
 */
import type { ConvAxis } from './conv.ts';

/** One tap of a pass along an axis. */
interface Tap {
  /** Its index in the kernel. */
  readonly index: number;
  /** Which phase of the source it reads. */
  readonly phase: number;
  /** It reads the element p + shift of that phase for position p. */
  readonly shift: number;
}

/** Elements of an axis, `step` apart: element u lies at origin + u step, and there are those from `low` up to `high`. */
export interface Phase {
  readonly origin: number;
  readonly step: number;
  readonly low: number;
  readonly high: number;
}

/** Along one axis, what a pass computes and from what: position p of the target from elements p + shift of the source's phases. */
export interface AxisPass {
  readonly taps: readonly Tap[];
  readonly sources: readonly Phase[];
  /** Position p is the element low + p of this phase of the target. */
  readonly target: Phase;
  /** The least shift, and the largest less the least. */
  readonly first: number;
  readonly span: number;
}

const whole = (length: number): Phase => ({ origin: 0, step: 1, low: 0, high: length });

/** Elements of the input in the phase that leaves the rest `rest`: those between the zeros of the padding. */
function phaseOf({ input, stride, padding }: ConvAxis, rest: number): Phase {
  const low = Math.max(0, Math.ceil((padding - rest) / stride));
  return { origin: rest - padding, step: stride, low, high: Math.max(low, Math.ceil((input + padding - rest) / stride)) };
}

function pass(taps: readonly Tap[], sources: readonly Phase[], target: Phase): AxisPass {
  const shifts = taps.map(({ shift }) => shift);
  const first = Math.min(...shifts);
  return taps.length === 0
    ? { taps, sources, target, first: 0, span: 0 }
    : { taps, sources, target, first, span: Math.max(...shifts) - first };
}

const eachTap = ({ kernel, stride, dilation }: ConvAxis): { index: number; rest: number; turn: number }[] =>
  Array.from({ length: kernel }, (_, index) => ({
    index,
    rest: (index * dilation) % stride,
    turn: Math.floor((index * dilation) / stride),
  }));

/** The pass from the input to the output. */
export function forwardPass(axis: ConvAxis): AxisPass {
  const taps = eachTap(axis);
  const rests = [...new Set(taps.map(({ rest }) => rest))];
  return pass(
    taps.map(({ index, rest, turn }) => ({ index, phase: rests.indexOf(rest), shift: turn })),
    rests.map((rest) => phaseOf(axis, rest)),
    whole(axis.output),
  );
}

/** The passes from the output to each phase of the input. */
export function transposedPasses(axis: ConvAxis): AxisPass[] {
  return Array.from({ length: axis.stride }, (_, phase) => {
    const target = phaseOf(axis, phase);
    const taps = eachTap(axis).filter(({ rest }) => rest === phase);
    return pass(
      taps.map(({ index, turn }) => ({ index, phase: 0, shift: target.low - turn })),
      [whole(axis.output)],
      target,
    );
  });
}

import { stack, type Tensor, tensor, unbind, zeros } from '@normgrad/autograd';
import * as nn from '@normgrad/nn';
import { listed, numbered, type Procedures } from './table.ts';

const classes = { SGD: nn.SGD, Adam: nn.Adam, AdamW: nn.AdamW, RMSprop: nn.RMSprop, Adagrad: nn.Adagrad };
export interface Chosen {
  readonly name: keyof typeof classes;
  readonly options?: Partial<nn.SGDOptions & nn.AdamOptions & nn.RMSpropOptions & nn.AdagradOptions>;
}

export function optimizerOf({ name, options = {} }: Chosen, params: readonly Tensor[]) {
  return new classes[name](params, options);
}

const copy = (x: Tensor): Tensor => tensor(x.toTypedArray(), { shape: x.shape });

export const optim: Procedures = {
  optim(given: Chosen & { skip?: [step: number, index: number][] }) {
    const starts = listed(given, 'p');
    const params = (starts.length > 0 ? starts : [zeros([1])]).map((start) => new nn.Parameter(start));
    const optimizer = optimizerOf(given, params);
    const gradients = listed(given, 'g').map((gradient) => unbind(gradient));
    const skipped = new Set((given.skip ?? []).map(String));
    const path = Array.from({ length: gradients[0]?.length ?? 0 }, (_, step) => {
      params.forEach((parameter, i) => {
        parameter.grad = skipped.has(`${step},${i}`) ? null : gradients[i]![step]!;
      });
      optimizer.step();
      return params.map(copy);
    });
    const { state } = optimizer.stateDict();
    const paths = params.map((_, i) => stack(path.map((values) => values[i]!))); // [steps, ...]
    return { outputs: numbered('p', paths), final_state: params.map((_, i) => state[i] ?? {}) };
  },

  clip_grad_norm(given: { maxNorm: number; normType?: number }) {
    const params = withGradients(given);
    const total = nn.clipGradNorm(params, given.maxNorm, given);
    return { outputs: gradientsOf(params), total_norm: total };
  },

  clip_grad_value(given: { clipValue: number }) {
    const params = withGradients(given);
    nn.clipGradValue(params, given.clipValue);
    return { outputs: gradientsOf(params) };
  },
};

function withGradients(given: object): nn.Parameter[] {
  return listed(given, 'g').map((gradient) => {
    const parameter = new nn.Parameter(copy(gradient));
    parameter.grad = copy(gradient);
    return parameter;
  });
}

function gradientsOf(params: readonly nn.Parameter[]): object {
  const gradients = params.map(({ grad }) => grad);
  return numbered('g', gradients);
}

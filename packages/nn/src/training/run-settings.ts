/** What makes a training run the one it is: to be compared when it is resumed. */
import { Generator } from '@normgrad/autograd';
import { fieldsOf } from '../fields.ts';
import { type AnyModule, Module } from '../module.ts';
import type { OptimizerStateDict } from '../optim/optimizer-state-dict.ts';
import { ReduceLROnPlateau } from '../schedulers/reduce-lr-on-plateau.ts';
import { Scheduler } from '../schedulers/scheduler.ts';
import type { Settings } from './checkpoint.ts';
import type { EarlyStopping } from './early-stopping.ts';
import type { FitOptions } from './fit-options.ts';

/** All of a run's settings but `epochs`. */
export function runSettings<Input, Target, Output>(
  model: Module<[x: Input], Output>,
  options: FitOptions<Input, Target, Output>,
  stopping: EarlyStopping | undefined,
  generators: number,
): Settings {
  const { optimizer, scheduler, scheduleBy = 'epoch', loss, clipGradNorm: most, accumulate = 1, ema, settings = {} } = options;
  const kind = scheduler instanceof ReduceLROnPlateau ? 'by plateaus' : `by ${scheduleBy}`;
  const own = {
    loss: loss instanceof Module ? String(loss) : 'a function',
    schedule: scheduler ? kind : 'none',
    clipGradNorm: most ?? 'none',
    accumulate,
    ema: ema ? `decay ${ema.decay}` : 'none',
    ...(stopping && { earlyStopping: JSON.stringify(stopping.options) }),
    generators,
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`settings.${name}`, value])),
  };
  return {
    ...modelSettings(model),
    ...optimizerSettings(optimizer.stateDict()),
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, String(value)])),
  };
}

/** A model: its modules with their settings, its state with shapes and dtypes. */
function modelSettings(model: AnyModule): Settings {
  const modules = model.namedModules().map(([name, module]): [string, string] => {
    const text = String(module);
    return [`model${name && '.'}${name}`, module.namedChildren().length > 0 ? text.slice(0, text.indexOf('(')) : text];
  });
  const parameters = model.namedParameters().map(([name, { shape, dtype, requiresGrad }]): [string, string] => {
    return [`model.${name}`, `${dtype} [${shape.join(', ')}]${requiresGrad ? '' : ', frozen'}`];
  });
  return Object.fromEntries([...modules, ...parameters]);
}

/** Optimizer options before the first step, of each group; learning rates as schedules find them. */
function optimizerSettings({ param_groups: groups }: OptimizerStateDict): Settings {
  const entries = groups.flatMap(({ params, lr, initial_lr: initial = lr, ...options }, i) =>
    Object.entries({ lr: initial, ...options, parameters: Array.isArray(params) ? params.length : 0 }).map(
      ([name, value]): [string, string] => [`optimizer group ${i} ${name}`, JSON.stringify(value)],
    ),
  );
  return Object.fromEntries(entries);
}

/** A schedule is a function: what it makes of a learning rate of 1 tells it from others. */
export function scheduleSettings(scheduler: Scheduler | ReduceLROnPlateau | undefined, step = 0): Settings {
  return scheduler instanceof Scheduler ? { [`schedule after ${step} steps`]: String(scheduler.schedule.lr(step, 1, 0)) } : {};
}

/** The generators in the fields of objects. */
export function generatorsIn(holders: readonly object[]): Generator[] {
  return holders.flatMap((holder) => fieldsOf(holder).flatMap(({ value }) => (value instanceof Generator ? [value] : [])));
}

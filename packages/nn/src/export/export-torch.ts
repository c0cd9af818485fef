import { ArgumentError, Tensor } from '@normgrad/autograd';
import { joinNames } from '../fields.ts';
import { Sequential } from '../layers/sequential.ts';
import { TransformerEncoder } from '../layers/transformer-encoder.ts';
import type { AnyModule } from '../module.ts';
import { saveSafetensors } from '../weights/safetensors.ts';
import { literal } from './python.ts';
import { goingOn, loading, torchClasses } from './torch-classes.ts';
import { writeLayer } from './torch-layers.ts';

export interface ExportTorchOptions {
  /** What the file of the weights will be called, beside that of the model. @defaultValue `'model.safetensors'` */
  readonly weights?: string;
}

export interface TorchExport {
  /** The text of a Python module: `build()` makes the torch.nn.Module, `load()` with the weights, `distributed(model)` goes on under torchrun. */
  readonly source: string;
  /** The bytes of the safetensors file that `load()` reads. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/**
 * A model as a PyTorch program that computes the same; it needs torch alone. Sequential and all layers of the library are translated, hooks
 * are not seen.
 *
 * @throws ArgumentError naming a module whose `forward` is its own, since that cannot be seen; parameters that are shared or computed; and
 * frozen statistics.
 */
export function exportTorch(model: AnyModule, { weights = 'model.safetensors' }: ExportTorchOptions = {}): TorchExport {
  const dict = model.stateDict();
  const dtypes = new Set(Object.values(dict).flatMap((value) => (value instanceof Tensor ? [value.dtype] : [])));
  if (dtypes.size > 1) {
    throw new ArgumentError(
      `exportTorch: the model has parameters of ${[...dtypes].join(' and ')}; all must be of one dtype; call model.to('float32').`,
    );
  }
  const parameters = model.namedParameters();
  const names = new Set([...parameters, ...model.namedBuffers()].map(([name]) => name));
  const tied = Object.entries(dict).find(([name, value]) => value instanceof Tensor && !names.has(name));
  if (tied) {
    throw new ArgumentError(
      `exportTorch: ${tied[0]} is a parameter that has another name, too; it must be in one place; copy it, or tie it in Python.`,
    );
  }
  for (const [name, module] of model.namedModules()) {
    if (module.evalOnly) {
      throw refusal(
        name,
        module,
        'has frozen statistics, which PyTorch thaws in train(); call freezeStatistics(model, false) first',
      );
    }
    if (Object.values(Object.getOwnPropertyDescriptors(module)).some(({ get }) => get)) {
      throw refusal(name, module, 'has a parameter that is computed; it must be a plain one; call removeParametrization first');
    }
  }
  const built = write(model, '', '    ');
  const classes = Object.entries(torchClasses).flatMap(([name, text]) =>
    new RegExp(`(?<![.\\w])${name}\\(`).test(built) ? [text] : [],
  );
  const frozen = parameters.filter(([, { requiresGrad }]) => !requiresGrad).map(([name]) => name);
  const load = [
    `def load(path=os.path.join(os.path.dirname(os.path.abspath(__file__)), ${literal(weights)})):`,
    '    """The model with the weights of a file."""',
    `    model = build()${dtypes.has('float64') ? '.double()' : ''}`,
    '    model.load_state_dict(read_safetensors(path))',
    ...(frozen.length > 0
      ? [`    for name in ${literal(frozen)}:`, '        model.get_parameter(name).requires_grad_(False)']
      : []),
    `    return model.train(${literal(model.training)})`,
  ].join('\n');
  const build = `def build():\n    """The model with new weights."""\n    return ${built}`;
  return { source: `${[head, ...classes, build, loading, load, goingOn].join('\n\n\n')}\n`, weights: saveSafetensors(dict) };
}

const head = `"""A model for PyTorch, exported from normgrad.

    from model import load
    model = load()

To train on several devices, let train.py call distributed(load()), give its DataLoader a DistributedSampler, and run

    torchrun --nproc_per_node=4 train.py
"""
import json
import math
import os

import torch
import torch.distributed
import torch.nn.functional as F
from torch import nn`;

/** A module as a Python expression. */
function write(module: AnyModule, path: string, indent: string): string {
  if (module instanceof Sequential && module.constructor === Sequential) {
    const lines = module.layers.map((layer, i) => `${indent}    ${write(layer, joinNames(path, String(i)), `${indent}    `)},\n`);
    return `nn.Sequential(\n${lines.join('')}${indent})`;
  }
  if (module instanceof TransformerEncoder && module.constructor === TransformerEncoder) {
    const layers = module.layers.map((layer, i) => write(layer, joinNames(path, `layers.${i}`), indent));
    if (new Set(layers).size !== 1)
      throw refusal(path, module, 'has layers of different settings; they must be alike; write them in Python');
    const norm = module.norm ? write(module.norm, joinNames(path, 'norm'), indent) : 'None';
    return `nn.TransformerEncoder(${layers[0]}, ${layers.length}, ${norm}, enable_nested_tensor=False)`;
  }
  const written = writeLayer(module);
  if (written !== undefined) return written;
  throw refusal(
    path,
    module,
    'cannot be translated: its forward is not seen, or has no equal there; it must be a Sequential or a layer of the library that PyTorch ' +
      'has, too; write this class in Python and load saveSafetensors(model.stateDict()) there',
  );
}

function refusal(path: string, module: AnyModule, what: string): ArgumentError {
  return new ArgumentError(`exportTorch: ${path === '' ? 'the model' : `module ${path}`} (${module.constructor.name}) ${what}.`);
}

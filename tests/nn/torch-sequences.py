#!/usr/bin/python3
"""Computes the outputs and gradients in torch-sequences.json anew from what is given there, with Debian's python3-torch, 1.13:

    /usr/bin/python3 tests/nn/torch-sequences.py && npx biome format --write tests/nn/torch-sequences.json
"""
import json
import pathlib
import re

import torch

FILE = pathlib.Path(__file__).with_suffix('.json')


def snake(name):
    return re.sub('[A-Z]', lambda letter: '_' + letter[0].lower(), name)


def read(given):
    kind = torch.bool if given.get('dtype') == 'bool' else torch.float64
    return torch.tensor(given['data'], dtype=torch.float64).to(kind).reshape(given['shape']).requires_grad_(kind != torch.bool)


def written(x):
    return {'shape': list(x.shape), 'data': [float(f'{value:.10g}') for value in x.flatten().tolist()]}


def call(module, x, outputs):
    """The outputs by name: of attention, of an encoder layer, or of something recurrent."""
    if 'query' in x:
        heads = 'weights' in outputs and len(outputs['weights']['shape']) == 4
        query = x['query']
        found = module(query, x.get('key', query), x.get('value', query), key_padding_mask=x.get('keyPaddingMask'), attn_mask=x.get('attnMask'),
                       average_attn_weights=not heads)
        return dict(zip(('output', 'weights'), found))
    if 'src' in x:
        return {'output': module(x['src'], src_mask=x.get('srcMask'), src_key_padding_mask=x.get('srcKeyPaddingMask'))}
    state = (x['h'], x['c']) if 'c' in x else x.get('h')
    found = module(x['x'], state)
    if isinstance(module, torch.nn.RNNCellBase):
        return dict(zip(('h', 'c'), found)) if 'c' in x else {'h': found}
    output, state = found
    return {'output': output, **dict(zip(('h', 'c'), state if isinstance(state, tuple) else (state,)))}


cases = json.loads(FILE.read_text())
for case in cases:
    first, second, *rest = case['arguments']
    options = {snake(name): value for name, value in (rest[0] if rest else {}).items()}
    module = getattr(torch.nn, case['class'])(first, second, dtype=torch.float64, **options)
    module.load_state_dict({name: read(each).detach() for name, each in case['state'].items()})
    inputs = {name: read(each) for name, each in case['inputs'].items()}
    outputs = call(module, inputs, case['outputs'])
    leaves = {**inputs, **dict(module.named_parameters())}
    wanted = [leaves[name] for name in case['gradients']]
    upstream = [read(case['upstream'][name]).detach() for name in case['outputs']]
    gradients = torch.autograd.grad([outputs[name] for name in case['outputs']], wanted, upstream)
    case['outputs'] = {name: written(outputs[name]) for name in case['outputs']}
    case['gradients'] = {name: written(each) for name, each in zip(case['gradients'], gradients)}
FILE.write_text(json.dumps(cases))

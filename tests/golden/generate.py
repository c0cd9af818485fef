#!/usr/bin/python3
"""Further golden cases for every op, by the PyTorch of this machine (Debian's python3-torch, 1.13):

    /usr/bin/python3 tests/golden/generate.py FOLDER [SEED [CASES_PER_OP]]
    GOLDEN_DIR=FOLDER npx vitest run --project fast tests/golden

Shapes and settings are random: ranks 0 to 5, sizes 1 and 2 often, 0 where it is accepted, options present and left out. What PyTorch
refuses is drawn again; what has to be refused stands in draws/refusals.py.
"""
import json
import math
import os
import sys

import torch

from draws import FUNCTIONS, PROCEDURES, REFUSALS, Draw, standardized

# In float32: of an x [2, 4, S], exactly given, the float64 truth.
FLOAT32 = {
    'layer_norm': ({'normalized_shape': None, 'eps': 1e-5}, lambda x: standardized(x, [-1], 1e-5)),
    'rms_norm': ({'normalized_shape': None, 'eps': 1e-6}, lambda x: x * (x.square().mean(-1, keepdim=True) + 1e-6).rsqrt()),
    'group_norm': ({'num_groups': 2, 'eps': 1e-5}, lambda x: standardized(x.reshape(2, 2, -1), [-1], 1e-5).reshape(x.shape)),
    'instance_norm': ({'use_input_stats': True, 'eps': 1e-5}, lambda x: standardized(x, [-1], 1e-5)),
    'batch_norm': ({'training': True, 'eps': 1e-5}, lambda x: standardized(x, [0, 2], 1e-5)),
    'log_softmax': ({'dim': 1}, lambda x: x.log_softmax(1)),
    'logsumexp': ({'dim': [-1]}, lambda x: x.logsumexp(-1)),
    'sum': ({'dim': -1}, lambda x: x.sum(-1)),
    'mean': ({'dim': [0, 2]}, lambda x: x.mean([0, 2])),
    'var': ({'dim': [2]}, lambda x: x.var(2)),
    'std': ({'dim': [2]}, lambda x: x.std(2)),
    'local_response_norm': ({'size': 3}, lambda x: torch.nn.functional.local_response_norm(x, 3)),
}


def json_of(value):
    if isinstance(value, torch.Tensor):
        kind = {torch.int64: {'dtype': 'int64'}, torch.bool: {'dtype': 'bool'}}.get(value.dtype, {})
        flat = value.detach().flatten()
        return {'shape': list(value.shape), **kind, 'data': json_of((flat.long() if kind else flat).tolist())}
    if isinstance(value, dict):
        return {name: json_of(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_of(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: 'Infinity', -math.inf: '-Infinity'}.get(value, 'NaN')
    return value


def gradients(total, leaves, **options):
    """By name; zeros where there is none."""
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True, **options) if total.requires_grad else [None] * len(leaves)
    return {name: torch.zeros_like(leaf) if grad is None or grad._is_zerotensor() else grad for (name, leaf), grad in zip(leaves.items(), found)}


def inner(some, others):
    return sum((value * others[name]).sum() for name, value in some.items())


def is_constant(name, value, inputs):
    """Indices, masks, running statistics, and what cross_entropy takes besides logits."""
    return not value.is_floating_point() or 'mask' in name or 'running' in name or ('logits' in inputs and name != 'logits')


def differentiated(d, fn, inputs, twice=True, exact=lambda x: x):
    """What a function gives, its gradients and their gradients."""
    given = {name: value.clone().requires_grad_(not is_constant(name, value, inputs)) for name, value in inputs.items()}
    leaves = {name: value for name, value in given.items() if value.requires_grad}
    result = fn(**given)
    outputs = result if isinstance(result, dict) else {'out': result}
    upstream = {name: exact(d.normal(*value.shape)).requires_grad_() for name, value in outputs.items()}
    grads = gradients(inner(outputs, upstream), leaves, create_graph=twice)
    expected = {'outputs': outputs, 'grads': grads}
    if buffers := {name: value for name, value in given.items() if 'running' in name}:
        expected['buffers'] = buffers
    if twice:
        v = {name: d.normal(*value.shape) for name, value in grads.items()}
        total = inner(grads, v)
        expected['double'] = {'v': v, 'grads': gradients(total, leaves, retain_graph=True), 'upstream_grads': gradients(total, upstream)}
    return {'inputs': inputs, 'upstream': upstream, 'expect': expected}


def function(d, op):
    *once, args, inputs, fn = FUNCTIONS[op](d)
    views = [name for name, value in inputs.items() if value.dim() > 1 and d.yes(0.15)]
    return {'args': args, **differentiated(d, fn, inputs, not once), **({'hint': {'noncontiguous': views}} if views else {})}


def procedure(d, op):
    args, inputs, expected, *further = PROCEDURES[op](d)
    return {'args': args, 'inputs': inputs, 'expect': expected, **(further[0] if further else {})}


def float32(d, op):
    args, fn = FLOAT32[op]
    exact = lambda x: x.float().double()
    x = d.normal(2, 4, d.choice([3, 16, 40]))
    if op in ('layer_norm', 'rms_norm', 'group_norm', 'instance_norm', 'batch_norm'):
        x = x * d.choice([1, 30, 1e-3, 1e-20, 1e25]) + d.choice([0, 100, 1e4, 1e6])
    if op in ('mean', 'var', 'std'):
        x = x * d.choice([1, 30, 1e-3]) + d.choice([0, 100, 1e4, 1e6])
    if 'normalized_shape' in args:
        args = {**args, 'normalized_shape': [x.shape[-1]]}
    case = differentiated(d, fn, {'x': exact(x)}, False, exact)
    largest = lambda x: x.abs().max().item()
    case['expect']['max_abs'] = {'out': largest(case['expect']['outputs']['out']), 'grad.x': largest(case['expect']['grads']['x'])}
    return {'dtype': 'float32', 'args': args, **case}


def refusal(d, args, given, mentions):
    inputs = {name: d.normal(*shape) if isinstance(shape, list) else shape for name, shape in given.items()}
    return {'args': args, 'inputs': inputs, 'expect': {'error': {'mentions': mentions, 'phase': 'forward'}}}


def accepted(make, d, op):
    for _ in range(200):
        try:
            return make(d, op)
        except (RuntimeError, IndexError, ValueError):
            pass
    sys.exit(f'{op}: PyTorch refuses every draw')


def main(folder, seed=0, count=10):
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    os.makedirs(folder, exist_ok=True)
    for op in [*FUNCTIONS, *PROCEDURES]:
        d = Draw(f'{seed} {op}')
        cases = [accepted(function if op in FUNCTIONS else procedure, d, op) for _ in range(int(count))]
        cases += [float32(d, op) for _ in range(int(count) // 2) if op in FLOAT32]
        cases += [refusal(d, *details) for refused, *details in REFUSALS if refused == op]
        listed = [{'id': f'{op}/{i:03}', 'op': op, 'dtype': 'float64', **json_of(case)} for i, case in enumerate(cases, 1)]
        with open(os.path.join(folder, f'{op}.json'), 'w') as file:
            json.dump({'format': 1, 'source': f'torch {torch.__version__} seed {seed}', 'cases': listed}, file)


if __name__ == '__main__':
    main(*sys.argv[1:])

"""
Norms, composed of primitives: second derivatives of PyTorch's own are wrong in places (weight_norm; a bias without a weight). Values
and running statistics are held against its own.
"""
import math

import torch
import torch.nn.functional as F


def standardized(x, dims, eps):
    centred = x - x.mean(dims, keepdim=True)
    return centred / (centred.square().mean(dims, keepdim=True) + eps).sqrt()


def per_channel(x, weight=None, bias=None):
    shape = [-1] + [1] * (x.dim() - 2)
    x = x if weight is None else x * weight.reshape(shape)
    return x if bias is None else x + bias.reshape(shape)


def affine(d, *shape):
    return d.some(weight=d.normal(*shape), bias=d.normal(*shape))


def checked(ours, theirs):
    assert torch.allclose(ours.detach(), theirs.detach(), 1e-9, 1e-9, equal_nan=True), (ours, theirs)
    return ours


def suffix(d):
    """A shape, how many of its last dimensions are normalized, and these."""
    shape = d.shape(1, 4)
    count = d.randint(1, len(shape))
    return shape, list(range(-count, 0)), shape[-count:]


def layer_norm(d):
    shape, dims, normalized = suffix(d)
    args = {'normalized_shape': normalized[0] if len(normalized) == 1 and d.yes() else normalized, **d.some(eps=d.choice([1e-5, 1e-3, 0.5]))}
    eps = args.get('eps', 1e-5)

    def fn(x, weight=None, bias=None):
        y = standardized(x, dims, eps)
        y = y if weight is None else y * weight
        y = y if bias is None else y + bias
        return checked(y, F.layer_norm(x, normalized, weight, bias, eps))
    return args, {'x': d.normal(*shape), **affine(d, *normalized)}, fn


def rms_norm(d):
    shape, dims, normalized = suffix(d)
    args = {'normalized_shape': normalized, 'eps': d.choice([1e-6, 1e-5, 0.1])}
    fn = lambda x, weight=1: x * (x.square().mean(dims, keepdim=True) + args['eps']).rsqrt() * weight
    return args, {'x': d.normal(*shape), **d.some(weight=d.normal(*normalized))}, fn


def image(d, low=2, channels=3, zero=True):
    """[N, C, ...space]"""
    shape = [d.choice([1, 2, 2, 3]), d.size(channels), *[d.size(3) for _ in range(d.randint(low, 5) - 2)]]
    if zero and d.yes(0.06):
        shape[d.randrange(len(shape))] = 0
    return shape


def group_norm(d):
    groups = d.randint(1, 3)
    shape = image(d)
    shape[1] = groups * d.size(3)
    size = math.prod(shape[1:]) // groups
    if size == 1:
        raise ValueError('one value for each group')  # PyTorch refuses that depending on N
    args = {'num_groups': groups, **d.some(eps=d.choice([1e-5, 1e-3, 0.3]))}
    eps = args.get('eps', 1e-5)

    def fn(x, weight=None, bias=None):
        y = per_channel(standardized(x.reshape(shape[0], groups, size), [2], eps).reshape(shape), weight, bias)
        return checked(y, F.group_norm(x, groups, weight, bias, eps)) if x.numel() else y
    return args, {'x': d.normal(*shape), **affine(d, shape[1])}, fn


def running(d, channels):
    return {'running_mean': d.normal(channels), 'running_var': d.between(0.3, 3, channels)}


def over_channels(theirs, batch_statistics, low, dims):
    """batch_norm and instance_norm, which is told by `batch_statistics` to normalize over `dims` of x."""
    def draw(d):
        shape = image(d, low)
        args = {batch_statistics: d.yes(0.7), **d.some(momentum=d.choice([0, 0.1, 0.3, 1]), eps=d.choice([1e-5, 1e-3, 0.4]))}
        momentum, eps = args.get('momentum', 0.1), args.get('eps', 1e-5)
        buffers = running(d, shape[1]) if not args[batch_statistics] or d.yes() else {}

        def fn(x, weight=None, bias=None, running_mean=None, running_var=None):
            if args[batch_statistics]:
                y = standardized(x, dims(x), eps)
            else:
                y = per_channel(per_channel(x, None, -running_mean), (running_var + eps).rsqrt())
            y = per_channel(y, weight, bias)
            if x.numel() == 0 and (low == 2 or math.prod(shape[2:]) != 1):
                return y
            constants = [t if t is None else t.detach() for t in (weight, bias)]
            return checked(y, theirs(x.detach(), running_mean, running_var, *constants, args[batch_statistics], momentum, eps))
        return args, {'x': d.normal(*shape), **affine(d, shape[1]), **buffers}, fn
    return draw


def space_statistics(x, correction):
    """The mean and variance of each instance: [N, C]."""
    if x.dim() == 2:
        return x, torch.zeros_like(x)
    return x.flatten(2).mean(2), x.flatten(2).var(2, correction=correction) if x[0, 0].numel() > 1 else torch.zeros(x.shape[:2])


def pooled(mean, var, dim):
    whole = mean.mean(dim, keepdim=True)
    return whole, (var + (mean - whole).square()).mean(dim, keepdim=True)


def correction(d, shape):
    can_be_1 = math.prod(shape[2:]) > 1
    return {'var_correction': 1} if can_be_1 and d.yes(0.4) else d.some(var_correction=0)


def switchable_norm(d):
    shape = image(d, zero=False)
    flat = len(shape) == 2
    args = {'training': d.yes(0.7), **correction(d, shape), **d.some(momentum=d.choice([0, 0.1, 1]), eps=d.choice([1e-5, 0.4]), use_bn=flat or d.yes(0.7))}
    use_bn, momentum, eps = args.get('use_bn', True), args.get('momentum', 0.1), args.get('eps', 1e-5)
    norms = 1 + use_bn + (not flat)
    buffers = running(d, shape[1]) if use_bn and (not args['training'] or d.yes()) else {}

    def fn(x, mean_weight, var_weight, weight=None, bias=None, running_mean=None, running_var=None):
        own = space_statistics(x, args.get('var_correction', 0))
        found = ([] if flat else [own]) + [pooled(*own, 1)]
        if use_bn and args['training']:
            found.append(pooled(*own, 0))
            for buffer, value in zip((running_mean, running_var), found[-1] if buffers else ()):
                buffer.mul_(1 - momentum).add_(value[0].detach(), alpha=momentum)
        elif use_bn:
            found.append((running_mean, running_var))
        wide = lambda logits, values: sum(share * value for share, value in zip(logits.softmax(0), values)).expand(shape[:2]).reshape(shape[:2] + [1] * (len(shape) - 2))
        mean, var = (wide(logits, values) for logits, values in zip((mean_weight, var_weight), zip(*found)))
        return per_channel((x - mean) / (var + eps).sqrt(), weight, bias)
    return args, {'x': d.normal(*shape), 'mean_weight': d.normal(norms), 'var_weight': d.normal(norms), **affine(d, shape[1]), **buffers}, fn


def switchable_norm_batch_average(d):
    shape = image(d, 3, zero=False)
    args = {**correction(d, shape), 'batches': d.randint(1, 4)}
    xs = [d.normal(*shape) for _ in range(args['batches'])]
    found = [pooled(*space_statistics(x, args.get('var_correction', 0)), 0) for x in xs]
    mean, var = (torch.stack(values).mean(0)[0] for values in zip(*found))
    return args, {f'x{i}': x for i, x in enumerate(xs)}, {'buffers': {'running_mean': mean, 'running_var': var}}


def weight_norm(d):
    v = d.normal(*d.shape(1, 4, zero=False)) + 0.01
    dim = d.choice([None, 0, v.dim() - 1, d.randrange(v.dim())])
    others = [i for i in range(v.dim()) if i != dim]
    norm = lambda v: v.square().sum(others or v.dim() * (), keepdim=dim is not None).sqrt() if others else v.abs()
    args = d.some(dim=0) if dim == 0 else {'dim': dim}
    return args, {'v': v, 'g': d.normal(*norm(v).shape)}, lambda v, g: v * (g / norm(v))


def local_response_norm(d):
    args = {'size': d.randint(1, 6), **d.some(alpha=d.choice([1e-4, 0.5]), beta=d.choice([0.5, 0.75, 1]), k=d.choice([1, 2, 0.5]))}
    return args, {'x': d.normal(*image(d, 3, 5, zero=False))}, lambda x: F.local_response_norm(x, **args)


def spoilt(draw):
    """Sometimes with a NaN or an infinity, which spoils its own group."""
    def drawn(d):
        args, inputs, fn = draw(d)
        if d.yes(0.9) or inputs['x'].numel() == 0:
            return args, inputs, fn
        inputs['x'].view(-1)[d.randrange(inputs['x'].numel())] = math.nan if 'running_mean' in inputs else d.choice([math.nan, math.inf])
        return 'once', args, inputs, fn
    return drawn


DRAWS = {
    'layer_norm': spoilt(layer_norm),
    'rms_norm': spoilt(rms_norm),
    'group_norm': spoilt(group_norm),
    'batch_norm': spoilt(over_channels(F.batch_norm, 'training', 2, lambda x: [0, *range(2, x.dim())])),
    'instance_norm': spoilt(over_channels(F.instance_norm, 'use_input_stats', 3, lambda x: list(range(2, x.dim())))),
    'switchable_norm': switchable_norm,
    'weight_norm': weight_norm,
    'local_response_norm': local_response_norm,
}

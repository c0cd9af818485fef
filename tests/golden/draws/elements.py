"""Elementwise ops and reductions."""
import math

import torch
import torch.nn.functional as F

NAN, INF = math.nan, math.inf
SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 1e-9, 30.0, -30.0, 800.0, -800.0, 1e200, -1e200]


def unary(fn, low=-4, high=4, special=SPECIAL, **options):
    def draw(d):
        args = d.some(**{name: d.choice(values) for name, values in options.items()})
        if d.yes(0.2):
            return 'once', args, {'x': torch.tensor(special)}, lambda x: fn(x, **args)
        return args, {'x': d.between(low, high, *d.shape())}, lambda x: fn(x, **args)
    return draw


def positive(fn):
    return unary(fn, 0.1, 4, [NAN, INF, 0.0, 1e-300, 1e-9, 1.0, 800.0, 1e300])


def binary(fn, first='normal', second='normal'):
    def draw(d):
        if d.yes(0.1):
            values = torch.tensor(d.sample(SPECIAL[1 if fn in (torch.maximum, torch.minimum) else 0 : -2] + [2.0, 0.5, -2.0, -3.0], 9))  # they share NaN otherwise
            return 'once', {}, {'a': values, 'b': values.roll(1).reshape(-1, 1)}, lambda a, b: fn(a, b)
        values = {'normal': d.normal, 'positive': lambda *s: d.between(0.2, 3, *s), 'ties': lambda *s: d.integers(-1, 1, *s).double(),
                  'nonzero': lambda *s: d.between(0.3, 3, *s) * (2 * d.integers(0, 1, *s) - 1)}
        shape = d.shape(0, 4)
        a, b = (values[kind](*d.broadcast(shape)) for kind in (first, second))
        return {}, {'a': a, 'b': b}, lambda a, b: fn(a, b)
    return draw


def where(d):
    shape = d.shape(0, 4)
    cond, a, b = (make(*d.broadcast(shape)) for make in (d.bools, d.normal, d.normal))
    return {}, {'cond': cond, 'a': a, 'b': b}, lambda cond, a, b: torch.where(cond, a, b)


def all_dims(x, dim):
    return list(range(x.dim())) if dim is None else dim


def reduction(fn, one=False, special=False):
    """`fn` takes x, dim and keepdim; dim a list, or if `one`, an int or None."""
    def draw(d):
        x = d.normal(*d.shape())
        odd = d.yes(0.2) and x.numel()
        if odd:
            x.view(-1)[: d.randint(1, 3)] = d.choice([x.view(-1)[0].item(), 0.0, *((NAN, INF, -INF) if special else ())])  # ties, zeros
        dim = d.dims(x.dim())
        if one and dim is not None:
            dim = d.dim(x.dim())
        args = d.some(dim=dim, keepdim=d.yes())
        if one and args.get('dim') is None:
            args.pop('keepdim', None)
        run = lambda x: fn(x, args.get('dim') if one else all_dims(x, args.get('dim')), args.get('keepdim', False))
        return *(['once'] if odd and special else []), args, {'x': x}, run
    return draw


def extreme(fn):
    return reduction(lambda x, dim, keepdim: fn(x) if dim is None else fn(x, dim, keepdim).values, one=True)


def prod(x, dim, keepdim):
    """Multiplied one by one: PyTorch's has no second derivative with respect to two zeros."""
    if dim is None:
        x, dim = x.reshape(-1), 0
    out = x.new_ones(x.select(dim, 0).shape) if x.shape[dim] else x.sum(dim) + 1
    for factor in x.unbind(dim):
        out = out * factor
    return out.unsqueeze(dim if dim >= 0 else dim + x.dim()) if keepdim else out


def moment(fn):
    def draw(d):
        x = d.normal(*d.shape(1, 4, zero=False))
        dims, correction = d.dims(x.dim()), d.choice([0, 1, 2])
        args = d.some(dim=dims, keepdim=d.yes(), correction=correction)
        of, correction = all_dims(x, args.get('dim')), args.get('correction', 1)
        if math.prod(x.shape[dim] for dim in ([of] if isinstance(of, int) else of)) <= max(correction, 1):
            raise ValueError('too few values')  # ours is NaN below, theirs infinite; the root is not differentiable at 0
        return args, {'x': x}, lambda x: fn(x, dim=of, keepdim=args.get('keepdim', False), correction=correction)
    return draw


def softmax(fn):
    def draw(d):
        x = d.normal(*d.shape(1))
        args = {'dim': d.dim(x.dim())}
        if d.yes(0.25) and x.numel():
            x.view(-1)[d.randrange(x.numel())] = d.choice([-INF, INF, NAN, 1e3, -1e3])
            return 'once', args, {'x': x}, lambda x: fn(x, **args)
        return args, {'x': x}, lambda x: fn(x, **args)
    return draw


def cumsum(d):
    x = d.normal(*d.shape(1))
    args = {'dim': d.dim(x.dim())}
    return args, {'x': x}, lambda x: x.cumsum(**args)


DRAWS = {
    'abs': unary(torch.abs, special=SPECIAL[1:]),  # ours has the slope NaN at NaN, PyTorch's 0
    'cos': unary(torch.cos),
    'elu': unary(F.elu),
    'erf': unary(torch.erf),
    'exp': unary(torch.exp),
    'expm1': unary(torch.expm1),
    'gelu': unary(F.gelu, approximate=['none', 'tanh']),
    'hardswish': unary(F.hardswish),
    'leaky_relu': unary(F.leaky_relu, negative_slope=[0.01, 0.3, 0]),
    'log': positive(torch.log),
    'log1p': positive(torch.log1p),
    'mish': unary(F.mish),
    'neg': unary(torch.neg),
    'reciprocal': positive(torch.reciprocal),
    'relu': unary(torch.relu),
    'rsqrt': positive(torch.rsqrt),
    'sigmoid': unary(torch.sigmoid),
    'silu': unary(F.silu),
    'sin': unary(torch.sin),
    'softplus': unary(F.softplus, -30, 30),
    'sqrt': positive(torch.sqrt),
    'square': unary(torch.square),
    'tanh': unary(torch.tanh),
    'add': binary(torch.add),
    'sub': binary(torch.sub),
    'mul': binary(torch.mul),
    'div': binary(torch.div, second='nonzero'),
    'maximum': binary(torch.maximum, 'ties', 'ties'),
    'minimum': binary(torch.minimum, 'ties', 'normal'),
    'pow': binary(torch.pow, first='positive'),
    'where': where,
    'sum': reduction(torch.sum, special=True),
    'mean': reduction(torch.mean, special=True),
    'amax': reduction(torch.amax, special=True),
    'amin': reduction(torch.amin, special=True),
    'max': extreme(torch.max),
    'min': extreme(torch.min),
    'prod': reduction(prod, one=True),
    'norm2': reduction(lambda x, dim, keepdim: torch.linalg.vector_norm(x, 2, dim, keepdim), special=True),
    'logsumexp': reduction(torch.logsumexp, special=True),
    'var': moment(torch.var),
    'std': moment(torch.std),
    'softmax': softmax(torch.softmax),
    'log_softmax': softmax(torch.log_softmax),
    'cumsum': cumsum,
}

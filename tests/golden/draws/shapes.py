"""Ops that move elements."""
import torch
import torch.nn.functional as F


def shaped(setting, low=0):
    """`setting` gives args for an x of at least `low` dimensions, and what they do with it."""
    def draw(d):
        x = d.normal(*d.shape(low))
        args, fn = setting(d, x)
        return args, {'x': x}, fn
    return draw


def reshape(d, x):
    sizes = list(x.shape)
    d.shuffle(sizes)
    if len(sizes) > 1 and d.yes():
        sizes[:2] = [sizes[0] * sizes[1]]
    sizes.insert(d.randint(0, len(sizes)), 1)
    if x.numel() and d.yes():
        sizes[d.randrange(len(sizes))] = -1
    return {'shape': sizes}, lambda x: x.reshape(sizes)


def expand(d, x):
    sizes = d.choice([[], [2], [2, 1]]) + [d.choice([1, 2, 3]) if size == 1 else d.choice([size, -1]) for size in x.shape]
    return {'shape': sizes}, lambda x: x.expand(sizes)


def flatten(d, x):
    first, last = sorted(d.choices(range(x.dim()), k=2))
    args = d.some(start_dim=first, end_dim=last - x.dim() * d.yes())
    return args, lambda x: x.flatten(**args)


def squeeze(d, x):
    args = d.some(dim=d.dims(x.dim()))
    dim = args.get('dim')
    dims = range(x.dim()) if dim is None else [i % x.dim() for i in (dim if isinstance(dim, list) else [dim])]
    return args, lambda x: x.reshape([size for i, size in enumerate(x.shape) if size != 1 or i not in dims])


def unsqueeze(d, x):
    args = {'dim': d.dim(x.dim() + 1)}
    return args, lambda x: x.unsqueeze(**args)


def transpose(d, x):
    args = {'dim0': d.dim(x.dim()), 'dim1': d.dim(x.dim())}
    return args, lambda x: x.transpose(**args)


def permute(d, x):
    dims = [dim - x.dim() * d.yes(0.3) for dim in d.sample(range(x.dim()), x.dim())]
    return {'dims': dims}, lambda x: x.permute(dims)


def split(d, x):
    dim = d.dim(x.dim())
    size = x.shape[dim]
    sizes = d.randint(1, max(size, 1))
    if d.yes():
        cuts = sorted(d.choices(range(size + 1), k=d.randint(0, 3)))
        sizes = [b - a for a, b in zip([0, *cuts], [*cuts, size])]
    args = {'sizes': sizes, **({} if dim == 0 and d.yes() else {'dim': dim}), 'take': d.randrange(len(x.split(sizes, dim)))}
    return args, lambda x: x.split(sizes, dim)[args['take']]


def roll(d, x):
    if d.yes(0.3):
        args = {'shifts': d.randint(-7, 7), **d.some(dims=None)}
        return args, lambda x: x.roll(args['shifts'])
    dims = d.sample(range(x.dim()), d.randint(1, x.dim())) if d.yes() else d.dim(x.dim())
    args = {'shifts': [d.randint(-5, 5) for _ in dims] if isinstance(dims, list) else d.randint(-5, 5), 'dims': dims}
    return args, lambda x: x.roll(**args)


def flip(d, x):
    dims = d.sample(range(x.dim()), d.randint(0, x.dim()))
    return {'dims': dims}, lambda x: x.flip(dims)


def tril(d, x):
    args = d.some(diagonal=d.randint(-3, 3))
    return args, lambda x: x.tril(**args)


def masked_fill(d, x):
    value = d.choice([0, -1.5, float('-inf')])
    mask = d.bools(*d.broadcast(list(x.shape)))
    return {'value': value}, {'x': x, 'mask': mask}, lambda x, mask: x.masked_fill(mask, value)


def pad(d):
    mode = d.choice(['constant', 'constant', 'reflect', 'replicate', 'circular'])
    if mode == 'constant':
        x = d.normal(*d.shape(1))
        sizes = [d.randint(-(x.shape[-1 - i // 2] // 3), 3) for i in range(2 * d.randint(1, x.dim()))]
        args = {'pad': sizes, **d.some(mode=mode, value=d.choice([0, 0.5, -2]))}
    else:
        space = d.randint(1, 3)
        x = d.normal(*d.choices([1, 2], k=d.randint(1, 2)), *[d.randint(1, 4) for _ in range(space)])
        args = {'pad': [d.randint(0, 3) for _ in range(2 * space)], 'mode': mode}
    return args, {'x': x}, lambda x: F.pad(x, **args)


def joined(fn, alike):
    def draw(d):
        shape = d.shape(1 - alike, 4)
        dim = d.dim(len(shape) + alike)
        tensors = {}
        for i in range(d.randint(1, 3)):
            if not alike:
                shape[dim] = d.randint(0, 3)
            tensors[f'x{i}'] = d.normal(*shape)
        args = {} if dim == 0 and d.yes() else {'dim': dim}
        return args, tensors, lambda **xs: fn(list(xs.values()), **args)
    return draw


def index(d):
    x = d.normal(*d.shape(1, 4))
    length, twice = d.randint(0, 3), d.yes(0.2)

    def item(size):
        kind = d.choice(['int', 'slice', 'slice', 'array'])
        if kind == 'int':
            return d.randrange(-size, size)
        if kind == 'array':
            row = [d.randrange(-size, size) for _ in range(length)]
            return {'array': [row, row[::-1]] if twice and length else row}
        return {'slice': [d.choice([None, d.randint(-size - 1, size + 1)]) for _ in range(2)] + [d.choice([None, 1, 2, 3])]}

    def meaning(item):
        if isinstance(item, dict):
            return slice(*item['slice']) if 'slice' in item else torch.tensor(item['array'], dtype=torch.int64)
        return ... if item == '...' else item
    shape = list(x.shape)
    front = d.randint(0, len(shape))
    items = [item(size) for size in shape[:front]]
    if d.yes(0.4):
        items += ['...'] + [item(size) for size in shape[d.randint(front, len(shape)):]]
    for _ in range(d.choice([0, 0, 1, 2]) if items else 1):
        items.insert(d.randint(0, len(items)), None)
    return {'index': items}, {'x': x}, lambda x: x[tuple(meaning(item) for item in items)]


def gather(d):
    x = d.normal(*d.shape(1, 4, zero=False))
    dim = d.dim(x.dim())
    shape = [d.randint(0, 4) if i == dim % x.dim() else d.randint(1, size) for i, size in enumerate(x.shape)]
    return {'dim': dim}, {'x': x, 'index': d.integers(0, x.shape[dim] - 1, *shape)}, lambda x, index: x.gather(dim, index)


def index_select(d):
    x = d.normal(*d.shape(1, 4, zero=False))
    dim = d.dim(x.dim())
    index = d.integers(0, x.shape[dim] - 1, d.randint(0, 5))
    return {'dim': dim}, {'x': x, 'index': index}, lambda x, index: x.index_select(dim, index)


def embedding(d):
    count = d.randint(1, 5)
    args = d.some(padding_idx=d.choice([None, d.dim(count)]))
    inputs = {'indices': d.integers(0, count - 1, *d.shape(0, 3)), 'weight': d.normal(count, d.randint(1, 4))}
    return args, inputs, lambda indices, weight: F.embedding(indices, weight, **args)


DRAWS = {
    'reshape': shaped(reshape),
    'expand': shaped(expand),
    'flatten': shaped(flatten, 1),
    'squeeze': shaped(squeeze),
    'unsqueeze': shaped(unsqueeze),
    'transpose': shaped(transpose, 1),
    'permute': shaped(permute),
    'split': shaped(split, 1),
    'roll': shaped(roll, 1),
    'flip': shaped(flip),
    'tril': shaped(tril, 2),
    'masked_fill': lambda d: masked_fill(d, d.normal(*d.shape())),
    'pad': pad,
    'cat': joined(torch.cat, alike=False),
    'stack': joined(torch.stack, alike=True),
    'index': index,
    'gather': gather,
    'index_select': index_select,
    'embedding': embedding,
}

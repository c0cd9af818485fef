"""Products, convolutions, pools and the loss."""
import torch
import torch.nn.functional as F


def matmul(d):
    n, k, m = (d.size(4) for _ in range(3))
    batch = d.shape(0, 2)
    a = d.choice([[k], [n, k], d.broadcast(batch) + [n, k]])
    b = d.choice([[k], [k, m], d.broadcast(batch) + [k, m]])
    return {}, {'a': d.normal(*a), 'b': d.normal(*b)}, lambda a, b: a @ b


def linear(d):
    n, m = d.size(4), d.size(4)
    inputs = {'x': d.normal(*d.shape(0, 3), n), 'weight': d.normal(m, n), **d.some(bias=d.normal(m))}
    return {}, inputs, lambda x, weight, bias=None: F.linear(x, weight, bias)


def convolution(fn, rank, transposed=False):
    def draw(d):
        sizes = d.pair if rank == 2 else d.randint
        groups = d.choice([1, 1, 2, 3])
        ins, outs = groups * d.size(2), groups * d.size(2)
        args = d.some(stride=sizes(1, 3), padding=sizes(0, 2), dilation=sizes(1, 2), **({'output_padding': sizes(0, 1)} if transposed else {}))
        if groups > 1 or d.yes():
            args['groups'] = groups
        if not transposed and d.yes(0.2):
            args.update(padding=d.choice(['same', 'valid']), stride=1)
        channels = [ins, outs // groups] if transposed else [outs, ins // groups]
        inputs = {
            'x': d.normal(*d.choice([[], [1], [1], [2], [3]]), ins, *[d.size(6) for _ in range(rank)]),
            'weight': d.normal(*channels, *[d.randint(1, 3) for _ in range(rank)]),
            **d.some(bias=d.normal(outs)),
        }
        return args, inputs, lambda x, weight, bias=None: fn(x, weight, bias, **args)
    return draw


def pool(fn, rank, **options):
    def draw(d):
        sizes = d.pair if rank == 2 else d.randint
        args = {'kernel_size': sizes(1, 3), **d.some(stride=d.choice([None, sizes(1, 3)]), padding=sizes(0, 1), ceil_mode=d.yes()),
                **d.some(**{name: d.choice(values) for name, values in options.items()})}
        x = d.apart(*d.choice([[], [1], [2]]), d.randint(1, 2), *[d.size(6) for _ in range(rank)])
        if fn(x, **args).isinf().any():
            raise ValueError('a window sees only padding')  # which PyTorch accepts
        return args, {'x': x}, lambda x: fn(x, **args)
    return draw


def cross_entropy(d):
    shape = [d.size(4), d.size(4), *[d.randint(1, 3) for _ in range(d.choice([0, 0, 1, 2]))]]
    classes = shape[1]
    args = d.some(reduction=d.choice(['mean', 'sum', 'none']), label_smoothing=d.choice([0, 0.1, 1]))
    inputs = {'logits': d.normal(*shape), **d.some(weight=d.between(0.2, 2, classes))}
    once = False
    if d.yes(0.35):
        target = d.normal(*shape).softmax(1).mul(1000).round() / 1000
    else:
        args.update(d.some(ignore_index=d.choice([-100, -1, 0, classes - 1])))
        ignored = args.get('ignore_index', -100)
        target = d.integers(0, classes - 1, shape[0], *shape[2:])
        target = torch.where(d.between(0, 1, *target.shape) < d.choice([0, 0.3, 1.1]), ignored, target)
        once = bool((target == ignored).all())  # 0 / 0
        if once:
            args.pop('label_smoothing', None)
    inputs['target'] = target
    run = lambda logits, target, weight=None: F.cross_entropy(logits, target, weight, **args)
    return *(['once'] if once else []), args, inputs, run


DRAWS = {
    'matmul': matmul,
    'linear': linear,
    'conv1d': convolution(F.conv1d, 1),
    'conv2d': convolution(F.conv2d, 2),
    'conv_transpose1d': convolution(F.conv_transpose1d, 1, transposed=True),
    'conv_transpose2d': convolution(F.conv_transpose2d, 2, transposed=True),
    'max_pool1d': pool(F.max_pool1d, 1, dilation=[1, 2]),
    'max_pool2d': pool(F.max_pool2d, 2, dilation=[1, 2, [1, 2]]),
    'avg_pool1d': pool(F.avg_pool1d, 1, count_include_pad=[True, False]),
    'avg_pool2d': pool(F.avg_pool2d, 2, count_include_pad=[True, False]),
    'cross_entropy': cross_entropy,
}

"""What is more than a function and its gradients: each draw gives args, inputs, what is expected, and further entries of the case."""
import math

import torch
import torch.nn.functional as F

from .norms import switchable_norm_batch_average

INF = math.inf


def BatchNorm(d):
    dim, features = d.randint(1, 3), d.randint(1, 3)
    modes = [d.choice(['train', 'train', 'eval']) for _ in range(d.randint(1, 5))]
    options = d.some(momentum=d.choice([None, 0.1, 0.4]), eps=d.choice([1e-5, 0.1]), affine=d.yes(0.7), track_running_stats=d.yes(0.7))
    module = getattr(torch.nn, f'BatchNorm{dim}d')(features, **options)
    inputs = {name: d.normal(features) for name, _ in module.named_parameters()}
    module.load_state_dict(inputs, strict=False)
    outputs, grads, upstream, states = {}, {}, {}, []
    for step, mode in enumerate(modes):
        space = [d.randint(1, 3) for _ in range(d.choice([0, 1]) if dim == 1 else dim)]
        x = d.normal(d.randint(2, 4), features, *space).requires_grad_()
        out = module.train(mode == 'train')(x)
        cotangent = d.normal(*out.shape)
        out.backward(cotangent)
        inputs[f'x{step}'], outputs[f'out{step}'], upstream[f'out{step}'], grads[f'x{step}'] = x, out, cotangent, x.grad
        states.append({name: value.clone() for name, value in module.named_buffers()})
    grads.update({name: parameter.grad for name, parameter in module.named_parameters()})
    return {'dim': dim, 'num_features': features, 'modes': modes, **options}, inputs, {'outputs': outputs, 'grads': grads, 'states': states}, {'upstream': upstream}


def clipped(clip, **args):
    def draw(d):
        chosen = {name: d.choice(values) for name, values in args.items()}
        if d.yes(0.3):
            chosen.pop('norm_type', None)
        parameters = [torch.zeros(d.shape(1, 3, zero=False)) for _ in range(d.randint(1, 3))]
        for parameter in parameters:
            parameter.grad = d.normal(*parameter.shape)
        named = lambda: {f'g{i}': parameter.grad.clone() for i, parameter in enumerate(parameters)}
        inputs, total = named(), clip(parameters, **chosen)
        return chosen, inputs, {'outputs': named(), **({} if total is None else {'total_norm': total.item()})}
    return draw


def init_fans(d):
    init = torch.nn.init
    args = {'shape': [d.randint(1, 6) for _ in range(d.randint(2, 4))], 'mode': d.choice(['fan_in', 'fan_out']), 'a': d.choice([0, 0.2, 5**0.5]),
            'nonlinearity': d.choice(['linear', 'conv2d', 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'selu']), 'xavier_gain': d.choice([1, 5 / 3])}
    fan_in, fan_out = init._calculate_fan_in_and_fan_out(torch.empty(args['shape']))
    gain = init.calculate_gain(args['nonlinearity'], args['a'])
    kaiming, xavier = gain / {'fan_in': fan_in, 'fan_out': fan_out}[args['mode']] ** 0.5, args['xavier_gain'] * (2 / (fan_in + fan_out)) ** 0.5
    return args, {}, {
        'fan_in': fan_in, 'fan_out': fan_out, 'gain': gain, 'kaiming_normal_std': kaiming, 'kaiming_uniform_bound': 3**0.5 * kaiming,
        'xavier_normal_std': xavier, 'xavier_uniform_bound': 3**0.5 * xavier,
        'default_linear_or_conv': {'weight_uniform_bound': fan_in**-0.5, 'bias_uniform_bound': fan_in**-0.5},
    }


def optimizer(d, names):
    name = d.choice(names)
    adam = dict(betas=[0.8, 0.95], eps=1e-4, weight_decay=0.1, amsgrad=d.yes(), maximize=d.yes(0.3))
    options = d.some(**{
        'SGD': dict(momentum=d.choice([0, 0.5, 0.9]), weight_decay=0.1, dampening=d.choice([0, 0.3]), maximize=d.yes(0.3)),
        'Adam': adam,
        'AdamW': adam,
        'RMSprop': dict(alpha=0.9, eps=1e-4, weight_decay=0.1, momentum=d.choice([0, 0.7]), centered=d.yes()),
        'Adagrad': dict(lr_decay=0.1, eps=1e-4, weight_decay=0.1, initial_accumulator_value=0.2, maximize=d.yes(0.3)),
    }[name])
    if options.get('momentum') and name == 'SGD' and not options.get('dampening') and d.yes():
        options['nesterov'] = True
    return {'name': name, 'options': {'lr': d.choice([0.1, 0.01]), **options}}


def optim(d):
    args = {**optimizer(d, ['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad']), 'steps': d.randint(1, 6)}
    starts = [d.normal(*d.shape(0, 2, zero=False)) for _ in range(d.randint(1, 3))]
    gradients = [d.normal(args['steps'], *start.shape) for start in starts]
    args['skip'] = [[step, i] for step in range(args['steps']) for i in range(len(starts)) if d.yes(0.15)]
    parameters = [start.clone().requires_grad_() for start in starts]
    stepper = getattr(torch.optim, args['name'])(parameters, **args['options'])
    path = [[] for _ in parameters]
    for step in range(args['steps']):
        for i, parameter in enumerate(parameters):
            parameter.grad = None if [step, i] in args['skip'] else gradients[i][step].clone()
        stepper.step()
        for values, parameter in zip(path, parameters):
            values.append(parameter.detach().clone())
    inputs = {**{f'p{i}': start for i, start in enumerate(starts)}, **{f'g{i}': gradient for i, gradient in enumerate(gradients)}}
    states = [{name: value for name, value in stepper.state[parameter].items() if value is not None} for parameter in parameters]
    return args, inputs, {'outputs': {f'p{i}': torch.stack(values) for i, values in enumerate(path)}, 'final_state': states}


LAMBDAS = {
    'linear_warmup': lambda t, warmup: min(1, (t + 1) / warmup),
    'warmup_then_linear_decay': lambda t, warmup, total: t / warmup if t < warmup else max(0, (total - t) / (total - warmup)),
    'warmup_then_cosine': lambda t, warmup, total: t / warmup if t < warmup else (1 + math.cos(math.pi * (t - warmup) / (total - warmup))) / 2,
    'noam': lambda t, warmup, d_model: d_model**-0.5 * min((t + 1) ** -0.5, (t + 1) * warmup**-1.5),
}


def schedule(d, groups):
    factor = d.choice([0.9, 0.5, 0.3])
    name, options = d.choice([
        ('StepLR', {'step_size': d.randint(1, 4), **d.some(gamma=factor)}),
        ('MultiStepLR', {'milestones': sorted(d.choices(range(1, 9), k=3)), **d.some(gamma=factor)}),
        ('ExponentialLR', {'gamma': factor}),
        ('CosineAnnealingLR', {'T_max': d.randint(1, 9), **d.some(eta_min=0.01)}),
        ('CosineAnnealingWarmRestarts', {'T_0': d.randint(1, 4), **d.some(T_mult=d.randint(1, 3), eta_min=0.01)}),
        ('LinearLR', d.some(start_factor=d.choice([0.1, 0.5]), end_factor=d.choice([1, 0.7]), total_iters=d.randint(1, 6))),
        ('PolynomialLR', d.some(total_iters=d.randint(1, 6), power=d.choice([1, 2, 0.5]))),
        ('OneCycleLR', {'max_lr': d.choice([1, [0.5] * groups]), **d.choice([{'total_steps': 12}, {'epochs': 3, 'steps_per_epoch': 4}]),
                        **d.some(pct_start=d.choice([0.3, 0.5]), anneal_strategy=d.choice(['cos', 'linear']), three_phase=d.yes(), div_factor=10,
                                 final_div_factor=100, base_momentum=0.8, max_momentum=0.9, cycle_momentum=d.yes(0.7))}),
        ('ReduceLROnPlateau', d.some(mode=d.choice(['min', 'max']), factor=factor, patience=d.randint(0, 3), threshold=d.choice([1e-4, 0.2]),
                                     threshold_mode=d.choice(['rel', 'abs']), cooldown=d.randint(0, 2), min_lr=d.choice([0, 0.05, [0.02] * groups]), eps=d.choice([1e-8, 0.02]))),
        ('LambdaLR', {'lambda': d.choice(['linear_warmup']), 'warmup': d.randint(1, 4)}),
        ('LambdaLR', {'lambda': d.choice(['warmup_then_linear_decay', 'warmup_then_cosine']), 'warmup': d.randint(1, 4), 'total': d.randint(6, 12)}),
        ('LambdaLR', {'lambda': 'noam', 'warmup': d.randint(1, 4), 'd_model': 16}),
    ])
    return name, options


def lr_scheduler(d):
    base_lrs = d.sample([0.1, 0.01, 0.5], d.randint(1, 2))
    name, options = schedule(d, len(base_lrs))
    args = {'name': name, 'options': options, 'base_lrs': base_lrs, 'steps': d.randint(4, 11)}
    if name == 'OneCycleLR':
        args['momentum'] = 0.9
    if name == 'ReduceLROnPlateau':
        args['metrics'] = [round(d.gauss(1, 0.5), 2) for _ in range(args['steps'])]
    groups = [{'params': [torch.zeros(1, requires_grad=True)], 'lr': lr} for lr in args['base_lrs']]
    optimizer = torch.optim.SGD(groups, lr=1, momentum=args.get('momentum', 0))
    settings = dict(options)
    if name == 'LambdaLR':
        factor = LAMBDAS[settings.pop('lambda')]
        settings = {'lr_lambda': lambda t, settings=settings: factor(t, **settings)}
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)
    lrs, momentums = [], []
    for t in range(args['steps'] + 1):
        lrs.append([group['lr'] for group in optimizer.param_groups])
        momentums.append(optimizer.param_groups[0]['momentum'])
        if t < args['steps']:
            optimizer.step()
            scheduler.step(*[args['metrics'][t]] if 'metrics' in args else [])
    return args, {}, {'lrs': lrs, **({'momentums': momentums} if name == 'OneCycleLR' else {})}


def layers(d, classes):
    """Layers, and the shape of what they take."""
    layer = lambda type, **options: {'type': type, **options}
    activation = layer(d.choice(['ReLU', 'GELU', 'SiLU', 'Tanh']))
    if d.yes():
        size = d.randint(3, 6)
        norm = d.choice([
            layer('BatchNorm1d', num_features=size, **d.some(momentum=d.choice([None, 0.3]), eps=1e-3, affine=d.yes(), track_running_stats=d.yes(0.8))),
            layer('LayerNorm', normalized_shape=[size], **d.some(eps=1e-3, elementwise_affine=d.yes())),
            layer('GroupNorm', num_groups=1, num_channels=size, **d.some(affine=d.yes())),
        ])
        return [layer('Linear', in_features=4, out_features=size, **d.some(bias=d.yes())), norm, activation, layer('Linear', in_features=size, out_features=classes)], [4]
    size = d.choice([2, 4])
    norm = d.choice([
        layer('BatchNorm2d', num_features=size, **d.some(momentum=d.choice([None, 0.3]))),
        layer('GroupNorm', num_groups=2, num_channels=2 * size),
        layer('InstanceNorm2d', num_features=size, **d.some(affine=d.yes(), track_running_stats=d.yes())),
        layer('LayerNorm', normalized_shape=[size, 6, 6]),
    ])
    size = norm.get('num_channels', size)
    convolution = layer('Conv2d', in_channels=2, out_channels=size, kernel_size=d.choice([3, [3, 3]]), padding=1, **d.some(bias=d.yes(), stride=1))
    pool = layer(d.choice(['MaxPool2d', 'AvgPool2d']), kernel_size=2, **d.some(stride=2, padding=0))
    return [convolution, norm, activation, pool, layer('Flatten'), layer('Linear', in_features=size * 9, out_features=classes)], [2, 6, 6]


def train_network(d):
    batch, classes, steps = d.randint(3, 5), d.randint(2, 4), d.randint(2, 5)
    listed, shape = layers(d, classes)
    args = {'layers': listed, 'optimizer': optimizer(d, ['SGD', 'Adam', 'AdamW', 'RMSprop']), 'steps': steps, 'loss': 'cross_entropy'}
    network = torch.nn.Sequential(*[getattr(torch.nn, layer['type'])(**{name: value for name, value in layer.items() if name != 'type'}) for layer in listed])
    for parameter in network.parameters():
        parameter.data = d.normal(*parameter.shape) / 2
    start = {name: value.clone() for name, value in network.state_dict().items()}
    stepper = getattr(torch.optim, args['optimizer']['name'])(network.parameters(), **args['optimizer']['options'])
    x, target = d.normal(steps, batch, *shape), d.integers(0, classes - 1, steps, batch)
    losses, norms = [], []
    for step in range(steps):
        stepper.zero_grad()
        loss = F.cross_entropy(network(x[step]), target[step])
        loss.backward()
        losses.append(loss.item())
        norms.append(torch.cat([parameter.grad.flatten() for parameter in network.parameters()]).norm().item())
        stepper.step()
    expected = {'losses': losses, 'grad_norms': norms, 'final_state_dict': network.state_dict(), 'eval_logits_on_first_batch': network.eval()(x[0])}
    return args, {'x': x, 'target': target}, expected, {'state_dict': start}


DRAWS = {
    'BatchNorm': BatchNorm,
    'clip_grad_norm': clipped(torch.nn.utils.clip_grad_norm_, max_norm=[0.1, 1, 2.5, 100], norm_type=[1, 2, 3, 0.5, INF]),
    'clip_grad_value': clipped(torch.nn.utils.clip_grad_value_, clip_value=[0.1, 0.5, 2]),
    'init_fans': init_fans,
    'optim': optim,
    'lr_scheduler': lr_scheduler,
    'train_network': train_network,
    'switchable_norm_batch_average': switchable_norm_batch_average,
}

"""PyTorch, on as many threads as the argument says. Speaks the protocol of src/serve.ts."""
import json
import os
import re
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

LAYERS = {
    'linear': lambda a, b: nn.Linear(a, b),
    'conv': lambda a, b: nn.Conv2d(a, b, 3, padding=1),
    'batchNorm1d': nn.BatchNorm1d,
    'batchNorm2d': nn.BatchNorm2d,
    'relu': nn.ReLU,
    'maxPool': lambda: nn.MaxPool2d(2),
    'flatten': nn.Flatten,
}


def sample(tensor):
    flat = tensor.detach().reshape(-1)
    return flat[:: max(1, len(flat) // 64)][:64].tolist()


def training(model, name, lr, loss_of, momentum=0):
    if name == 'adam':
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    def step():
        loss = loss_of()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss

    return step, lambda: [[step().item() for _ in range(3)]]


def differentiating(forward, cotangent, leaves):
    def once():
        y = forward()
        y.backward(cotangent)
        return y

    def run():
        once()
        for leaf in leaves:
            leaf.grad = None

    def results():
        return [sample(y) for y in (once(), *(leaf.grad for leaf in leaves))]

    return run, results


def loaded(model, inputs):
    parameters = {name[len('parameters.'):]: value for name, value in inputs.items() if name.startswith('parameters.')}
    lost = model.load_state_dict(parameters, strict=False)
    missing = [name for name in lost.missing_keys if not re.search('running_|num_batches', name)]
    assert not (lost.unexpected_keys or missing), lost
    return model


def classifier(inputs, layers, optimizer):
    model = loaded(nn.Sequential(*(LAYERS[kind](*sizes) for kind, *sizes in layers)), inputs)
    x, target = inputs['x'], inputs['target'].long()
    return training(model, **optimizer, loss_of=lambda: F.cross_entropy(model(x), target))


def transformer(inputs, dModel, heads, hidden, optimizer):
    model = loaded(nn.TransformerEncoderLayer(dModel, heads, hidden, dropout=0.0, batch_first=True, norm_first=True), inputs)
    return training(model, **optimizer, loss_of=lambda: F.mse_loss(model(inputs['x']), inputs['target']))


def norm(inputs, kind, channels, groups):
    make = {
        'batch': lambda: nn.BatchNorm2d(channels),
        'layer': lambda: nn.LayerNorm(channels),
        'group': lambda: nn.GroupNorm(groups, channels),
        'instance': lambda: nn.InstanceNorm2d(channels),
    }
    model = loaded(make[kind](), inputs)
    x = inputs['x'].requires_grad_()
    return differentiating(lambda: model(x), inputs['cotangent'], [x, *model.parameters()])


def conv2d(inputs, **_):
    leaves = [inputs[name].requires_grad_() for name in ('x', 'parameters.weight', 'parameters.bias')]
    return differentiating(lambda: F.conv2d(*leaves, padding=1), inputs['cotangent'], leaves)


def adds(inputs, count):
    x, y = inputs['x'].requires_grad_(), inputs['y']

    def forward():
        total = x
        for _ in range(count):
            total = total + y
        return total

    return differentiating(forward, y, [x])


def matmul(inputs):
    a, b = inputs['a'], inputs['b']
    return lambda: a @ b, lambda: [sample(a @ b)]


PROGRAMS = {f.__name__: f for f in (classifier, transformer, norm, conv2d, adds, matmul)}


def blas():
    """The BLAS in use: what PyTorch was built with, or the library that the system has put in its place."""
    built = re.search(r'BLAS_INFO=(\w+)', torch.__config__.show())
    if built and built[1] in ('mkl', 'open', 'accelerate'):
        return {'mkl': 'MKL', 'open': 'OpenBLAS', 'accelerate': 'Accelerate'}[built[1]]
    torch.ones(64, 64) @ torch.ones(64, 64)
    with open('/proc/self/maps') as maps:
        files = {line.split()[-1] for line in maps if re.search(r'blas|blis|atlas|mkl_', line)}
    for name, pattern in {'OpenBLAS': r'openblas[^/]*?([0-9.]*[0-9])?\.so', 'BLIS': 'blis', 'ATLAS': 'atlas', 'MKL': 'mkl'}.items():
        for file in sorted(files):
            found = re.search(pattern, file)
            if found:
                return f'{name} {found[1]}' if found.groups() and found[1] else name
    return 'reference BLAS'


def take(file, places):
    flat = numpy.fromfile(file, dtype='float32')
    inputs = {}
    for place in places:
        values = flat[place['start']:place['start'] + int(numpy.prod(place['shape']))]
        inputs[place['name']] = torch.from_numpy(values.view(place['dtype']).copy()).reshape(place['shape'])
    return inputs


def timed(run, count):
    begin = time.perf_counter()
    for _ in range(count):
        run()
    return (time.perf_counter() - begin) * 1e6 / count


class Server:
    def versions(self):
        return {'torch': torch.__version__, 'blas': blas()}

    def prepare(self, work, handed, milliseconds):
        program = PROGRAMS[work.pop('program')]
        self.run, results = program(take(**handed), **work)
        results = results()
        end = time.perf_counter() + milliseconds / 1e3
        self.expected = timed(self.run, 1)
        count = 1
        while time.perf_counter() < end:
            self.expected = timed(self.run, count)
            count *= 2
        return {'results': results}

    def round(self, milliseconds):
        self.expected = timed(self.run, max(1, round(milliseconds * 1e3 / self.expected)))
        return {'microseconds': self.expected}


def main():
    if blas() == 'reference BLAS':
        sys.exit('PyTorch runs on the reference BLAS, 30 times slower than OpenBLAS: apt install libopenblas0-pthread')
    torch.set_num_threads(int(sys.argv[1]))
    server = Server()
    with os.fdopen(3, 'w') as answers:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = {'value': getattr(server, request.pop('ask'))(**request)}
            except Exception as error:
                answer = {'error': f'{type(error).__name__}: {error}'}
            answers.write(json.dumps(answer) + '\n')
            answers.flush()


main()

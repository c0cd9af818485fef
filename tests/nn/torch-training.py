"""Trains exported models as torch-training.test.ts does, and writes down what comes out. It reads and writes safetensors by itself, number
by number, as the format's description says: a second implementation beside that of the exported files."""
import importlib.util
import json
import math
import struct
import sys

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
kinds = {"F64": ("d", torch.float64), "F32": ("f", torch.float32), "I64": ("q", torch.int64), "I32": ("i", torch.int32)}


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length).decode("utf-8"))
        values = file.read()
    tensors, end = {}, 0
    for name, entry in sorted(((n, e) for n, e in header.items() if n != "__metadata__"), key=lambda item: item[1]["data_offsets"]):
        code, dtype = kinds[entry["dtype"]]
        begin, stop = entry["data_offsets"]
        assert begin == end and begin % struct.calcsize(code) == 0, (path, name)
        numbers = struct.unpack(f"<{math.prod(entry['shape'])}{code}", values[begin:stop])
        tensors[name], end = torch.tensor(numbers, dtype=dtype).reshape(entry["shape"]), stop
    assert end == len(values) and (8 + length) % 8 == 0, path
    return tensors


def write(path, tensors):
    header, values = {}, b""
    for name, tensor in tensors.items():
        kind, code = next((kind, code) for kind, (code, dtype) in kinds.items() if dtype == tensor.dtype)
        numbers = tensor.detach().flatten().tolist()
        packed = struct.pack(f"<{len(numbers)}{code}", *numbers)
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(values), len(values) + len(packed)]}
        values += packed
    text = json.dumps(header).encode("utf-8")
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + values)


def same(a, b):
    return a.keys() == b.keys() and all(a[name].dtype == b[name].dtype and torch.equal(a[name], b[name]) for name in a)


def loss_of(y, target):
    return F.mse_loss(y, target) if target.is_floating_point() else F.cross_entropy(y, target.long())


def run(case):
    spec = importlib.util.spec_from_file_location("model", f"{case['name']}/model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    data, result = read(f"{case['name']}/data.safetensors"), {}

    def train(model, begin, end):
        torch.set_default_dtype(getattr(torch, case["dtype"]))  # of what NAdam keeps beside averages
        options = {"foreach": True} if case["optimizer"] == "NAdam" else {}  # without, torch 1.13 multiplies by mu twice
        optimizer = getattr(torch.optim, case["optimizer"])(model.parameters(), **case["options"], **options)
        for x, target in zip(data["x"][begin:end], data["target"][begin:end]):
            optimizer.zero_grad()
            loss_of(model(x), target).backward()
            optimizer.step()
        torch.set_default_dtype(torch.float32)

    def note(kind, model):
        result.update({f"{kind}.{name}": value.clone() for name, value in model.state_dict().items()})
        with torch.no_grad():
            result[f"{kind}-eval"] = model.eval()(data["x"][0])
        model.train()

    for file in ("model", "ours"):
        assert same(read(f"{case['name']}/{file}.safetensors"), module.read_safetensors(f"{case['name']}/{file}.safetensors"))
    model = module.load()
    assert model.training
    x = data["x"][0].clone().requires_grad_(data["x"].is_floating_point())
    result["output"] = model(x)
    loss_of(result["output"], data["target"][0]).backward()
    gradients = [("x", x), *model.named_parameters()]
    result.update({f"gradient.{name}": each.grad.clone() for name, each in gradients if each.grad is not None})
    train(model, 0, 20)
    note("trained", model)
    module.save(model)
    assert same(read(f"{case['name']}/trained.safetensors"), dict(model.state_dict()))
    train(model, 20, 30)
    note("on", model)
    model = module.load(f"{case['name']}/ours.safetensors")
    note("ours", model)
    train(model, 20, 30)
    note("ours-on", model)
    write(f"{case['name']}/result.safetensors", result)


for case in json.load(sys.stdin):
    run(case)

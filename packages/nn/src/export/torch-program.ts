/** What stands around the model in the Python module. */

export const head = `"""A model for PyTorch, exported from normgrad.

    from model import load, save

    model = load()
    ...
    save(model)  # what loadModel(model, "trained.safetensors") of normgrad reads

To train on several devices, let a train.py such as this one

    import torch
    from torch.nn import functional as F
    from torch.utils.data import DataLoader, DistributedSampler

    from data import dataset
    from model import distributed, load, save

    model = distributed(load())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    sampler = DistributedSampler(dataset)
    for epoch in range(10):
        sampler.set_epoch(epoch)
        for x, target in DataLoader(dataset, batch_size=32, sampler=sampler):
            y = model(x)
            optimizer.zero_grad()
            F.cross_entropy(y, target.to(y.device)).backward()
            optimizer.step()
    save(model)

be run by

    torchrun --nproc_per_node=4 train.py
"""
import ctypes
import json
import math
import os

import torch
import torch.distributed
import torch.nn.functional as F
from torch import nn

folder = os.path.dirname(os.path.abspath(__file__))`;

export const files = `dtypes = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "BOOL": torch.bool,
}


def read_safetensors(path):
    """The tensors of a safetensors file by name, as safetensors.torch.load_file gives them."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        dtype, count = dtypes[entry["dtype"]], math.prod(entry["shape"])
        tensors[name] = torch.empty(entry["shape"], dtype=dtype)
        if count > 0:
            values = torch.frombuffer(data, dtype=dtype, count=count, offset=start + entry["data_offsets"][0])
            tensors[name].copy_(values.reshape(entry["shape"]))
    return tensors


def write_safetensors(tensors, path):
    """Writes tensors by name, as safetensors.torch.save_file does."""
    names = {dtype: name for name, dtype in dtypes.items()}
    header, end = {"__metadata__": {"format": "pt"}}, 0
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    tensors = dict(sorted(tensors.items(), key=lambda item: -item[1].element_size()))  # so that all are aligned
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size()))


def save(model, path=os.path.join(folder, "trained.safetensors")):
    """Writes the weights; of several processes the first does."""
    if not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0:
        write_safetensors(getattr(model, "module", model).state_dict(), path)`;

/** Statistics that stay: PyTorch's train() would thaw them. */
export const freezing = (names: string): string => `def keep_eval(norm, inputs):
    norm.eval()


def freeze_statistics(model):
    """Norms that use their running statistics in training, too, and leave them as they are; train() does not undo it."""
    for name in ${names}:
        model.get_submodule(name).register_forward_pre_hook(keep_eval)
    return model`;

export const goingOn = (frozen: boolean): string => `def distributed(model):
    """The model in one of several processes, for torchrun: gradients are averaged, batch statistics those of all processes."""
    cuda = torch.cuda.is_available()
    torch.distributed.init_process_group("nccl" if cuda else "gloo")
    if not cuda:  # there is no SyncBatchNorm on CPUs
        return nn.parallel.DistributedDataParallel(model)
    device = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(device)
    model = nn.SyncBatchNorm.convert_sync_batchnorm(model)${frozen ? '\n    freeze_statistics(model)  # new modules have no hooks' : ''}
    return nn.parallel.DistributedDataParallel(model.to(device), device_ids=[device])`;

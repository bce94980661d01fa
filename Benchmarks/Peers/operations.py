"""The rows layer/* and operation/* in PyTorch: forward and backward, gradients at the input and at all parameters.

    pip install torch
    python Benchmarks/Peers/operations.py --threads 2 --filter softmax [--compiled]

Prints a JSON line a row: its name, the memory layout and the milliseconds of the median pass. Rows of images are timed
in both layouts.
"""
import argparse
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

LAYOUTS = {"default": None, "channels-last": torch.channels_last}
MATRIX, MAP = [1024, 1024], [64, 128, 14, 14]


def positive(*shape):
    return torch.rand(*shape) + 0.5


def median_milliseconds(body, seconds):
    for _ in range(3):
        body()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


class Rows:
    def __init__(self, arguments):
        self.arguments = arguments

    def report(self, name, layout, prepare):
        full = name + "-fwd+bwd"
        if self.arguments.filter not in full:
            return
        try:
            milliseconds = median_milliseconds(prepare(), self.arguments.seconds)
        except (RuntimeError, NotImplementedError) as error:
            print(f"{full}: {str(error).splitlines()[0]}", file=sys.stderr)
            return
        print(json.dumps({"name": full, "layout": layout, "ms": round(milliseconds, 5)}), flush=True)

    def add(self, name, shapes, function, draw=torch.randn):
        """A function of tensors."""
        for layout, memory_format in LAYOUTS.items():
            if memory_format and len(shapes[0]) != 4:
                continue

            def prepare():
                leaves = [draw(*shape) for shape in shapes]
                if memory_format:
                    leaves = [x.to(memory_format=memory_format) if x.dim() == 4 else x for x in leaves]
                leaves = [x.requires_grad_() for x in leaves]
                return self.passes(function, leaves, lambda f: f(*leaves))

            self.report(name, layout, prepare)

    def add_module(self, name, shape, make, output=lambda y: y):
        """A layer."""
        for layout, memory_format in LAYOUTS.items():
            if memory_format and len(shape) != 4:
                continue

            def prepare():
                module, x = make(), torch.randn(*shape)
                if memory_format:
                    module, x = module.to(memory_format=memory_format), x.to(memory_format=memory_format)
                x.requires_grad_()
                return self.passes(module, [x, *module.parameters()], lambda f: output(f(x)))

            self.report(name, layout, prepare)

    def passes(self, function, leaves, call):
        with torch.no_grad():
            cotangent = torch.randn_like(call(function))
        function = torch.compile(function) if self.arguments.compiled else function
        return lambda: torch.autograd.grad(call(function), leaves, cotangent)


def add_layers(rows):
    rows.add("layer/layernorm-4096x256", [[4096, 256], [256], [256]], lambda x, s, o: F.layer_norm(x, (256,), s, o))
    rows.add("layer/rmsnorm-4096x256", [[4096, 256], [256]], lambda x, s: F.rms_norm(x, (256,), s, 1e-5))
    rows.add("layer/groupnorm8-64x14x14x128", [MAP, [128], [128]], lambda x, s, o: F.group_norm(x, 8, s, o))
    rows.add("layer/instancenorm-64x14x14x128", [MAP, [128], [128]], lambda x, s, o: F.instance_norm(x, weight=s, bias=o))
    rows.add("layer/maxpool2-128x28x28x16", [[128, 16, 28, 28]], lambda x: F.max_pool2d(x, 2))
    rows.add("layer/maxpool3s2p1-64x14x14x128", [MAP], lambda x: F.max_pool2d(x, 3, 2, 1))
    rows.add("layer/averagepool2-128x28x28x16", [[128, 16, 28, 28]], lambda x: F.avg_pool2d(x, 2))
    for function in [F.silu, F.gelu, F.elu]:
        rows.add(f"layer/{function.__name__}-1M", [MATRIX], function)
    rows.add("layer/concatenation-64x14x14x128", [MAP, MAP], lambda a, b: torch.cat([a, b], 1))
    rows.add("layer/nearest2-64x14x14x64", [[64, 64, 14, 14]], lambda x: F.interpolate(x, scale_factor=2))
    rows.add("layer/bilinear2-64x14x14x64", [[64, 64, 14, 14]], lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"))
    rows.add("layer/pixelshuffle2-64x14x14x128", [MAP], lambda x: F.pixel_shuffle(x, 2))
    rows.add("layer/reflect1-64x28x28x32", [[64, 32, 28, 28]], lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"))
    rows.add("layer/softmax-1024x1000", [[1024, 1000]], lambda x: x.softmax(1))
    labels = torch.arange(1024) % 1000
    rows.add("layer/crossentropy-1024x1000", [[1024, 1000]], lambda x: F.cross_entropy(x, labels, reduction="none"))
    rows.add("layer/attention-16x4x128x32", [[64, 128, 32]] * 3, F.scaled_dot_product_attention)
    rows.add_module("layer/lstm-64x28x64", [64, 28, 64], lambda: nn.LSTM(64, 64, batch_first=True), lambda y: y[0])
    rows.add_module("layer/gru-64x28x64", [64, 28, 64], lambda: nn.GRU(64, 64, batch_first=True), lambda y: y[0])
    rows.add_module("layer/conv3x3-64x28x28x1->32", [64, 1, 28, 28], lambda: nn.Conv2d(1, 32, 3, padding=1))
    rows.add_module("layer/conv3x3-64x28x28x32->32", [64, 32, 28, 28], lambda: nn.Conv2d(32, 32, 3, padding=1))
    rows.add_module("layer/conv1d5-64x256x32->64", [64, 32, 256], lambda: nn.Conv1d(32, 64, 5, padding=2))
    rows.add_module("layer/conv3d4s2-16x16x16x16x16->32", [16] * 5, lambda: nn.Conv3d(16, 32, 4, 2, 1))


def add_functions(rows):
    for name, function in {
        "exp": torch.exp, "expm1": torch.expm1, "log": torch.log, "log1p": torch.log1p, "sqrt": torch.sqrt,
        "rsqrt": torch.rsqrt, "square": torch.square, "abs": torch.abs, "sin": torch.sin, "cos": torch.cos,
        "tan": torch.tan, "erf": torch.erf, "pow2.5": lambda x: x.pow(2.5), "clamp": lambda x: x.clamp(0.7, 1.2),
        "scale": lambda x: x * 3 + 1, "logsigmoid": F.logsigmoid, "mish": F.mish, "selu": F.selu,
        "gate": lambda x: torch.tanh(x[:, :512]) * torch.sigmoid(x[:, 512:]),
    }.items():
        rows.add(f"operation/{name}-1M", [MATRIX], function, positive)
    rows.add("operation/prelu-64x14x14x128", [MAP, [128]], F.prelu)


def add_pairs(rows):
    for name, function in {
        "add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div, "maximum": torch.maximum,
        "pow": torch.pow, "atan2": torch.atan2,
    }.items():
        rows.add(f"operation/{name}-1M", [MATRIX, MATRIX], function, positive)
    rows.add("operation/multiply-row-1M", [MATRIX, [1024]], torch.mul)
    rows.add("operation/multiply-column-1M", [MATRIX, [1024, 1]], torch.mul)
    rows.add("operation/outer-add-1M", [[1024, 1], [1024]], torch.add)


def add_reductions(rows):
    for name, function in {
        "sum": torch.sum, "sum-rows": lambda x: x.sum(0), "sum-columns": lambda x: x.sum(1), "mean": torch.mean,
        "max-columns": lambda x: x.amax(1), "max-rows": lambda x: x.amax(0),
        "variance-columns": lambda x: x.var(1, correction=0), "deviation-rows": lambda x: x.std(0, correction=0),
        "norm-columns": lambda x: x.norm(dim=1), "logsumexp-columns": lambda x: x.logsumexp(1),
        "logsumexp-rows": lambda x: x.logsumexp(0), "product-columns": lambda x: x.prod(1),
        "cumulativesum-columns": lambda x: x.cumsum(1), "cumulativesum-rows": lambda x: x.cumsum(0),
        "logsoftmax-columns": lambda x: x.log_softmax(1), "softmax-rows": lambda x: x.softmax(0),
    }.items():
        rows.add(f"operation/{name}-1M", [MATRIX], function, positive)
    rows.add("operation/sum-channels-64x14x14x128", [MAP], lambda x: x.sum((0, 2, 3)))
    rows.add("operation/mean-positions-64x14x14x128", [MAP], lambda x: x.mean((2, 3)))


def add_selections(rows):
    indices = torch.arange(4096) * 37 % 1024
    rows.add("operation/gather-4096-of-1024x256", [[1024, 256]], lambda x: F.embedding(indices, x))
    rows.add(
        "operation/scatteradd-4096-to-1024x256", [[4096, 256]], lambda x: torch.zeros(1024, 256).index_add(0, indices, x))
    places = (torch.arange(1024) * 37 % 1000).unsqueeze(1)
    rows.add("operation/gather-along-1024x1000", [[1024, 1000]], lambda x: x.gather(1, places))
    rows.add("operation/sort-1024x256", [[1024, 256]], lambda x: x.sort(1).values)
    rows.add("operation/topk10-1024x1000", [[1024, 1000]], lambda x: x.topk(10, 1).values)


def add_rearrangements(rows):
    rows.add("operation/transpose-1M", [MATRIX], lambda x: x.t().contiguous())
    rows.add("operation/permute-64x14x14x128-to-channels-first", [[64, 14, 14, 128]], lambda x: x.permute(0, 3, 1, 2).contiguous())
    rows.add("operation/slice-64x14x14x128", [MAP], lambda x: x[:, :64, 1:13, 1:13].clone())
    rows.add("operation/flip-64x14x14x128", [MAP], lambda x: x.flip(3))
    rows.add("operation/roll-64x14x14x128", [MAP], lambda x: x.roll(3, 2))
    rows.add("operation/tile-256x256-4x4", [[256, 256]], lambda x: x.tile(4, 4))
    rows.add("operation/repeat-1024x256-4", [[1024, 256]], lambda x: x.repeat_interleave(4, 0))
    rows.add("operation/stack-4x1024x256", [[1024, 256]] * 4, lambda *x: torch.stack(x))
    rows.add("operation/broadcast-1024-to-1M", [[1024]], lambda x: x.expand(1024, 1024).contiguous())


def add_image_operations(rows):
    rows.add("operation/pad2-64x14x14x128", [MAP], lambda x: F.pad(x, (2, 2, 2, 2)))
    rows.add("operation/pixelunshuffle2-64x28x28x32", [[64, 32, 28, 28]], lambda x: F.pixel_unshuffle(x, 2))
    rows.add("operation/pixelnorm-64x14x14x128", [MAP], lambda x: x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt())
    rows.add("operation/adaptiveaverage7-64x14x14x128", [MAP], lambda x: F.adaptive_avg_pool2d(x, 7))
    rows.add("operation/averagepool3d2-16x16x16x16x32", [[16, 32, 16, 16, 16]], lambda x: F.avg_pool3d(x, 2))
    rows.add("operation/maxpool3d2-16x16x16x16x32", [[16, 32, 16, 16, 16]], lambda x: F.max_pool3d(x, 2))
    for mode in ["bilinear", "bicubic"]:
        rows.add(f"operation/resize20-{mode}-64x14x14x64", [[64, 64, 14, 14]], lambda x: F.interpolate(x, size=20, mode=mode))
    rows.add(
        "operation/grid-64x28x28x16", [[64, 16, 28, 28], [64, 28, 28, 2]],
        lambda x, grid: F.grid_sample(x, grid, align_corners=False))


def add_products(rows):
    rows.add("operation/matmul-256", [[256, 256]] * 2, torch.matmul)
    rows.add("operation/matmul-64x64x64x64", [[64, 64, 64]] * 2, torch.matmul)
    rows.add("operation/einsum-bij,bkj-64x64x64", [[64, 64, 64]] * 2, lambda a, b: torch.einsum("bij,bkj->bik", a, b))
    rows.add("operation/convT4s2-64x7x7x128->64", [[64, 128, 7, 7], [128, 64, 4, 4]], lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1))
    rows.add("operation/conv5-64x14x14x64->64", [[64, 64, 14, 14], [64, 64, 5, 5]], lambda x, w: F.conv2d(x, w, padding=2))
    rows.add("operation/conv1-64x14x14x128->128", [MAP, [128, 128, 1, 1]], F.conv2d)
    rows.add(
        "operation/conv3dilated2-64x14x14x64->64", [[64, 64, 14, 14], [64, 64, 3, 3]],
        lambda x, w: F.conv2d(x, w, padding=2, dilation=2))
    rows.add(
        "operation/conv3grouped4-64x14x14x64->64", [[64, 64, 14, 14], [64, 16, 3, 3]],
        lambda x, w: F.conv2d(x, w, padding=1, groups=4))
    rows.add("operation/conv3depthwise-64x14x14x128", [MAP, [128, 1, 3, 3]], lambda x, w: F.conv2d(x, w, padding=1, groups=128))
    rows.add("operation/convT1d4s2-64x128x64->32", [[64, 64, 128], [64, 32, 4]], lambda x, w: F.conv_transpose1d(x, w, stride=2, padding=1))
    rows.add(
        "operation/convT3d4s2-16x8x8x8x32->16", [[16, 32, 8, 8, 8], [32, 16, 4, 4, 4]],
        lambda x, w: F.conv_transpose3d(x, w, stride=2, padding=1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--filter", default="")
    parser.add_argument("--compiled", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = Rows(arguments)
    for add in [
        add_layers, add_functions, add_pairs, add_reductions, add_selections, add_rearrangements, add_image_operations,
        add_products,
    ]:
        add(rows)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Golden values for operations on sequences, images and volumes, computed by PyTorch in float64.

    pip install torch && python3 generate_spatial.py      # writes spatial.json beside this file

The fields of a case are those of generate.py. All tensors have the batch first and the channels last; a weight is
[outChannels, kernel sizes, inChannels / groups], for a transposed convolution too. Parameters are one number for each
axis between batch and channels; a padding is [before, after] for each.
"""
import json, pathlib
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(20261126)
def rn(*s): return torch.randn(s, generator=gen)
def ru(*s): return torch.rand(s, generator=gen)
def pack(t): return {"shape": list(t.shape), "data": [float(f"{v:.8g}") for v in t.detach().reshape(-1).tolist()]}
cases = []
def case(name, op, fn, inputs, params=None):
    xs = {k: v.clone().requires_grad_() for k, v in inputs.items()}
    y = fn(**xs)
    u = rn(*y.shape).requires_grad_()
    gs = torch.autograd.grad((y * u).sum(), list(xs.values()), create_graph=True, allow_unused=True)
    c = {"name": name, "op": op, "params": params or {}, "inputs": {k: pack(v) for k, v in xs.items()},
         "output": pack(y), "upstream": pack(u),
         "gradients": {k: pack(g) for k, g in zip(xs, gs) if g is not None and bool((g != 0).any())}}
    s = sum((g * g).sum() for g in gs if g is not None) / 2
    hs = torch.autograd.grad(s, list(xs.values()) + [u], allow_unused=True)
    c["second"] = {k: pack(h) for k, h in zip(list(xs) + ["u"], hs) if h is not None and bool((h != 0).any())}
    cases.append(c)

# Between [N, sizes, C] and PyTorch's [N, C, sizes].
def first(t): return t.movedim(-1, 1)
def last(t): return t.movedim(1, -1)
conv = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
transposed = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}

# convolution: sizes, kernel, stride, padding [before, after], dilation, groups, channels in and out
for sizes, kernel, stride, padding, dilation, groups, ci, co in [
    ([7], [3], [1], [[1, 1]], [1], 1, 2, 3), ([9], [4], [2], [[3, 0]], [1], 1, 3, 2), ([8], [3], [1], [[2, 2]], [2], 1, 1, 2),
    ([6], [3], [1], [[1, 1]], [1], 2, 4, 6), ([6], [2], [2], [[0, 0]], [1], 3, 3, 3),
    ([5, 6], [3, 3], [1, 1], [[1, 1], [1, 1]], [1, 1], 2, 4, 4), ([5, 4], [2, 3], [2, 1], [[0, 1], [1, 1]], [1, 1], 3, 3, 6),
    ([5, 5], [3, 3], [1, 1], [[1, 1], [1, 1]], [1, 1], 4, 4, 4), ([6, 5], [3, 2], [2, 2], [[2, 1], [0, 1]], [2, 1], 5, 5, 5),
    ([4, 3, 4], [3, 3, 3], [1, 1, 1], [[1, 1]] * 3, [1, 1, 1], 1, 2, 2), ([4, 4, 4], [4, 4, 4], [2, 2, 2], [[1, 1]] * 3, [1, 1, 1], 1, 1, 2),
    ([5, 3, 4], [2, 1, 3], [2, 1, 1], [[1, 0], [0, 0], [0, 2]], [2, 1, 1], 1, 2, 2), ([3, 3, 3], [2, 2, 2], [1, 1, 1], [[0, 1]] * 3, [1, 1, 1], 2, 2, 4),
    ([3, 3, 4], [3, 2, 2], [1, 1, 2], [[1, 1], [0, 0], [1, 0]], [1, 1, 1], 2, 4, 2),
]:
    rank = len(sizes)
    flat = [p for side in reversed(padding) for p in side]
    def f(x, w, rank=rank, stride=stride, dilation=dilation, groups=groups, flat=flat):
        return last(conv[rank](F.pad(first(x), flat), first(w), None, stride, 0, dilation, groups))
    case(f"conv{rank}d/{sizes}x{ci}-{co},k{kernel}s{stride}p{padding}d{dilation}g{groups}", f"conv{rank}d", f,
         {"x": rn(2 if rank < 3 else 1, *sizes, ci), "w": rn(co, *kernel, ci // groups)},
         {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups})

# transposed convolution; PyTorch's weight is [inChannels, outChannels / groups, kernel], the groups along the first axis
for sizes, kernel, stride, padding, extra, dilation, groups, ci, co in [
    ([5], [4], [2], [1], [0], [1], 1, 2, 3), ([4], [3], [2], [1], [1], [1], 1, 3, 1), ([4], [3], [1], [0], [0], [2], 2, 4, 2), ([3], [2], [2], [0], [0], [1], 3, 3, 6),
    ([3, 4], [4, 3], [2, 1], [1, 1], [0, 0], [1, 1], 2, 4, 6), ([3, 3], [3, 3], [2, 2], [1, 1], [1, 0], [1, 1], 3, 3, 3), ([2, 3], [2, 3], [1, 2], [0, 1], [0, 1], [1, 1], 2, 2, 4),
    ([2, 2, 3], [4, 4, 4], [2, 2, 2], [1, 1, 1], [0, 0, 0], [1, 1, 1], 1, 2, 2), ([2, 3, 2], [3, 2, 2], [2, 1, 2], [1, 0, 0], [1, 0, 0], [1, 2, 1], 1, 2, 1),
    ([2, 2, 2], [2, 3, 2], [2, 1, 1], [0, 1, 0], [1, 0, 0], [1, 1, 1], 2, 2, 2), ([2, 2, 2], [2, 2, 3], [1, 2, 1], [0, 0, 1], [0, 0, 0], [1, 1, 1], 2, 4, 2),
]:
    rank = len(sizes)
    def f(x, w, rank=rank, stride=stride, padding=padding, extra=extra, dilation=dilation, groups=groups):
        # [out, kernel, in / groups] to [in, out / groups, kernel].
        parts = [part.movedim(-1, 0) for part in w.chunk(groups, 0)]
        return last(transposed[rank](first(x), torch.cat(parts, 0), None, stride, padding, extra, groups, dilation))
    case(f"convTranspose{rank}d/{sizes}x{ci}-{co},k{kernel}s{stride}p{padding}o{extra}d{dilation}g{groups}", f"convTranspose{rank}d", f,
         {"x": rn(2 if rank < 3 else 1, *sizes, ci), "w": rn(co, *kernel, ci // groups)},
         {"stride": stride, "padding": [[p, p] for p in padding], "outputPadding": extra, "dilation": dilation, "groups": groups})

# pooling
average, largest = {1: F.avg_pool1d, 3: F.avg_pool3d}, {1: F.max_pool1d, 3: F.max_pool3d}
for sizes, size, stride, padding in [([7], [2], [2], [0]), ([8], [3], [2], [1]), ([4, 5, 4], [2, 2, 2], [2, 2, 2], [0, 0, 0]), ([4, 3, 5], [3, 2, 3], [1, 2, 2], [1, 0, 1])]:
    rank = len(sizes)
    params = {"size": size, "stride": stride, "padding": [[p, p] for p in padding]}
    x = {"x": rn(2 if rank < 3 else 1, *sizes, 2)}
    for counts in ([True, False] if any(padding) else [True]):
        case(f"averagePool{rank}d/{sizes},{size}s{stride}p{padding}{'' if counts else '/without padding'}", f"averagePool{rank}d",
             lambda x: last(average[rank](first(x), size, stride, padding, False, counts)), x, params | {"countsPadding": counts})
    case(f"maxPool{rank}d/{sizes},{size}s{stride}p{padding}", f"maxPool{rank}d", lambda x: last(largest[rank](first(x), size, stride, padding)), x, params)
adaptive = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
for sizes, size in [([7], [3]), ([3], [5]), ([5, 6], [3, 2]), ([4, 7], [4, 10]), ([3, 4, 5], [2, 4, 3])]:
    rank = len(sizes)
    case(f"adaptiveAveragePool{rank}d/{sizes}-{size}", f"adaptiveAveragePool{rank}d", lambda x: last(adaptive[rank](first(x), size)), {"x": rn(2 if rank < 3 else 1, *sizes, 2)}, {"size": size})

# padding: PyTorch's modes by our names
modes = {"zeros": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
for mode, name in modes.items():
    for padding in ([[2, 1]], [[1, 2], [0, 3]], [[1, 0], [1, 1], [2, 1]]):
        sizes = [3, 4, 3][:len(padding)]
        flat, rank = [p for side in reversed(padding) for p in side], len(padding)
        case(f"pad/{mode}/{padding}", "pad", lambda x: last(F.pad(first(x), flat, name)), {"x": rn(2 if rank < 3 else 1, *sizes, 2)}, {"mode": mode, "padding": padding})

# resizing
for before, after in [((5, 4), (7, 9)), ((7, 6), (3, 4)), ((4, 4), (8, 2)), ((3, 5), (3, 12)), ((1, 2), (3, 3)), ((9, 10), (2, 3))]:
    for method in ["nearest", "bilinear", "bicubic"]:
        for antialias in ([False] if method == "nearest" else [False, True]):
            case(f"resize/{before}-{after}/{method}{'/antialias' if antialias else ''}", "resize",
                 lambda x: last(F.interpolate(first(x), after, mode="nearest-exact" if method == "nearest" else method, antialias=antialias)),
                 {"x": rn(1, *before, 2)}, {"size": list(after), "method": method, "antialias": antialias})

# grid sampling: places inside, between the outer centres and the edge, and outside. PyTorch has no second derivative of
# its own function, so the formula is written out; the value and the first derivatives are compared with PyTorch's.
def sample(x, grid, method, padding, corners):
    n, h, w, c = x.shape
    def axis(t, size):
        p = (t + 1) / 2 * (size - 1) if corners else ((t + 1) * size - 1) / 2
        return torch.where((p > 0) & (p < size - 1), p, p.detach().clamp(0, size - 1)) if padding == "edge" else p
    px, py = axis(grid[..., 0], w), axis(grid[..., 1], h)
    batch = torch.arange(n).view(n, 1, 1)
    def pixel(i, j):
        inside = ((i >= 0) & (i < h) & (j >= 0) & (j < w)).double().unsqueeze(-1)
        return x[batch, i.clamp(0, h - 1).long(), j.clamp(0, w - 1).long()] * inside
    if method == "nearest":
        return pixel(py.detach().round(), px.detach().round())
    x0, y0 = px.detach().floor(), py.detach().floor()
    fx, fy = (px - x0).unsqueeze(-1), (py - y0).unsqueeze(-1)
    return (pixel(y0, x0) * (1 - fx) * (1 - fy) + pixel(y0, x0 + 1) * fx * (1 - fy)
            + pixel(y0 + 1, x0) * (1 - fx) * fy + pixel(y0 + 1, x0 + 1) * fx * fy)
for method in ["bilinear", "nearest"]:
    for padding in ["zeros", "edge"]:
        for corners in [False, True]:
            x, grid = rn(2, 4, 5, 2), ru(2, 3, 4, 2) * 3 - 1.5
            xs, gs = x.clone().requires_grad_(), grid.clone().requires_grad_()
            ours, theirs = sample(xs, gs, method, padding, corners), last(F.grid_sample(first(xs), gs, method, "border" if padding == "edge" else "zeros", corners))
            u = rn(*ours.shape)
            d = [torch.autograd.grad((y * u).sum(), [xs, gs], allow_unused=True) for y in (ours, theirs)]
            assert torch.allclose(ours, theirs) and torch.allclose(d[0][0], d[1][0])
            assert method == "nearest" or torch.allclose(d[0][1], d[1][1])
            case(f"gridSample/{method}/{padding}{'/corners' if corners else ''}", "gridSample",
                 lambda x, grid: sample(x, grid, method, padding, corners), {"x": x, "grid": grid},
                 {"method": method, "samplingPadding": padding, "alignsCorners": corners})

# activations and normalization
case("selu", "selu", lambda x: F.selu(x), {"x": rn(4, 5)})
case("mish", "mish", lambda x: F.mish(x), {"x": rn(4, 5) * 2})
case("prelu/channels", "prelu", lambda x, slope: torch.where(x > 0, x, x * slope), {"x": rn(2, 3, 3, 4), "slope": rn(4) * 0.3})
case("prelu/one", "prelu", lambda x, slope: torch.where(x > 0, x, x * slope), {"x": rn(3, 4), "slope": rn(1) * 0.3})
case("rmsNorm/1", "rmsNorm", lambda x, scale: F.rms_norm(x, (4,), scale, 1e-5), {"x": rn(3, 4), "scale": ru(4) + 0.5}, {"axisCount": 1, "epsilon": 1e-5})
case("rmsNorm/2", "rmsNorm", lambda x, scale: F.rms_norm(x, (3, 2), scale, 1e-2), {"x": rn(2, 3, 2), "scale": ru(3, 2) + 0.5}, {"axisCount": 2, "epsilon": 1e-2})

path = pathlib.Path(__file__).with_name("spatial.json")
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")))
print(len(cases), "cases,", path.stat().st_size, "bytes")

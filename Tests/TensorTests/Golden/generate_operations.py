#!/usr/bin/env python3
"""Golden values for further tensor operations, computed by PyTorch in float64. The fields are those of generate.py.

    pip install torch && python3 generate_operations.py 20261126 operations.json
"""
import json, sys
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 20261126)
def rn(*s): return torch.randn(s, generator=gen)
def ru(*s): return torch.rand(s, generator=gen)
def pack(t): return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.detach().reshape(-1).tolist()]}
cases = []
def case(name, op, fn, inputs, params=None, second=True):
    # Inputs are floats, so that the results are exact for what the tests read.
    xs = {k: v.float().double().requires_grad_() for k, v in inputs.items()}
    y = fn(**xs)
    u = rn(*y.shape).float().double().requires_grad_()
    gs = torch.autograd.grad((y * u).sum(), list(xs.values()), create_graph=True, allow_unused=True)
    c = {"name": name, "op": op, "params": params or {}, "inputs": {k: pack(v) for k, v in xs.items()},
         "output": pack(y), "upstream": pack(u),
         "gradients": {k: pack(g) for k, g in zip(xs, gs) if g is not None}}
    if second:
        s = sum((g * g).sum() for g in gs if g is not None) / 2
        hs = torch.autograd.grad(s, list(xs.values()) + [u], allow_unused=True)
        c["second"] = {k: pack(h) for k, h in zip(list(xs) + ["u"], hs) if h is not None and not h._is_zerotensor()}
    cases.append(c)

# elementwise
for n, f, x in [("expm1", torch.expm1, rn(3, 4)), ("log1p", torch.log1p, ru(3, 4) * 2 - 0.8), ("tan", torch.tan, rn(3, 4))]:
    case(n, n, lambda x, f=f: f(x), {"x": x})
case("atan2/broadcast", "atan2", lambda a, b: torch.atan2(a, b), {"a": rn(3, 4), "b": rn(4)})
case("elu/0.5", "elu", lambda x: F.elu(x, 0.5), {"x": rn(4, 5)}, {"alpha": 0.5})
tiny = torch.tensor([-1e-8, -1e-30, 1e-8, -1e-3])
for n, f, q in [("expm1/near0", torch.expm1, {}), ("log1p/near0", torch.log1p, {}), ("elu/near0", F.elu, {"alpha": 1.0})]:
    case(n, n.split("/")[0], lambda x, f=f: f(x), {"x": tiny}, q, second=False)
case("expm1/extremes", "expm1", lambda x: torch.exp(x) - 1, {"x": torch.tensor([-80.0, -20.0, 0.0, 20.0, 80.0])}, second=False)
case("log1p/extremes", "log1p", lambda x: torch.log1p(x), {"x": torch.tensor([-0.999999, 0.0, 1e7, 1e30])}, second=False)
q = torch.tensor([[1.0, 1.0, -1.0, -1.0, 0.0, 0.0, 3.0], [1.0, -1.0, 1.0, -1.0, 2.0, -2.0, 0.0]])
case("atan2/quadrants", "atan2", lambda a, b: torch.atan2(a, b), {"a": q[0], "b": q[1]}, second=False)

# reductions and normalised exponentials off the last axis
for ax in ([0], [1, 2]):
    for ub in (False, True):
        case(f"standardDeviation/axes{ax}{'/unbiased' if ub else ''}", "standardDeviation", lambda x, ax=ax, ub=ub: x.std(ax, unbiased=ub), {"x": rn(4, 3, 2)}, {"axes": ax, "isUnbiased": ub})
case("logSumExp/axis0", "logSumExp", lambda x: torch.logsumexp(x, 0), {"x": rn(3, 5)}, {"axes": [0]})
case("logSumExp/axes02", "logSumExp", lambda x: torch.logsumexp(x, (0, 2)), {"x": rn(3, 2, 4)}, {"axes": [0, 2]})
for ax in (0, 1):
    case(f"softmax/axis{ax}of3", "softmax", lambda x, ax=ax: F.softmax(x, ax), {"x": rn(3, 4, 2)}, {"axis": ax})
    case(f"logSoftmax/axis{ax}of3", "logSoftmax", lambda x, ax=ax: F.log_softmax(x, ax), {"x": rn(3, 4, 2)}, {"axis": ax})
case("logSoftmax/large", "logSoftmax", lambda x: F.log_softmax(x, 1), {"x": torch.tensor([[40.0, 25.0], [1e6, 1e6 + 3], [-3e4, -3e4 - 20]])}, {"axis": 1}, second=False)
case("softmax/large-axis0", "softmax", lambda x: F.softmax(x, 0), {"x": torch.tensor([[1e8, 40.0], [1e8, 25.0]])}, {"axis": 0})
z = rn(3, 5); z[0, 1] = 0; z[1, 0] = z[1, 3] = 0
for n, x in (("", rn(3, 5)), ("/zeros", z)):
    case(f"product/axis1{n}", "product", lambda x: x.prod(1), {"x": x}, {"axes": [1]})
    case(f"product/axes01{n}", "product", lambda x: x.prod(1).prod(0), {"x": x}, {"axes": [0, 1]})
    case(f"cumulativeProduct/axis1{n}", "cumulativeProduct", lambda x: torch.stack([x[:, :k + 1].prod(1) for k in range(5)], 1), {"x": x}, {"axis": 1, "isReversed": False})
    case(f"cumulativeProduct/axis0/reversed{n}", "cumulativeProduct", lambda x: torch.stack([x[k:].prod(0) for k in range(3)], 0), {"x": x}, {"axis": 0, "isReversed": True})
case("cumulativeSum/axis0/reversed", "cumulativeSum", lambda x: x.flip(0).cumsum(0).flip(0), {"x": rn(3, 4)}, {"axis": 0, "isReversed": True})

# order
case("flip/axes02", "flip", lambda x: x.flip((0, 2)), {"x": rn(2, 3, 4)}, {"axes": [0, 2]})
case("roll/axis1", "roll", lambda x: x.roll(-2, 1), {"x": rn(2, 5)}, {"axis": 1, "distance": -2})
case("repeat/axis0", "repeat", lambda x: x.repeat_interleave(3, 0), {"x": rn(2, 3)}, {"axis": 0, "count": 3})
case("tile", "tile", lambda x: x.repeat(2, 1, 3), {"x": rn(2, 3, 2)}, {"counts": [2, 1, 3]})
case("lowerTriangle/-1", "lowerTriangle", lambda x: x.tril(-1), {"x": rn(2, 4, 3)}, {"diagonal": -1})
case("upperTriangle/1", "upperTriangle", lambda x: x.triu(1), {"x": rn(3, 4)}, {"diagonal": 1})
case("sort/axis0", "sort", lambda x: x.sort(0).values, {"x": rn(5, 3)}, {"axis": 0, "isReversed": False})
case("sort/axis1/descending", "sort", lambda x: x.sort(1, descending=True).values, {"x": rn(3, 5)}, {"axis": 1, "isReversed": True})
case("topK/2", "topK", lambda x: x.topk(2, 1).values, {"x": rn(3, 5)}, {"axis": 1, "count": 2})
case("assignment", "assignment", lambda a, b: torch.cat([torch.stack([a[0, :, 0], torch.cat([a[0, :1, 1], b])], 1)[None], a[1:]], 0), {"a": rn(2, 3, 2), "b": rn(2)})
case("subscript", "subscript", lambda x: x[1, 1:, ::2], {"x": rn(2, 3, 5)})

# sums of products
for eq, shapes in [("ij->ji", [(2, 3)]), ("ii->i", [(3, 3)]), ("ij->", [(2, 3)]), ("ij,jk->ik", [(2, 3), (3, 4)]), ("bij,bkj->bik", [(2, 3, 4), (2, 5, 4)]),
                   ("i,j->ij", [(3,), (4,)]), ("ij,ij->j", [(3, 4), (3, 4)]), ("bi,ij,bj->b", [(2, 3), (3, 4), (2, 4)]), ("aib,ibj->ja", [(2, 3, 4), (3, 4, 5)]), ("ij,k->i", [(2, 3), (4,)])]:
    names = "abc"[:len(shapes)]
    case(f"einsum/{eq}", "einsum", lambda eq=eq, **q: torch.einsum(eq, *q.values()), {n: rn(*s) for n, s in zip(names, shapes)}, {"equation": eq})

json.dump({"torch": torch.__version__, "cases": cases}, open(sys.argv[2] if len(sys.argv) > 2 else "operations.json", "w"), separators=(",", ":"))
print(len(cases), "cases")

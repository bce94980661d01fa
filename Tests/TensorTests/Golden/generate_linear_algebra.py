#!/usr/bin/env python3
"""Golden values for linear algebra, computed with numpy in float64. The fields are those of generate.py.

    pip install numpy && python3 generate_linear_algebra.py 20261127 linear-algebra.json

First derivatives are differences of the values over five points, second ones such differences of the first: both are
exact to more digits than are written. The signs of singular vectors and eigenvectors are those of the library: the
component of the largest magnitude is positive, in V for tall matrices and in U for wide ones. Values are squared, as the
energy of their own gradients does not depend on the matrix.
"""
import json
import sys

import numpy as np

random = np.random.default_rng(int(sys.argv[1]) if len(sys.argv) > 1 else 20261127)
cases = []


def transpose(x):
    return np.swapaxes(x, -1, -2)


def symmetric(x):
    return (x + transpose(x)) / 2


def differences(function, x, step):
    """The derivatives of a number at each scalar of x."""
    result = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        def value(shift):
            moved = x.copy()
            moved[place] += shift * step
            return function(moved)
        result[place] = (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * step)
    return result


def gradients(function, inputs, upstream, step=1e-3):
    return {
        name: differences(lambda moved: (function(**{**inputs, name: moved}) * upstream).sum(), x, step)
        for name, x in inputs.items()
    }


def energy(function, inputs, upstream):
    return sum((g * g).sum() for g in gradients(function, inputs, upstream).values()) / 2


def pack(x):
    return {"shape": list(x.shape), "data": [float(f"{v:.9g}") for v in x.ravel()]}


def case(name, op, function, inputs, params=None):
    inputs = {key: x.astype(np.float32).astype(np.float64) for key, x in inputs.items()}
    output = function(**inputs)
    upstream = random.normal(size=output.shape).astype(np.float32).astype(np.float64)
    second = {
        key: differences(lambda moved: energy(function, {**inputs, key: moved}, upstream), x, 1e-2)
        for key, x in inputs.items()
    }
    second["u"] = differences(lambda moved: energy(function, inputs, moved), upstream, 1e-2)
    # A derivative that is zero everywhere is left out.
    cases.append({
        "name": name, "op": op, "params": params or {}, "inputs": {key: pack(x) for key, x in inputs.items()},
        "output": pack(output), "upstream": pack(upstream),
        "gradients": {key: pack(np.where(abs(g) < 1e-9, 0, g)) for key, g in gradients(function, inputs, upstream).items()},
        "second": {key: pack(np.where(abs(g) < 1e-6, 0, g)) for key, g in second.items() if abs(g).max() > 1e-6},
    })


def normal(*shape):
    return random.normal(size=shape)


def positive(*shape):
    x = normal(*shape)
    return x @ transpose(x) / shape[-1] + np.eye(shape[-1])


def spread(rows, columns, *batch):
    """Matrices whose singular values, and eigenvalues if they are symmetric, are well apart."""
    k = min(rows, columns)
    q, _ = np.linalg.qr(normal(*batch, rows, k))
    p, _ = np.linalg.qr(normal(*batch, columns, k))
    return q @ (np.arange(1, k + 1)[:, None] * transpose(p))


def triangle(a, params):
    part = np.tril(a) if params.get("isLower", True) else np.triu(a)
    if params.get("hasUnitDiagonal"):
        part = part - part * np.eye(a.shape[-1]) + np.eye(a.shape[-1])
    return transpose(part) if params.get("isTransposed") else part


def signed(vectors, by):
    places = abs(by).argmax(axis=-2, keepdims=True)
    return vectors * np.sign(np.take_along_axis(by, places, axis=-2))


def eigenvectors(x):
    vectors = np.linalg.eigh(symmetric(x))[1]
    return signed(vectors, vectors)


def singular(x, part):
    u, values, vt = np.linalg.svd(x, full_matrices=False)
    v = transpose(vt)
    by = u if x.shape[-2] < x.shape[-1] else v
    return values**2 if part == "squaredValues" else signed(u if part == "left" else v, by)


case("cholesky/3", "cholesky", lambda x: np.linalg.cholesky(symmetric(x)), {"x": positive(3, 3)})
case("cholesky/asymmetric", "cholesky", lambda x: np.linalg.cholesky(symmetric(x)), {"x": positive(3, 3) + np.triu(normal(3, 3)) * 0.2})
case("cholesky/batch", "cholesky", lambda x: np.linalg.cholesky(symmetric(x)), {"x": positive(2, 2, 2)})
for flags in [{}, {"isTransposed": True}, {"isLower": False}, {"isLower": False, "isTransposed": True},
              {"hasUnitDiagonal": True}, {"isLower": False, "hasUnitDiagonal": True, "isTransposed": True}]:
    name = "".join("/" + key for key in flags if key != "isLower") + ("" if flags.get("isLower", True) else "/upper")
    a = normal(3, 3) * 0.5 + 2 * np.eye(3)
    case("triangularSolve" + name, "triangularSolve", lambda a, b, f=flags: np.linalg.solve(triangle(a, f), b),
         {"a": a, "b": normal(3, 2)}, flags)
case("triangularSolve/batch", "triangularSolve", lambda a, b: np.linalg.solve(np.tril(a), b),
     {"a": normal(2, 2, 2) * 0.5 + 2 * np.eye(2), "b": normal(2, 2, 1)})
case("solve/3", "solve", lambda a, b: np.linalg.solve(a, b), {"a": normal(3, 3) + 2 * np.eye(3)[[1, 2, 0]], "b": normal(3, 2)})
case("solve/1", "solve", lambda a, b: np.linalg.solve(a, b), {"a": np.array([[-2.5]]), "b": normal(1, 3)})
case("solve/broadcast", "solve", lambda a, b: np.linalg.solve(a, b), {"a": normal(2, 2) + 3 * np.eye(2), "b": normal(2, 2, 1)})
for batch in [(), (2,)]:
    q = np.linalg.qr(normal(*batch, 3, 3))[0]
    x = q @ (np.array([-1.0, 0.5, 2.0])[:, None] * transpose(q)) + 0.1 * np.triu(normal(3, 3))
    case(f"squaredEigenvalues{list(batch)}", "squaredEigenvalues", lambda x: np.linalg.eigvalsh(symmetric(x))**2, {"x": x})
    case(f"eigenvectors{list(batch)}", "eigenvectors", eigenvectors, {"x": x})
for shape in [(3, 3), (4, 2), (2, 3)]:
    for part in ["squaredValues", "left", "right"]:
        case(f"svd/{part}{list(shape)}", f"svd/{part}", lambda x, part=part: singular(x, part), {"x": spread(*shape)})
case("svd/left/batch", "svd/left", lambda x: singular(x, "left"), {"x": spread(3, 2, 2)})

with open(sys.argv[2] if len(sys.argv) > 2 else "linear-algebra.json", "w") as file:
    file.write('{"cases":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")

"""Reference values of losses in float64: golden-losses.json.

First derivatives are taken by complex steps, which are exact to rounding; the derivatives of half the sum of their
squares by central differences of those.
"""

import json

import numpy as np


def log_softmax(x):
    shifted = x - x.real.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def cross_entropy(labels, smoothing=0.0, weights=None):
    """As PyTorch's: weight[y] (1 - s) (-log p[y]) + s / C sum_c weight[c] (-log p[c])."""

    def loss(x):
        terms = -log_softmax(x["x"]) * (1 if weights is None else np.array(weights))
        own = terms[np.arange(len(labels)), labels]
        return (1 - smoothing) * own + smoothing / terms.shape[1] * terms.sum(axis=1)

    return loss


def soft_cross_entropy(x):
    return -(log_softmax(x["x"]) * x["t"]).sum(axis=1)


def huber(delta):
    def loss(x):
        d = x["a"] - x["b"]
        d = np.where(d.real < 0, -d, d)
        return np.where(d.real <= delta, d * d / 2, delta * (d - delta / 2)).sum(axis=1)

    return loss


def cosine(x):
    a, b = x["a"], x["b"]
    return (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))


def gradients(loss, inputs, upstream):
    result = {}
    for name, value in inputs.items():
        gradient = np.zeros(value.shape)
        for index in np.ndindex(*value.shape):
            moved = {key: other.astype(complex) for key, other in inputs.items()}
            moved[name][index] += 1e-30j
            gradient[index] = (loss(moved) * upstream).sum().imag / 1e-30
        result[name] = gradient
    return result


def energy(loss, inputs, upstream):
    return 0.5 * sum((g * g).sum() for g in gradients(loss, inputs, upstream).values())


def seconds(loss, inputs, upstream, step=1e-5):
    result = {}
    for name, value in {**inputs, "u": upstream}.items():
        gradient = np.zeros(value.shape)
        for index in np.ndindex(*value.shape):
            ends = []
            for sign in (1, -1):
                moved = {key: other.copy() for key, other in {**inputs, "u": upstream}.items()}
                moved[name][index] += sign * step
                ends.append(energy(loss, {k: v for k, v in moved.items() if k != "u"}, moved["u"]))
            gradient[index] = (ends[0] - ends[1]) / (2 * step)
        result[name] = gradient
    return result


def array(value):
    return {"shape": list(value.shape), "data": [float(f"{x:.9g}") for x in value.ravel()]}


def case(name, loss, inputs, params, random):
    output = loss({key: value.astype(complex) for key, value in inputs.items()}).real
    upstream = random.normal(size=output.shape)
    return {
        "name": name, "params": params, "inputs": {key: array(value) for key, value in inputs.items()},
        "output": array(output), "upstream": array(upstream),
        "gradients": {key: array(value) for key, value in gradients(loss, inputs, upstream).items()},
        "second": {key: array(value) for key, value in seconds(loss, inputs, upstream).items()},
    }


def main():
    random = np.random.default_rng(12)
    labels, weights = [2, 0, 3, 1], [0.5, 2.0, 1.0, 0.25, 3.0]

    def normal(*shape):
        return np.round(random.normal(size=shape), 4)

    targets = np.round(random.dirichlet(np.ones(5), size=4), 4)
    cases = [
        case("crossEntropy/smoothing", cross_entropy(labels, 0.1), {"x": normal(4, 5)},
             {"labels": labels, "smoothing": 0.1}, random),
        case("crossEntropy/weights", cross_entropy(labels, 0, weights), {"x": normal(4, 5)},
             {"labels": labels, "classWeights": array(np.array(weights))}, random),
        case("crossEntropy/both", cross_entropy(labels, 0.25, weights), {"x": normal(4, 5)},
             {"labels": labels, "smoothing": 0.25, "classWeights": array(np.array(weights))}, random),
        case("crossEntropy/targets", soft_cross_entropy, {"x": normal(4, 5), "t": targets}, {}, random),
        case("huber", huber(0.75), {"a": normal(4, 6), "b": normal(4, 6)}, {"delta": 0.75}, random),
        case("cosine", cosine, {"a": normal(4, 6), "b": normal(4, 6)}, {}, random),
    ]
    with open("golden-losses.json", "w") as file:
        file.write('{"cases":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")


if __name__ == "__main__":
    main()

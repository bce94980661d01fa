"""Reference values of layers for sequences in float64: golden-sequences.json.

The formulas are those of PyTorch's MultiheadAttention (batch_first), LSTM and GRU, with weights as [in, out], and that of
the attention in Zhang et al., arXiv:1805.08318. Derivatives as in generate_losses.py.
"""

import json

import numpy as np

from generate_losses import array, case


def softmax(x):
    exponentials = np.exp(x - x.real.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def transpose(x):
    return np.swapaxes(x, -1, -2)


def multi_head(heads, mask=None):
    def layer(p):
        x, other = p["x"], p.get("other", p["x"])

        def dense(name, x):
            return x @ p[name + ".weight"] + p[name + ".bias"]

        def split(x):
            return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)

        q, k, v = split(dense("query", x)), split(dense("key", other)), split(dense("value", other))
        scores = q @ transpose(k) / np.sqrt(q.shape[-1])
        if mask is not None:
            scores = np.where(mask[..., None, :, :] if mask.ndim == 3 else mask, scores, -1e300)
        return dense("output", (softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(x.shape))

    return layer


def image_attention(p):
    x = p["x"]
    def pixels(name):
        y = x @ p[name + ".weight"][:, 0, 0, :].T
        return y.reshape(x.shape[0], -1, y.shape[-1])
    seen = softmax(pixels("query") @ transpose(pixels("key"))) @ pixels("value")
    return x + p["strength"] * (seen @ p["output.weight"][:, 0, 0, :].T).reshape(x.shape)


def recurrent(step, reversed=False):
    def layer(p):
        x = p["x"]
        memory, outputs = None, []
        for t in range(x.shape[1])[::-1 if reversed else 1]:
            memory = step(p, x[:, t], memory)
            outputs.append(memory[0])
        return np.stack(outputs[::-1] if reversed else outputs, axis=1)

    return layer


def lstm(p, x, memory):
    size = p["cell.stateWeight"].shape[0]
    h, c = memory or (np.zeros((x.shape[0], size)), np.zeros((x.shape[0], size)))
    gates = x @ p["cell.inputWeight"] + p["cell.inputBias"] + h @ p["cell.stateWeight"] + p["cell.stateBias"]
    i, f, g, o = np.split(gates, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru(p, x, memory):
    size = p["cell.stateWeight"].shape[0]
    h = memory[0] if memory else np.zeros((x.shape[0], size))
    ar, az, an = np.split(x @ p["cell.inputWeight"] + p["cell.inputBias"], 3, axis=1)
    br, bz, bn = np.split(h @ p["cell.stateWeight"] + p["cell.stateBias"], 3, axis=1)
    r, z = sigmoid(ar + br), sigmoid(az + bz)
    n = np.tanh(an + r * bn)
    return ((1 - z) * n + z * h,)


def main():
    random = np.random.default_rng(13)

    def normal(*shape):
        return np.round(random.normal(size=shape), 4)

    def attention(size, other=None):
        sizes = {"query": (size, size), "key": (other or size, size), "value": (other or size, size), "output": (size, size)}
        return {f"{n}.{k}": normal(*(s if k == "weight" else s[1:])) for n, s in sizes.items() for k in ["weight", "bias"]}

    def cell(inputs, size, gates):
        return {"cell.inputWeight": normal(inputs, gates * size), "cell.stateWeight": normal(size, gates * size),
                "cell.inputBias": normal(gates * size), "cell.stateBias": normal(gates * size)}

    causal = np.tril(np.ones((3, 3), bool))
    # The first sequence has two positions, the second one; a row of the last sees nothing but its own.
    padding = np.array([[[1, 1, 0]], [[1, 0, 0]]], bool)
    cases = [
        case("attention/self", multi_head(2), {"x": normal(2, 3, 4), **attention(4)}, {"heads": 2}, random),
        case("attention/causal", multi_head(1, causal), {"x": normal(1, 3, 2), **attention(2)},
             {"heads": 1, "isCausal": True}, random),
        case("attention/cross", multi_head(2, padding),
             {"x": normal(2, 2, 4), "other": normal(2, 3, 3), **attention(4, 3)},
             {"heads": 2, "mask": array(padding.astype(float))}, random),
        case("attention/image", image_attention,
             {"x": normal(2, 2, 2, 3), **{n + ".weight": normal(2, 1, 1, 3) for n in ["query", "key", "value"]},
              "output.weight": normal(3, 1, 1, 2), "strength": normal(1)}, {}, random),
        case("lstm", recurrent(lstm), {"x": normal(2, 3, 2), **cell(2, 3, 4)}, {}, random),
        case("lstm/reversed", recurrent(lstm, True), {"x": normal(1, 2, 1), **cell(1, 2, 4)}, {"isReversed": True}, random),
        case("gru", recurrent(gru), {"x": normal(2, 3, 2), **cell(2, 3, 3)}, {}, random),
    ]
    with open("golden-sequences.json", "w") as file:
        file.write('{"cases":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")


main()

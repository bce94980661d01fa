"""Trajectories of optimizers in float64: golden-optimizers.json.

Adagrad by the formula of torch.optim.Adagrad, Lion by algorithm 2 of Chen et al., arXiv:2302.06675.
"""

import json

import numpy as np


def adagrad(p, gradients, lr, lr_decay, eps, weight_decay, initial):
    total = np.full(p.shape, initial)
    for step, g in enumerate(gradients):
        g = g + weight_decay * p
        total = total + g * g
        p = p - lr / (1 + step * lr_decay) * g / (np.sqrt(total) + eps)
        yield p


def lion(p, gradients, lr, betas, weight_decay):
    m = np.zeros(p.shape)
    for g in gradients:
        p = p - lr * (np.sign(betas[0] * m + (1 - betas[0]) * g) + weight_decay * p)
        m = betas[1] * m + (1 - betas[1]) * g
        yield p


def main():
    random = np.random.default_rng(14)
    result = []
    for name, rule, settings in [
        ("adagrad", adagrad, {"lr": 0.1, "lr_decay": 0.0, "eps": 1e-10, "weight_decay": 0.0, "initial": 0.0}),
        ("adagrad-all", adagrad, {"lr": 0.1, "lr_decay": 0.25, "eps": 1e-3, "weight_decay": 0.1, "initial": 0.5}),
        ("lion", lion, {"lr": 0.01, "betas": [0.9, 0.99], "weight_decay": 0.0}),
        ("lion-all", lion, {"lr": 0.02, "betas": [0.7, 0.95], "weight_decay": 0.5}),
    ]:
        start = np.round(random.normal(size=6), 4)
        gradients = np.round(random.normal(size=(10, 6)), 4)
        gradients[2] = 0
        trajectory = list(rule(start, gradients, **settings))
        result.append({
            "name": name, "start": start.tolist(), "gradients": gradients.tolist(),
            "trajectory": [[float(f"{x:.9g}") for x in p] for p in trajectory], "settings": settings,
        })
    with open("golden-optimizers.json", "w") as file:
        file.write('{"optimizers":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in result) + "\n]}\n")


main()

#!/usr/bin/env python3
"""Reference numbers of the metrics on real features, computed with Python's own packages.

    pip install numpy scipy scikit-learn scikit-image && python3 generate_digits.py     # writes the files beside it

digits.npy   uint8 [1150, 64], values 0...16: features, or images of 8 x 8. The first 500 are "training" images and the next 250
             "test" images: handwritten digits of scikit-learn's load_digits (Alpaydin and Kaynak, Optical recognition of
             handwritten digits, UCI, CC BY 4.0), in a fixed random order. The last 400 are "generated": samples of a kernel
             density estimate of the training images' 15 principal components, mapped back, rounded and clipped, as in
             scikit-learn's example of that name; every tenth is a training image again.
digits.json  the numbers below.

Formulas. Frechet: scipy.linalg.sqrtm of the product of numpy.cov's. KID: numpy, as torch-fidelity, subsets given. Precision
and so on: sklearn pairwise distances and numpy sorts, as clovaai/generative-evaluation-prdc. Ranking: sklearn.metrics, score =
distance to the nearest training image, positive = generated. Images: skimage.metrics, on four by four digits side by side.
"""
import json, os
import numpy as np, scipy.linalg, sklearn, sklearn.datasets, sklearn.decomposition, sklearn.linear_model, sklearn.metrics, sklearn.neighbors
import scipy, scipy.special, scipy.stats, skimage, skimage.metrics

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(20261126)
bunch = sklearn.datasets.load_digits()
order = rng.permutation(len(bunch.data))
data, labels = bunch.data[order], bunch.target[order]
train, test, test_labels = data[:500], data[500:750], labels[500:750]
pca = sklearn.decomposition.PCA(15).fit(train)
kde = sklearn.neighbors.KernelDensity(bandwidth=3.8).fit(pca.transform(train))
generated = np.clip(np.round(pca.inverse_transform(kde.sample(400, random_state=1))), 0, 16)
generated[::10] = train[:40]
np.save(os.path.join(here, "digits.npy"), np.concatenate([train, test, generated]).astype(np.uint8))

def frechet(a, b):
    c1, c2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    d = a.mean(0) - b.mean(0)
    r1 = scipy.linalg.sqrtm(c1).real                       # of a symmetric matrix: exact also where it is singular
    root = np.sqrt(np.maximum(np.linalg.eigvalsh(r1 @ c2 @ r1), 0)).sum()
    # the nuclear norm of the centred sets' product: another way, without any root of a matrix
    x, y = (a - a.mean(0)) / np.sqrt(len(a) - 1), (b - b.mean(0)) / np.sqrt(len(b) - 1)
    other = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    assert abs(root - other) < 1e-5 * other, (root, other)
    return float(d @ d + np.trace(c1) + np.trace(c2) - 2 * other)

def kid(a, b):
    k = lambda s, t: (s @ t.T / s.shape[1] + 1) ** 3
    m, n = len(a), len(b); aa, bb = k(a, a), k(b, b)
    return float((aa.sum() - np.trace(aa)) / (m * (m - 1)) + (bb.sum() - np.trace(bb)) / (n * (n - 1)) - 2 * k(a, b).mean())

def prdc(real, fake, k):
    D = sklearn.metrics.pairwise_distances
    kth = lambda a: np.sort(D(a), 1)[:, k]
    r, f, d = kth(real), kth(fake), D(real, fake)
    return {"precision": (d < r[:, None]).any(0).mean(), "recall": (d < f[None]).any(1).mean(), "density": (d < r[:, None]).sum(0).mean() / k, "coverage": (d.min(1) < r).mean()}

def tiles(x, count): return x[:count * 16].reshape(count, 4, 4, 8, 8).transpose(0, 1, 3, 2, 4).reshape(count, 32, 32)

out = {"versions": {m.__name__: m.__version__ for m in (np, scipy, sklearn, skimage)}}
out["frechet"] = {"test": frechet(test, generated), "train": frechet(train, generated), "floor": frechet(test, train)}
subsets = [(rng.permutation(250)[:100].tolist(), rng.permutation(400)[:100].tolist()) for _ in range(6)]
values = [kid(test[a] / 16, generated[b] / 16) for a, b in subsets]
out["kid"] = {"full": kid(test / 16, generated / 16), "subsets": subsets, "values": values, "mean": float(np.mean(values)), "deviation": float(np.std(values))}
# ties of integer distances: the square roots of equal squares are equal
out["prdc"] = {str(k): {m: float(v) for m, v in prdc(test, generated, k).items()} for k in (3, 5)}
nearest = np.concatenate([sklearn.metrics.pairwise_distances(generated, train).min(1), sklearn.metrics.pairwise_distances(test, train).min(1)])
truth = np.arange(650) < 400
out["ranking"] = {"auroc": float(sklearn.metrics.roc_auc_score(truth, -nearest)), "averagePrecision": float(sklearn.metrics.average_precision_score(truth, -nearest)), "nearest": [float(v) for v in nearest[[0, 1, 399, 400, 649]]]}
judge = sklearn.linear_model.LogisticRegression(max_iter=5000).fit(train / 16, labels[:500])
logits = np.round(judge.decision_function(test / 16), 3)
p = scipy.special.softmax(logits, axis=1)
predicted = logits.argmax(1)
out["classifier"] = {"logits": logits.ravel().tolist(), "labels": test_labels.tolist(), "score": float(np.exp(np.mean([scipy.special.rel_entr(row, p.mean(0)).sum() for row in p]))), "accuracy": float(sklearn.metrics.accuracy_score(test_labels, predicted)), "confusion": sklearn.metrics.confusion_matrix(test_labels, predicted, labels=range(10)).tolist()}
counts, expected = np.bincount(predicted, minlength=10), np.bincount(labels[:500], minlength=10)
out["histogram"] = {"expected": expected.tolist(), "divergence": float(scipy.stats.entropy(counts, expected))}
a, b = tiles(test, 6) / 16, tiles(train, 6) / 16
b = (3 * a + b) / 4                                         # sixty-fourths: exact in single precision
out["images"] = {"psnr": [float(skimage.metrics.peak_signal_noise_ratio(x, y, data_range=1)) for x, y in zip(a, b)], "ssim": [float(skimage.metrics.structural_similarity(x, y, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)) for x, y in zip(a, b)]}
full = sklearn.decomposition.PCA(svd_solver="full").fit(train)
sign = lambda v: v * np.sign(v[np.abs(v).argmax()])
out["pca"] = {"variances": full.explained_variance_[:3].tolist(), "shares": full.explained_variance_ratio_[:3].tolist(), "components": [sign(v).tolist() for v in full.components_[:2]]}
out["singularValues"] = np.linalg.svd(train[:20], compute_uv=False)[:5].tolist()
out["activeUnits"] = {"variances": np.var(train, axis=0).tolist(), "count": int((np.var(train, axis=0) > 0.01).sum())}
json.dump(out, open(os.path.join(here, "digits.json"), "w"), separators=(",", ":"))
print({k: (v if k not in ("kid", "classifier", "pca", "activeUnits") else "...") for k, v in out.items()})

/// Options that go together.
let presets: KeyValuePairs<String, [String: String]> = [
  "conditional": ["conditional": "", "latent-size": "4"],
  "burda": burda,
  "iwae": burda.merging(["importance-samples": "50"]) { $1 },
  "iwae2": burda.merging(["importance-samples": "50", "stochastic-layers": "2", "latent-size": "100"]) { $1 },
  "quadrants": ["quadrants": "1", "binarize": "dynamic"],
  "iaf": [
    "hidden-size": "256", "hidden-layers": "2", "latent-size": "64", "posterior": "iaf", "binarize": "dynamic",
  ],
  "ladder": [
    "hidden-size": "512", "hidden-layers": "2", "latent-size": "64", "stochastic-layers": "5", "ladder": "",
    "beta-warmup": "20000", "free-bits": "0.5", "binarize": "dynamic", "schedule": "cosine",
  ],
  "residual-iaf": [
    "network": "residual", "latent-size": "32", "posterior": "iaf", "free-bits": "0.125", "beta-warmup": "2000",
    "initialization": "he", "binarize": "dynamic", "schedule": "cosine",
  ],
]

/// The network of Burda et al., arXiv:1509.00519, section 5.
private let burda = [
  "hidden-size": "200", "hidden-layers": "2", "activation": "tanh", "latent-size": "50", "binarize": "dynamic",
]

import Latent
import LatentExampleSupport

/// Options of the distribution of pixels.
struct LikelihoodOptions {
  enum Likelihood: String, CaseIterable {
    case bernoulli
    case gaussian
    case learnedGaussian = "learned-gaussian"
    case categorical
    case discretizedLogistic = "discretized-logistic"

    init(_ likelihood: VAE.Likelihood) {
      switch likelihood {
      case .bernoulli: self = .bernoulli
      case .gaussian: self = .gaussian
      case .learnedGaussian: self = .learnedGaussian
      case .categorical: self = .categorical
      case .discretizedLogistic: self = .discretizedLogistic
      }
    }
  }

  private let likelihood: Option<Likelihood>
  private let deviation: Option<Float>
  private let levels: Option<Int?>
  private let binarization: Option<Binarization>

  init(_ options: inout Options, _ usual: VAE.Configuration) {
    likelihood = options.choice(
      "likelihood", default: .bernoulli, placeholder: "NAME", help: "distribution of a pixel")
    deviation = options.number(
      "deviation", default: 0.1 as Float, range: above(0, upTo: 1000), placeholder: "X",
      help: "standard deviation of a pixel, with --likelihood gaussian")
    levels = options.integer(
      "levels", range: 2...256, placeholder: "N",
      help: "levels of grey, with --likelihood categorical, 16 if not given, or discretized-logistic, 256")
    binarization = options.choice(
      "binarize", default: usual.binarization, placeholder: "NAME",
      help: "whether grey pixels are drawn as black or white, once or anew at each use")
  }

  func apply(_ arguments: Arguments, to configuration: inout VAE.Configuration) throws {
    configuration.likelihood = try chosen(arguments, before: configuration.likelihood)
    try arguments.check(
      binarization, hasMeaning: configuration.likelihood == .bernoulli, "with --likelihood bernoulli")
    arguments.set(&configuration.binarization, to: binarization)
    if configuration.likelihood != .bernoulli { configuration.binarization = .none }
  }

  /// The likelihood that the options ask for; what they leave open is as `before`.
  private func chosen(_ arguments: Arguments, before: VAE.Likelihood) throws -> VAE.Likelihood {
    var kind = Likelihood(before)
    arguments.set(&kind, to: likelihood)
    try arguments.check(deviation, hasMeaning: kind == .gaussian, "with --likelihood gaussian")
    try arguments.check(
      levels, hasMeaning: kind == .categorical || kind == .discretizedLogistic,
      "with --likelihood categorical or discretized-logistic")
    let isAsBefore = kind == Likelihood(before)
    switch kind {
    case .bernoulli: return .bernoulli
    case .learnedGaussian: return .learnedGaussian
    case .gaussian:
      return isAsBefore && !arguments.contains(deviation)
        ? before : .gaussian(standardDeviation: arguments[deviation])
    case .categorical:
      return isAsBefore && !arguments.contains(levels) ? before : .categorical(levels: arguments[levels] ?? 16)
    case .discretizedLogistic:
      return isAsBefore && !arguments.contains(levels) ? before : .discretizedLogistic(levels: arguments[levels] ?? 256)
    }
  }
}

extension LikelihoodOptions {
  /// What these options say of a model of missing quadrants.
  func apply(_ arguments: Arguments, to configuration: inout QuadrantVAE.Configuration) throws {
    try arguments.check(likelihood, hasMeaning: false, "without --quadrants")
    try arguments.check(deviation, hasMeaning: false, "without --quadrants")
    try arguments.check(levels, hasMeaning: false, "without --quadrants")
    arguments.set(&configuration.binarization, to: binarization)
  }
}

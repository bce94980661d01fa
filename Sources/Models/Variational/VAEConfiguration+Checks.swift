import Datasets
import Training

extension VAE.Configuration {
  /// Checks that a model can be built.
  /// - Parameter kind: of the model, which errors begin with.
  /// - Throws: ``ConfigurationError`` naming the value that is wrong.
  func validate(as kind: String = VAE.kind) throws {
    let sizes = [
      ("height", height), ("width", width), ("latentSize", latentSize), ("hiddenSize", hiddenSize),
      ("convolutionFeatures", convolutionFeatures), ("flowHiddenSize", flowHiddenSize),
      ("importanceSamples", importanceSamples), ("boundCount", boundCount),
    ]
    for (name, value) in sizes where value < 1 || value > 1 << 20 {
      throw ConfigurationError("\(kind): \(name) is \(value), expected 1 to \(1 << 20)")
    }
    for (name, value, most) in [("channels", channels, 4096), ("hiddenLayerCount", hiddenLayerCount, 1024)]
    where !(1...most).contains(value) {
      throw ConfigurationError("\(kind): \(name) is \(value), expected 1 to \(most)")
    }
    if let classCount, !(2...65536).contains(classCount) {
      throw ConfigurationError("\(kind): classCount is \(classCount), expected 2 to 65536")
    }
    guard height * width <= 1 << 24, height * width * channels <= 1 << 26 else {
      throw ConfigurationError(
        "\(kind): an image of \(height)×\(width)" + (channels == 1 ? "" : " and \(channels) channels") + " is too large"
      )
    }
    guard architecture == .dense || height % 4 == 0 && width % 4 == 0 else {
      throw ConfigurationError(
        "\(kind): an image of \(height)×\(width); convolutions halve it twice, so height and width must be multiples of 4: "
          + "pad or scale the images"
      )
    }
    try checkLikelihood(kind)
    try checkPosterior(kind)
    try checkObjective(kind)
  }

  private static let leastDeviation: Float = 1e-5

  private func checkLikelihood(_ kind: String) throws {
    // The precision of a smaller one would leave no digits for anything else.
    if case .gaussian(let deviation) = likelihood, !(deviation >= Self.leastDeviation && deviation.isFinite) {
      throw ConfigurationError(
        "\(kind): the likelihood's standard deviation is \(deviation), expected \(Self.leastDeviation) or more")
    }
    guard binarization == .none || likelihood == .bernoulli else {
      throw ConfigurationError("\(kind): binarization is \(binarization), which takes the Bernoulli likelihood")
    }
    switch likelihood {
    case .categorical(let levels) where !(2...256).contains(levels),
      .discretizedLogistic(let levels) where !(2...65536).contains(levels):
      let most = if case .categorical = likelihood { 256 } else { 65536 }
      throw ConfigurationError("\(kind): the likelihood has \(levels) levels, expected 2 to \(most)")
    default: break
    }
  }

  private func checkPosterior(_ kind: String) throws {
    let counts = [
      ("residualBlocks", residualBlocks, 0...64), ("flowSteps", flowSteps, 1...256),
      ("stochasticLayers", stochasticLayers, 1...8),
    ]
    for (name, value, range) in counts where !range.contains(value) {
      throw ConfigurationError(
        "\(kind): \(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    // A flow has a mask for each of its layers, and a degree for each unit.
    let flowWeights = flowHiddenSize * (flowHiddenSize + 3 * latentSize)
    guard posterior != .iaf || flowSteps * flowWeights <= 1 << 30 else {
      throw ConfigurationError(
        "\(kind): \(flowSteps) flow steps of \(latentSize) latents and \(flowHiddenSize) units have "
          + "\(flowSteps * flowWeights) weights, expected at most \(1 << 30)")
    }
    guard posterior == .gaussian || stochasticLayers == 1 else {
      throw ConfigurationError(
        "\(kind): posterior is \(posterior), which takes one stochastic layer, not \(stochasticLayers)")
    }
    guard !isLadder || stochasticLayers > 1 else {
      throw ConfigurationError("\(kind): a ladder takes two stochastic layers or more")
    }
  }

  /// Of one image, in a step: 64 MB for each image of a batch, and for each layer that is as wide.
  private static let mostDecodedScalars = 1 << 24

  private func checkObjective(_ kind: String) throws {
    guard beta >= 0, beta.isFinite else { throw ConfigurationError("\(kind): beta is \(beta), expected 0 or more") }
    guard betaWarmup >= 0 else {
      throw ConfigurationError("\(kind): betaWarmup is \(betaWarmup), expected 0 or more steps")
    }
    guard freeBits >= 0, freeBits.isFinite else {
      throw ConfigurationError("\(kind): freeBits is \(freeBits), expected 0 or more")
    }
    guard importanceSamples * boundCount <= 1 << 20 else {
      throw ConfigurationError(
        "\(kind): \(boundCount) bounds of \(importanceSamples) importance samples, expected at most \(1 << 20) in all")
    }
    let draws = importanceSamples * boundCount
    let scalars = height * width * channels * likelihood.observation.parametersPerScalar
    // Of others than the weighted one, latents are decoded some at a time.
    guard importanceGradient != .weighted || draws == 1 || draws * scalars <= Self.mostDecodedScalars else {
      throw ConfigurationError(
        "\(kind): \(draws) latents for each image of \(scalars) decoded numbers are \(draws * scalars), expected at most "
          + "\(Self.mostDecodedScalars), or another importance gradient")
    }
    guard importanceGradient == .weighted || boundCount == 1 && importanceSamples > 1 else {
      throw ConfigurationError(
        "\(kind): importanceGradient is \(importanceGradient.rawValue), which takes one bound of two or more latents, not "
          + "\(boundCount) of \(importanceSamples)")
    }
    guard importanceGradient != .doublyReparameterized || posterior == .gaussian && !isLadder else {
      throw ConfigurationError(
        "\(kind): importanceGradient is \(importanceGradient.rawValue), which takes a posterior whose density is known "
          + "everywhere, not \(isLadder ? "a ladder" : "\(posterior)")")
    }
    guard freeBits == 0 || importanceSamples * boundCount == 1 else {
      throw ConfigurationError(
        "\(kind): freeBits is \(freeBits), which takes one latent for each image, not \(importanceSamples * boundCount)"
      )
    }
  }
}

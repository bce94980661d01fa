import Latent
import LatentExampleSupport

/// Options of what is minimized.
struct ObjectiveOptions {
  private let beta: Option<Float>
  private let betaWarmup: Option<Int>
  private let freeBits: Option<Float>
  private let importanceSamples: Option<Int>
  private let importanceBounds: Option<Int>
  private let importanceGradient: Option<ImportanceGradient>

  init(_ options: inout Options, _ usual: VAE.Configuration) {
    beta = options.number(
      "beta", default: usual.beta, range: 0..., placeholder: "X", help: "weight of the KL divergence in the loss")
    betaWarmup = options.integer(
      "beta-warmup", default: usual.betaWarmup, range: 0..., placeholder: "N",
      help: "steps over which that weight grows from 0")
    freeBits = options.number(
      "free-bits", default: usual.freeBits, range: 0...10_000, placeholder: "X",
      help: "nats that each latent variable, or each layer of several, may carry at no cost")
    importanceSamples = options.integer(
      "importance-samples", default: usual.importanceSamples, range: 1...65536, placeholder: "K",
      help: "latents for each image in an importance-weighted bound")
    importanceBounds = options.integer(
      "importance-bounds", default: usual.boundCount, range: 1...65536, placeholder: "M",
      help: "such bounds that the loss is the mean of")
    importanceGradient = options.choice(
      "importance-gradient", default: usual.importanceGradient, placeholder: "NAME",
      help: """
        which latents of a bound are differentiated: all by their weights, or one drawn by its weight, which is noisier and \
        quicker; doubly-reparameterized is that with less noise in what the posterior learns, which takes --posterior gaussian and no \
        --ladder
        """)
  }

  func apply(_ arguments: Arguments, to configuration: inout VAE.Configuration) throws {
    arguments.set(&configuration.beta, to: beta)
    arguments.set(&configuration.betaWarmup, to: betaWarmup)
    arguments.set(&configuration.importanceSamples, to: importanceSamples)
    arguments.set(&configuration.boundCount, to: importanceBounds)
    // What the model to begin with had, and has no meaning with other options, is not kept.
    let hasWeights = configuration.importanceSamples > 1
    try arguments.check(importanceGradient, hasMeaning: hasWeights, "with --importance-samples above 1")
    arguments.set(&configuration.importanceGradient, to: importanceGradient)
    if !hasWeights || configuration.boundCount > 1 && !arguments.contains(importanceGradient) {
      configuration.importanceGradient = .weighted
    }
    let isDensityKnown = configuration.posterior == .gaussian && !configuration.isLadder
    if configuration.importanceGradient == .doublyReparameterized, !isDensityKnown,
      !arguments.contains(importanceGradient)
    {
      configuration.importanceGradient = .drawn
    }
    let hasOneLatent = configuration.importanceSamples * configuration.boundCount == 1
    try arguments.check(freeBits, hasMeaning: hasOneLatent, "with one latent for each image")
    arguments.set(&configuration.freeBits, to: freeBits)
    if !hasOneLatent { configuration.freeBits = 0 }
  }
}

extension ObjectiveOptions {
  /// What these options say of a model of missing quadrants.
  func apply(_ arguments: Arguments, to configuration: inout QuadrantVAE.Configuration) throws {
    try arguments.check(freeBits, hasMeaning: false, "without --quadrants")
    try arguments.check(importanceBounds, hasMeaning: false, "without --quadrants")
    try arguments.check(importanceGradient, hasMeaning: false, "without --quadrants")
    arguments.set(&configuration.beta, to: beta)
    arguments.set(&configuration.betaWarmup, to: betaWarmup)
    arguments.set(&configuration.importanceSamples, to: importanceSamples)
  }
}

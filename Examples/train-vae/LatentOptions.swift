import Latent
import LatentExampleSupport

/// Options of the latent variables and their posterior.
struct LatentOptions {
  private let latentSize: Option<Int?>
  private let posterior: Option<VAE.Posterior>
  private let flowSteps: Option<Int>
  private let flowSize: Option<Int>
  private let stochasticLayers: Option<Int>
  private let isLadder: Option<Bool>

  init(_ options: inout Options, _ usual: VAE.Configuration) {
    latentSize = options.integer(
      "latent-size", range: 1...4096, placeholder: "N",
      help: """
        latent variables, of several layers those of the first; 20 if not given, 32 with convolutions, 50 with --network \
        burda, 6 for the built-in digits, which differ in fewer ways
        """)
    posterior = options.choice(
      "posterior", default: usual.posterior, placeholder: "NAME",
      help: "normal distributions, or these after steps of an inverse autoregressive or of a planar flow")
    flowSteps = options.integer(
      "flow-steps", default: usual.flowSteps, range: 1...256, placeholder: "N",
      help: "steps of the flow, with --posterior iaf or planar")
    flowSize = options.integer(
      "flow-size", default: usual.flowHiddenSize, range: 1...65536, placeholder: "N",
      help: "units of a step's two hidden layers, with --posterior iaf")
    stochasticLayers = options.integer(
      "stochastic-layers", default: usual.stochasticLayers, range: 1...8, placeholder: "N",
      help: "layers of latent variables, each of half as many as the one below it")
    isLadder = options.flag(
      "ladder", help: "the posterior of several layers comes down with the prior, as in a ladder VAE")
  }

  func apply(_ arguments: Arguments, to configuration: inout VAE.Configuration) throws {
    arguments.set(&configuration.latentSize, to: latentSize)
    arguments.set(&configuration.stochasticLayers, to: stochasticLayers)
    let hasLayers = configuration.stochasticLayers > 1
    try arguments.check(isLadder, hasMeaning: hasLayers, "with --stochastic-layers 2 or more")
    if arguments[isLadder] { configuration.isLadder = true }
    arguments.set(&configuration.posterior, to: posterior)
    // What the model to begin with had, and has no meaning with so many layers, is not kept.
    if !hasLayers { configuration.isLadder = false }
    if hasLayers && !arguments.contains(posterior) { configuration.posterior = .gaussian }
    let chosen = configuration.posterior
    try arguments.check(
      posterior, hasMeaning: chosen == .gaussian || !hasLayers, "with one layer of latents, if it is not gaussian")
    try arguments.check(flowSteps, hasMeaning: chosen != .gaussian, "with --posterior iaf or planar")
    try arguments.check(flowSize, hasMeaning: chosen == .iaf, "with --posterior iaf")
    arguments.set(&configuration.flowSteps, to: flowSteps)
    arguments.set(&configuration.flowHiddenSize, to: flowSize)
  }
}

extension LatentOptions {
  /// What these options say of a model of missing quadrants.
  func apply(_ arguments: Arguments, to configuration: inout QuadrantVAE.Configuration) throws {
    try arguments.check(posterior, hasMeaning: false, "without --quadrants")
    try arguments.check(flowSteps, hasMeaning: false, "without --quadrants")
    try arguments.check(flowSize, hasMeaning: false, "without --quadrants")
    try arguments.check(stochasticLayers, hasMeaning: false, "without --quadrants")
    try arguments.check(isLadder, hasMeaning: false, "without --quadrants")
    arguments.set(&configuration.latentSize, to: latentSize)
  }
}

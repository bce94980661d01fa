import Latent
import LatentExampleSupport

/// Options of the encoder's and the decoder's layers.
struct NetworkOptions {
  enum Network: String, CaseIterable {
    case dense
    case conv
    case residual
    case burda

    var architecture: VAE.Architecture {
      switch self {
      case .dense, .burda: .dense
      case .conv: .convolutional
      case .residual: .residual
      }
    }

    init(_ architecture: VAE.Architecture) {
      switch architecture {
      case .dense: self = .dense
      case .convolutional: self = .conv
      case .residual: self = .residual
      }
    }
  }

  private let network: Option<Network>
  private let isConvolutional: Option<Bool>
  private let hiddenSize: Option<Int>
  private let hiddenLayers: Option<Int>
  private let activation: Option<VAE.Activation>
  private let features: Option<Int>
  private let residualBlocks: Option<Int>
  private let initialization: Option<VAE.Initialization>

  init(_ options: inout Options, _ usual: VAE.Configuration) {
    network = options.choice(
      "network", default: .dense, placeholder: "NAME",
      help: "kind of layers: dense ones, convolutions, these with residual blocks, or two dense layers of 200 with tanh"
    )
    isConvolutional = options.flag("conv", help: "the same as --network conv")
    hiddenSize = options.integer(
      "hidden-size", default: usual.hiddenSize, range: 1...65536, placeholder: "N",
      help: "units of the hidden layers, with dense ones; half as many for each further layer of latents")
    hiddenLayers = options.integer(
      "hidden-layers", default: usual.hiddenLayerCount, range: 1...64, placeholder: "N",
      help: "hidden layers on each side, with dense ones")
    activation = options.choice(
      "activation", default: usual.activation, placeholder: "NAME", help: "what follows the hidden layers")
    features = options.integer(
      "features", default: usual.convolutionFeatures, range: 1...4096, placeholder: "N",
      help: "channels of convolutions at half the image size; at a quarter there are twice as many")
    residualBlocks = options.integer(
      "residual-blocks", default: usual.residualBlocks, range: 0...64, placeholder: "N",
      help: "residual blocks at each image size, with --network residual")
    initialization = options.choice(
      "initialization", default: usual.initialization, placeholder: "NAME", help: "how the weights start")
  }

  /// The network that is asked for, or that of the checkpoint.
  func network(_ arguments: Arguments, before: VAE.Configuration?) throws -> Network {
    if arguments[isConvolutional] {
      guard !arguments.contains(network) || arguments[network] == .conv else {
        throw UsageError("--conv and --network \(arguments[network].rawValue) exclude each other")
      }
      return .conv
    }
    if !arguments.contains(network), let before { return Network(before.architecture) }
    return arguments[network]
  }

  func apply(_ network: Network, _ arguments: Arguments, to configuration: inout VAE.Configuration) throws {
    configuration.architecture = network.architecture
    if network == .burda {
      (configuration.hiddenSize, configuration.hiddenLayerCount, configuration.activation) = (200, 2, .tanh)
    }
    let hasHiddenLayers = configuration.architecture == .dense || configuration.stochasticLayers > 1
    try arguments.check(hiddenSize, hasMeaning: hasHiddenLayers, "with dense layers")
    try arguments.check(hiddenLayers, hasMeaning: hasHiddenLayers, "with dense layers")
    try arguments.check(features, hasMeaning: configuration.architecture != .dense, "with convolutions")
    try arguments.check(
      residualBlocks, hasMeaning: configuration.architecture == .residual, "with --network residual")
    arguments.set(&configuration.hiddenSize, to: hiddenSize)
    arguments.set(&configuration.hiddenLayerCount, to: hiddenLayers)
    arguments.set(&configuration.activation, to: activation)
    arguments.set(&configuration.convolutionFeatures, to: features)
    arguments.set(&configuration.residualBlocks, to: residualBlocks)
    arguments.set(&configuration.initialization, to: initialization)
  }
}

extension NetworkOptions {
  /// What these options say of a model of missing quadrants.
  func apply(_ arguments: Arguments, to configuration: inout QuadrantVAE.Configuration) throws {
    try arguments.check(network, hasMeaning: false, "without --quadrants")
    try arguments.check(isConvolutional, hasMeaning: false, "without --quadrants")
    try arguments.check(activation, hasMeaning: false, "without --quadrants")
    try arguments.check(features, hasMeaning: false, "without --quadrants")
    try arguments.check(residualBlocks, hasMeaning: false, "without --quadrants")
    try arguments.check(initialization, hasMeaning: false, "without --quadrants")
    arguments.set(&configuration.hiddenSize, to: hiddenSize)
    arguments.set(&configuration.hiddenLayerCount, to: hiddenLayers)
  }
}

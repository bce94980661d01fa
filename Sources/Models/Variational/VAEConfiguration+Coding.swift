import Datasets
import Training

extension VAE.Configuration {
  private enum CodingKeys: String, CodingKey {
    case height, width, channels, latentSize, architecture, hiddenSize, convolutionFeatures, likelihood, beta
    case initialization, classCount, hiddenLayerCount, activation, binarization
    case residualBlocks, posterior, flowSteps, flowHiddenSize, stochasticLayers, isLadder, betaWarmup, freeBits
    case importanceSamples, boundCount, importanceGradient
  }

  /// Reads a configuration; what checkpoints did not always have has its default value.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, else fallback: Value) throws -> Value {
      try values.decodeIfPresent(Value.self, forKey: key) ?? fallback
    }
    self.init(
      height: try values.decode(Int.self, forKey: .height), width: try values.decode(Int.self, forKey: .width),
      channels: try values.decode(Int.self, forKey: .channels),
      latentSize: try values.decode(Int.self, forKey: .latentSize),
      architecture: try read(.architecture, else: .dense),
      hiddenSize: try values.decode(Int.self, forKey: .hiddenSize),
      hiddenLayerCount: try read(.hiddenLayerCount, else: 1), activation: try read(.activation, else: .relu),
      convolutionFeatures: try read(.convolutionFeatures, else: 32),
      likelihood: try values.decode(VAE.Likelihood.self, forKey: .likelihood),
      beta: try values.decode(Float.self, forKey: .beta),
      initialization: try values.decode(VAE.Initialization.self, forKey: .initialization),
      classCount: try values.decodeIfPresent(Int.self, forKey: .classCount),
      binarization: try read(.binarization, else: .none))
    residualBlocks = try read(.residualBlocks, else: residualBlocks)
    posterior = try read(.posterior, else: posterior)
    flowSteps = try read(.flowSteps, else: flowSteps)
    flowHiddenSize = try read(.flowHiddenSize, else: flowHiddenSize)
    stochasticLayers = try read(.stochasticLayers, else: stochasticLayers)
    isLadder = try read(.isLadder, else: isLadder)
    betaWarmup = try read(.betaWarmup, else: betaWarmup)
    freeBits = try read(.freeBits, else: freeBits)
    importanceSamples = try read(.importanceSamples, else: importanceSamples)
    boundCount = try read(.boundCount, else: boundCount)
    importanceGradient = try read(.importanceGradient, else: importanceGradient)
  }

  /// Writes a configuration: of what checkpoints did not always have, what differs from its default value.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(height, forKey: .height)
    try values.encode(width, forKey: .width)
    try values.encode(channels, forKey: .channels)
    try values.encode(latentSize, forKey: .latentSize)
    try values.encode(architecture, forKey: .architecture)
    try values.encode(hiddenSize, forKey: .hiddenSize)
    try values.encode(convolutionFeatures, forKey: .convolutionFeatures)
    try values.encode(likelihood, forKey: .likelihood)
    try values.encode(beta, forKey: .beta)
    try values.encode(initialization, forKey: .initialization)
    try values.encodeIfPresent(classCount, forKey: .classCount)
    try values.encode(hiddenLayerCount, forKey: .hiddenLayerCount)
    try values.encode(activation, forKey: .activation)
    try values.encode(binarization, forKey: .binarization)
    let usual = Self()
    func write<Value: Encodable & Equatable>(_ path: KeyPath<Self, Value>, _ key: CodingKeys) throws {
      if self[keyPath: path] != usual[keyPath: path] { try values.encode(self[keyPath: path], forKey: key) }
    }
    try write(\.residualBlocks, .residualBlocks)
    try write(\.posterior, .posterior)
    try write(\.flowSteps, .flowSteps)
    try write(\.flowHiddenSize, .flowHiddenSize)
    try write(\.stochasticLayers, .stochasticLayers)
    try write(\.isLadder, .isLadder)
    try write(\.betaWarmup, .betaWarmup)
    try write(\.freeBits, .freeBits)
    try write(\.importanceSamples, .importanceSamples)
    try write(\.boundCount, .boundCount)
    try write(\.importanceGradient, .importanceGradient)
  }
}

import LatentSystem
import Tensor

/// A network of masked dense layers in which the outputs of an input depend on the inputs before it, and on nothing else
/// of the sample but a condition, which all outputs see.
///
/// The outputs are `[N, outputsPerInput · inputs]`: the first of each input, then the second of each, and so on.
///
/// ```swift
/// let network = AutoregressiveNetwork(.inputs(64), hiddenSizes: [256, 256], outputsPerInput: 2, conditionSize: 64)
/// let (mean, gate) = (…)  // of network(latents, condition: features, in: context).split(into: 2, axis: 1)
/// ```
///
/// Reference: Germain et al., "MADE: masked autoencoder for distribution estimation", arXiv:1502.03509.
public final class AutoregressiveNetwork: Layer {
  /// From inputs to outputs through the hidden units.
  public let layers: [Dense]
  /// From the condition to the first layer's units; nil without a condition.
  public let conditioning: Dense?
  /// From inputs straight to outputs, where hidden units do not connect all that may be; nil elsewhere.
  public let direct: Dense?
  /// From the condition straight to outputs, where it would not reach all of them; nil elsewhere.
  public let directConditioning: Dense?
  /// What follows the hidden layers.
  public let activation: Activation
  /// The degrees of the inputs.
  public let inputs: MaskDegrees
  /// How many outputs there are for each input.
  public let outputsPerInput: Int

  /// Which connections there are beside those through hidden units.
  public enum DirectConnections: Sendable {
    /// Those of an input, or of the condition, without which an output would not depend on what it may depend on.
    case whereNeeded
    /// None.
    case never
  }

  /// A network with the given degrees.
  ///
  /// - Parameters:
  ///   - inputs: the degree of each input; a permutation of 1, 2, … is an order of them.
  ///   - hidden: the degrees of the hidden units, layer by layer.
  ///   - outputsPerInput: how many outputs there are for each input.
  ///   - conditionSize: how many numbers the condition has, 0 for none.
  ///   - directConnections: those beside the ones through hidden units.
  ///   - activation: what follows the hidden layers.
  ///   - outputInitializer: of the weights of the last layer.
  public init(
    _ inputs: MaskDegrees, hidden: [MaskDegrees], outputsPerInput: Int = 1, conditionSize: Int = 0,
    directConnections: DirectConnections = .whereNeeded, activation: Activation = .relu,
    outputInitializer: Initializer = .networkWeight
  ) {
    require(
      outputsPerInput >= 1 && conditionSize >= 0,
      "AutoregressiveNetwork: \(outputsPerInput) outputs for each input and a condition of \(conditionSize) numbers")
    let outputs = inputs.repeated(outputsPerInput)
    let sources = [inputs] + hidden
    layers = zip(sources.indices, zip(sources, hidden + [outputs])).map { index, pair in
      let isLast = index == hidden.count
      return Dense(
        from: pair.0, to: pair.1, isStrict: isLast, initializer: isLast ? outputInitializer : .networkWeight)
    }
    let isDirect = directConnections == .whereNeeded
    conditioning =
      conditionSize == 0 ? nil : Dense(from: conditionSize, to: (hidden.first ?? outputs).count, hasBias: false)
    direct =
      isDirect && !Self.connectsAll(inputs, hidden)
      ? Dense(from: inputs, to: outputs, isStrict: true, hasBias: false, initializer: outputInitializer) : nil
    directConditioning =
      isDirect && conditionSize > 0 && !Self.reachesAll(inputs, hidden)
      ? Dense(from: conditionSize, to: outputs.count, hasBias: false, initializer: outputInitializer) : nil
    self.activation = activation
    self.inputs = inputs
    self.outputsPerInput = outputsPerInput
  }

  /// A network with hidden layers of the given sizes, which have every useful degree in turn: those of the inputs but for
  /// the largest, and with a condition one below the least. Of the inputs 1, 2, … these are the degrees of
  /// ``MaskDegrees/hidden(_:of:first:)``.
  /// - Precondition: at least one input; sizes are positive.
  public convenience init(
    _ inputs: MaskDegrees, hiddenSizes: [Int], outputsPerInput: Int = 1, conditionSize: Int = 0,
    activation: Activation = .relu, outputInitializer: Initializer = .networkWeight
  ) {
    self.init(
      inputs, hidden: hiddenSizes.map { inputs.hidden($0, hasBlind: conditionSize > 0) },
      outputsPerInput: outputsPerInput, conditionSize: conditionSize, activation: activation,
      outputInitializer: outputInitializer)
  }

  /// Whether each output depends on each input of a smaller degree through the hidden units: then every layer has units of
  /// every degree from which an output differs in one input.
  private static func connectsAll(_ inputs: MaskDegrees, _ hidden: [MaskDegrees]) -> Bool {
    let needed = Set(inputs.values).subtracting([inputs.values.max() ?? 0])
    return hidden.allSatisfy { needed.isSubset(of: $0.values) }
  }

  /// Whether the condition, which all units of the first hidden layer see, reaches every output: then a way through units
  /// of degrees that do not fall, as all ways are, ends below the least degree of the outputs.
  private static func reachesAll(_ inputs: MaskDegrees, _ hidden: [MaskDegrees]) -> Bool {
    var reached = Int.min
    for layer in hidden {
      guard let next = layer.values.filter({ $0 >= reached }).min() else { return false }
      reached = next
    }
    return reached < inputs.values.min() ?? 0
  }

  /// `[N, inputs]` → `[N, outputsPerInput · inputs]`, without a condition.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    self(input, condition: nil, in: context)
  }

  /// `[N, inputs]` → `[N, outputsPerInput · inputs]`.
  /// - Parameter condition: `[N, conditionSize]`, or of several draws of some samples, all in their first draw and then all
  ///   in their second, a row for each sample, `[N / draws, conditionSize]`; nil where there is none.
  public func callAsFunction(_ input: Tensor, condition: Tensor?, in context: Context) -> Tensor {
    require(
      (condition == nil) == (conditioning == nil),
      "AutoregressiveNetwork: \(condition == nil ? "no condition" : "a condition"), but the network was made with \(conditioning == nil ? "none" : "one")"
    )
    func seen(by conditioning: Dense, of condition: Tensor) -> Tensor {
      let (own, rows) = (conditioning(condition, in: context), input.shape[0])
      if own.shape[0] == rows { return own }
      require(
        own.shape[0] > 0 && rows % own.shape[0] == 0,
        "AutoregressiveNetwork: a condition of \(own.shape[0]) rows for \(rows); one is needed for each, or for each sample"
      )
      // Of several draws the product is taken once.
      return .concatenated(Array(repeating: own, count: rows / own.shape[0]))
    }
    var result = input
    for (index, layer) in layers.enumerated() {
      result = layer(result, in: context)
      if index == 0, let condition, let conditioning { result = result + seen(by: conditioning, of: condition) }
      if index < layers.count - 1 { result = activation(result, in: context) }
    }
    if let direct { result = result + direct(input, in: context) }
    if let condition, let directConditioning { result = result + seen(by: directConditioning, of: condition) }
    return result
  }
}

import LatentSystem
import Tensor

/// A trained tensor of a layer: its shape and how it starts, but not its numbers.
///
/// The numbers live in a ``State``; a layer reads them through the context of the call: `context[weight]`. Two layers
/// that hold the same parameter share its numbers.
public final class Parameter: Sendable {
  /// The shape of the tensor.
  public let shape: Tensor.Shape
  /// How the first values are drawn.
  public let initializer: Initializer
  /// How many inputs one output depends on, and how many outputs one input reaches; initializers scale by them.
  public let fan: Fan

  /// - Parameter fan: of the layer the parameter belongs to; a bias has that of its weight.
  public init(_ shape: Tensor.Shape, _ initializer: Initializer, fan: Fan = Fan(in: 1, out: 1)) {
    self.shape = shape
    self.initializer = initializer
    self.fan = fan
  }
}

/// A tensor that a layer carries along without training it: running statistics, for instance.
public final class Buffer: Sendable {
  /// The shape of the tensor.
  public let shape: Tensor.Shape
  /// How the first values are drawn.
  public let initializer: Initializer

  /// A buffer that starts as `initializer` says.
  public init(_ shape: Tensor.Shape, _ initializer: Initializer = .zeros) {
    self.shape = shape
    self.initializer = initializer
  }
}

/// The number of inputs and outputs that a weight connects.
public struct Fan: Sendable, Hashable {
  /// How many inputs one output depends on.
  public let `in`: Int
  /// How many outputs one input reaches.
  public let out: Int

  /// - Precondition: both are positive.
  public init(in fanIn: Int, out fanOut: Int) {
    require(fanIn > 0 && fanOut > 0, "Fan: \(fanIn) inputs and \(fanOut) outputs; both must be positive")
    self.in = fanIn
    out = fanOut
  }
}

/// How the first values of a parameter are drawn.
public enum Initializer: Sendable, Hashable, Codable {
  /// 0 everywhere.
  case zeros
  /// 1 everywhere.
  case ones
  /// Normal with a given mean and standard deviation.
  case normal(mean: Float = 0, standardDeviation: Float)
  /// Uniform in ±`bound`.
  case uniform(bound: Float)
  /// Uniform in ±1/√fanIn, as PyTorch draws the weights and biases of its dense and convolution layers.
  case uniformByFanIn
  /// Uniform with variance 2 / (fanIn + fanOut). Reference: Glorot and Bengio, "Understanding the difficulty of training
  /// deep feedforward neural networks", AISTATS 2010.
  case glorotUniform
  /// Normal with variance 2 / (fanIn + fanOut).
  case glorotNormal
  /// Uniform with variance 2 / fanIn, for rectifiers. Reference: He et al., "Delving deep into rectifiers",
  /// arXiv:1502.01852.
  case heUniform
  /// Normal with variance 2 / fanIn, for rectifiers.
  case heNormal

  /// A tensor of first values.
  public func callAsFunction(_ shape: Tensor.Shape, fan: Fan, using generator: inout RandomGenerator) -> Tensor {
    let (fanIn, fanOut) = (Float(fan.in), Float(fan.out))
    switch self {
    case .zeros: return .zeros(shape)
    case .ones: return .ones(shape)
    case .normal(let mean, let deviation):
      return .normal(shape, mean: mean, standardDeviation: deviation, using: &generator)
    case .uniform(let bound): return Self.uniform(shape, bound, &generator)
    case .uniformByFanIn: return Self.uniform(shape, (1 / fanIn).squareRoot(), &generator)
    case .glorotUniform: return Self.uniform(shape, (6 / (fanIn + fanOut)).squareRoot(), &generator)
    case .glorotNormal:
      return .normal(shape, standardDeviation: (2 / (fanIn + fanOut)).squareRoot(), using: &generator)
    case .heUniform: return Self.uniform(shape, (6 / fanIn).squareRoot(), &generator)
    case .heNormal: return .normal(shape, standardDeviation: (2 / fanIn).squareRoot(), using: &generator)
    }
  }

  private static func uniform(_ shape: Tensor.Shape, _ bound: Float, _ generator: inout RandomGenerator) -> Tensor {
    bound == 0 ? .zeros(shape) : .uniform(shape, in: -bound..<bound, using: &generator)
  }
}

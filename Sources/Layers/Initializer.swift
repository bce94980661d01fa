import LatentSystem
import Tensor

/// How the layers of a network start that do not name initializers of their own.
///
/// ```swift
/// let state = network.initialState(using: &generator, initialization: .he)
/// ```
public struct Initialization: Sendable, Hashable, Codable {
  /// Of weights.
  public let weight: Initializer
  /// Of biases.
  public let bias: Initializer

  /// Weights and biases by the given initializers.
  /// - Precondition: neither is ``Initializer/networkWeight`` or ``Initializer/networkBias``.
  public init(weight: Initializer, bias: Initializer) {
    for initializer in [weight, bias] {
      require(
        initializer != .networkWeight && initializer != .networkBias,
        "Initialization: \(initializer) stands for what an initialization says; it cannot be one")
    }
    self.weight = weight
    self.bias = bias
  }

  /// Weights and biases uniform in ±1/√fanIn, as PyTorch draws those of its dense and convolution layers. Outputs start
  /// small, so that a classifier starts near equal shares.
  public static let standard = Initialization(weight: .uniformByFanIn, bias: .uniformByFanIn)
  /// Weights uniform with variance 2 / (fanIn + fanOut), biases 0.
  public static let glorot = Initialization(weight: .glorotUniform, bias: .zeros)
  /// Weights uniform with variance 2 / fanIn, for rectifiers; biases 0.
  public static let he = Initialization(weight: .heUniform, bias: .zeros)

  /// `initializer`, or what it stands for.
  func resolved(_ initializer: Initializer) -> Initializer {
    switch initializer {
    case .networkWeight: weight
    case .networkBias: bias
    default: initializer
    }
  }
}

/// How the first values of a parameter are drawn.
public enum Initializer: Sendable, Hashable, Codable {
  /// What the network's ``Initialization`` says for weights: the default of layers.
  case networkWeight
  /// What the network's ``Initialization`` says for biases: the default of layers.
  case networkBias
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
  /// Uniform with variance 4 / fanIn, for what a gate `tanh(a) · sigmoid(b)` follows: near 0 it is a / 2, so that signals
  /// of any number of gates keep their size.
  case gateUniform

  /// A tensor of first values. The choices of the network are those of ``Initialization/standard``.
  public func callAsFunction(_ shape: Tensor.Shape, fan: Fan, using generator: inout RandomGenerator) -> Tensor {
    let (fanIn, fanOut) = (Float(fan.in), Float(fan.out))
    switch self {
    case .networkWeight: return Initialization.standard.weight(shape, fan: fan, using: &generator)
    case .networkBias: return Initialization.standard.bias(shape, fan: fan, using: &generator)
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
    case .gateUniform: return Self.uniform(shape, (12 / fanIn).squareRoot(), &generator)
    }
  }

  private static func uniform(_ shape: Tensor.Shape, _ bound: Float, _ generator: inout RandomGenerator) -> Tensor {
    bound == 0 ? .zeros(shape) : .uniform(shape, in: -bound..<bound, using: &generator)
  }
}

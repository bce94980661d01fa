import Tensor

/// A layer without parameters that applies one function.
public final class Activation: Layer {
  /// The function's name, for people.
  public let name: String
  private let function: @Sendable (Tensor) -> Tensor
  /// What else is known of the function.
  let role: Role

  /// What is known of an activation, so that it can be joined with the layers before it.
  enum Role {
    case function(ChannelFinish.Function)
    /// Gives samples this shape.
    case reshape(Tensor.Shape)
    case other
  }

  /// A layer that applies `function`.
  public convenience init(_ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) {
    self.init(name, .other, function)
  }

  init(_ name: String, _ role: Role, _ function: @escaping @Sendable (Tensor) -> Tensor) {
    self.name = name
    self.role = role
    self.function = function
  }

  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor { function(input) }
}

extension Layer where Self == Activation {
  /// `max(x, 0)`; see ``Tensor/relu()``.
  public static var relu: Activation { Activation("relu", .function(.relu)) { $0.relu() } }
  /// `x` or `slope · x`; see ``Tensor/leakyReLU(slope:)``.
  public static func leakyReLU(slope: Float = 0.01) -> Activation {
    Activation("leakyReLU", .function(.leakyReLU(slope: slope))) { $0.leakyReLU(slope: slope) }
  }
  /// The hyperbolic tangent.
  public static var tanh: Activation { Activation("tanh", .function(.tanh)) { $0.tanh() } }
  /// `1 / (1 + e^-x)`.
  public static var sigmoid: Activation { Activation("sigmoid", .function(.sigmoid)) { $0.sigmoid() } }
  /// `log(1 + e^x)`.
  public static var softplus: Activation { Activation("softplus") { $0.softplus() } }
  /// `x · sigmoid(x)`; see ``Tensor/silu()``.
  public static var silu: Activation { Activation("silu") { $0.silu() } }
  /// `x · Φ(x)`; see ``Tensor/gelu()``.
  public static var gelu: Activation { Activation("gelu") { $0.gelu() } }
  /// `x` or `alpha · (e^x - 1)`; see ``Tensor/elu(alpha:)``.
  public static func elu(alpha: Float = 1) -> Activation { Activation("elu") { $0.elu(alpha: alpha) } }
  /// ``Tensor/elu(alpha:)`` with the constants of self-normalizing networks; see ``Tensor/selu()``.
  public static var selu: Activation { Activation("selu") { $0.selu() } }
  /// `x · tanh(softplus(x))`; see ``Tensor/mish()``.
  public static var mish: Activation { Activation("mish") { $0.mish() } }
  /// All axes but the first joined into one.
  public static var flatten: Activation { Activation("flatten") { $0.flattened() } }
  /// The input, whose gradient comes back times `-factor`; see ``Tensor/reversingGradient(by:)``.
  public static func reversedGradient(by factor: Float = 1) -> Activation {
    Activation("reversedGradient") { $0.reversingGradient(by: factor) }
  }
}

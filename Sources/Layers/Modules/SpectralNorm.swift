import LatentSystem
import Tensor

/// Divides a weight by an estimate of its largest singular value σ, so that the layer's map of inputs to outputs (for a
/// convolution, of its matrix `[out, everything else]`) stretches no vector.
///
/// In training each call improves the estimate by power iteration, `v = Wᵀu / |Wᵀu|` and `u = Wv / |Wv|`, and then
/// σ = uᵀWv. Gradients pass through σ, with `u` and `v` as constants. In inference `u` and `v` stay as they are.
///
/// A weight of zeros has no direction to stretch: it stops the program, naming the parameter.
///
/// Reference: Miyato et al., "Spectral normalization for generative adversarial networks", arXiv:1802.05957.
public final class SpectralNorm: WeightTransforming {
  /// The left singular vector's estimate, `[out]`. Its length is 1 from the first iteration on.
  public let u: Buffer
  /// The right singular vector's estimate, `[everything else]`. Zeros until the first call in training.
  public let v: Buffer
  /// How many power iterations a call in training makes.
  public let iterations: Int
  private let shape: Tensor.Shape
  private let isOutputFirst: Bool

  /// - Parameters:
  ///   - shape: of the weight.
  ///   - outputAxis: the weight's axis of outputs, the first or the last.
  ///   - iterations: how many power iterations a call in training makes.
  /// - Precondition: the weight has two axes or more and at least one scalar, and `iterations >= 1`.
  public init(_ shape: Tensor.Shape, outputAxis: Int, iterations: Int = 1) {
    require(
      shape.rank >= 2 && shape.scalarCount > 0,
      "SpectralNorm: a weight of shape \(shape); two axes or more are needed, and none may be empty")
    require(
      outputAxis == 0 || outputAxis == shape.rank - 1,
      "SpectralNorm: output axis \(outputAxis) of a weight of shape \(shape); it must be the first or the last")
    require(iterations >= 1, "SpectralNorm: \(iterations) iterations; the least is 1")
    self.shape = shape
    self.iterations = iterations
    isOutputFirst = outputAxis == 0
    let outputs = shape[outputAxis]
    // Of length 1, but for chance. The first iteration makes it exact: it depends on the direction only.
    u = Buffer([outputs], .normal(standardDeviation: 1 / Float(outputs).squareRoot()))
    v = Buffer([shape.scalarCount / outputs])
  }

  /// The weight divided by σ, in the same shape.
  public func callAsFunction(_ weight: Tensor, in context: Context) -> Tensor {
    require(
      weight.shape == shape, "SpectralNorm: the weight has shape \(weight.shape), the module was made for \(shape)")
    let (outputs, others) = (u.shape[0], v.shape[0])
    let matrix = weight.reshaped(to: isOutputFirst ? [outputs, others] : [others, outputs])
    var left = context[u].reshaped(to: [outputs, 1])
    var right = context[v].reshaped(to: [others, 1])
    let count = iterationCount(of: right, in: context.mode)
    if count == 0 {
      // Those of a moving average are means of unit vectors, which are shorter.
      (left, right) = (left.normalizedToUnitLength(), right.normalizedToUnitLength())
    }
    for iteration in 0..<count {
      if iteration > 0 { left = image(of: right, under: matrix.detached()).normalizedToUnitLength() }
      right = matrix.detached().matmul(left, transposingSelf: isOutputFirst).normalizedToUnitLength()
    }
    let image = image(of: right, under: matrix)
    if count > 0 { left = image.detached().normalizedToUnitLength() }
    if context.mode == .training {
      context[u] = left.reshaped(to: u.shape)
      context[v] = right.reshaped(to: v.shape)
    }
    let sigma = (left * image).sum()
    require(
      !sigma.scalar.isNaN || !weight.isAllZero,
      """
      SpectralNorm: the weight \(context.nameOfTransformed ?? "of shape \(shape)") is zero everywhere, so there is no \
      direction to stretch; give it another initializer
      """)
    return weight / sigma
  }

  private func image(of right: Tensor, under matrix: Tensor) -> Tensor {
    matrix.matmul(right, transposingSelf: !isOutputFirst)
  }

  /// A network that was never trained has no `v` yet: in inference it is used with that of one iteration.
  private func iterationCount(of right: Tensor, in mode: Context.Mode) -> Int {
    switch mode {
    case .training: iterations
    case .inference: right.scalars.allSatisfy { $0 == 0 } ? 1 : 0
    }
  }
}

extension WeightTransform {
  /// Division by the largest singular value; see ``SpectralNorm``.
  /// - Parameter iterations: how many power iterations a call in training makes.
  public static func spectralNorm(iterations: Int = 1) -> WeightTransform {
    WeightTransform { SpectralNorm($0, outputAxis: $1, iterations: iterations) }
  }
}

extension Tensor {
  fileprivate var isAllZero: Bool { maximumMagnitude == 0 }

  /// This tensor divided by its Euclidean norm.
  fileprivate func normalizedToUnitLength() -> Tensor { self / norm() }
}

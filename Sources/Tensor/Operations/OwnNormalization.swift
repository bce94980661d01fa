import LatentSystem

// Normalization of samples by themselves in few passes: statistics and output together, and for the derivative the sums
// and the gradient at the input. The derivatives of the derivative are those of a composition.

/// How a normalization of each sample by itself is computed. Scale and offset have the shape that its gradients get.
protocol OwnNormalization: Sendable {
  /// The normalized values, and the mean and `1 / √(variance + epsilon)` of all that share them.
  typealias Output = (values: Tensor, mean: Tensor, inverse: Tensor)

  /// The output, of constants.
  func output(_ x: Tensor, _ scale: Tensor, _ offset: Tensor, _ epsilon: Float) -> Output

  /// The gradients at scale and offset, and `withInput` at x, as constants.
  func gradients(
    _ u: Tensor, _ x: Tensor, _ scale: Tensor, mean: Tensor, inverse: Tensor, withInput: Bool
  ) -> [Tensor]
}

extension Tensor {
  /// Normalized, scaled and shifted as `normalization` does it.
  ///
  /// - Parameters:
  ///   - offset: nil for 0, of the shape of the scale.
  ///   - composition: the same of other operations, from x, scale and offset.
  func normalized(
    _ operation: StaticString, by normalization: some OwnNormalization, scale: Tensor, offset: Tensor?,
    _ epsilon: Float, composition: @escaping @Sendable (_ x: Tensor, _ scale: Tensor, _ offset: Tensor) -> Tensor
  ) -> Tensor {
    require(epsilon >= 0, "\(operation): epsilon is \(epsilon); the least is 0")
    let offset = offset ?? .zeros(scale.shape)
    if scalarCount == 0 { return composition(self, scale, offset) }
    let (values, mean, inverse) = normalization.output(self, scale, offset, epsilon)
    return Tensor.record(
      operation, values, from: [self, scale, offset],
      saving: [.input(0), .input(1), .constant(mean), .constant(inverse)]
    ) { arguments in
      let (u, x, scale) = (arguments.cotangent, arguments.saved[0], arguments.saved[1])
      let results = normalization.gradients(
        u, x, scale, mean: arguments.saved[2], inverse: arguments.saved[3], withInput: arguments.isWanted[0])
      let gradients = Self.record(
        "a normalization's derivative", results, from: [u, x, scale], saving: [.input(0), .input(1), .input(2)]
      ) { arguments in
        Self.secondDerivatives(
          at: Array(arguments.saved), cotangents: Array(arguments.cotangents), composition)
      }
      return [arguments.isWanted[0] ? gradients[2] : nil, gradients[0], gradients[1]]
    }
  }

  /// The derivatives at u, x and scale of the gradients of `Σ u · composition(x, scale, offset)` at scale, offset and x,
  /// each multiplied with its cotangent.
  private static func secondDerivatives(
    at inputs: [Tensor], cotangents: [Tensor?], _ composition: (Tensor, Tensor, Tensor) -> Tensor
  ) -> [Tensor?] {
    valueAndGradients(at: inputs) { inputs in
      let (u, x, scale) = (inputs[0], inputs[1], inputs[2])
      let gradients = valueAndGradients(at: [scale, .zeros(scale.shape), x]) {
        (u * composition($0[2], $0[0], $0[1])).sum()
      }.gradients
      return zip(cotangents, gradients).reduce(Tensor(0)) { sum, pair in
        pair.0.map { sum + (pair.1 * $0).sum() } ?? sum
      }
    }.gradients
  }
}

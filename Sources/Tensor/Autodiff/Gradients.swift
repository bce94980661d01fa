import LatentSystem

extension Tensor {
  /// A leaf with the scalars of this tensor: what is computed from it is recorded, and gradients at it can be asked for.
  ///
  /// A tensor that is recorded already stays as it is.
  ///
  /// ```swift
  /// let w = Tensor([1, 2]).recorded()
  /// let loss = (w * w).sum()
  /// loss.gradient(at: w)   // [2, 4]
  /// ```
  public func recorded() -> Tensor {
    isRecorded ? self : Tensor(storage: storage, shape: shape, origin: Origin(node: Node(leafOf: shape)))
  }

  /// The same scalars as a constant: nothing that is computed from it reaches back to what this tensor came from.
  public func detached() -> Tensor { Tensor(storage: storage, shape: shape) }

  /// The gradient of this scalar at `input`.
  ///
  /// One recording answers any number of such questions.
  ///
  /// - Parameters:
  ///   - input: a recorded tensor this one was computed from, a leaf or any intermediate result. If this tensor does not
  ///     depend on it, the gradient is zero.
  ///   - recording: whether the gradient is recorded itself, so that gradients of it can be asked for.
  /// - Returns: a tensor of `input`'s shape.
  /// - Precondition: `scalarCount == 1`; `input` is recorded.
  public func gradient(at input: Tensor, recording: Bool = false) -> Tensor {
    gradients(at: [input], recording: recording)[0]
  }

  /// The gradients of this scalar at several tensors, from one backward pass. See ``gradient(at:recording:)``.
  public func gradients(at inputs: [Tensor], recording: Bool = false) -> [Tensor] {
    require(
      scalarCount == 1,
      "gradient: only a scalar has one; the tensor has shape \(shape). Reduce it by mean() or sum(), or use pullback(_:at:)"
    )
    return pullback(Tensor.ones(shape), at: inputs, recording: recording)
  }

  /// The vector-Jacobian products of this tensor with `cotangent` at several tensors: the gradients of
  /// `(self * cotangent).sum()`.
  ///
  /// - Parameter cotangent: a tensor of this tensor's shape. If `recording`, gradients at it can be asked for too.
  /// - Precondition: the shapes are the same; all inputs are recorded.
  public func pullback(_ cotangent: Tensor, at inputs: [Tensor], recording: Bool = false) -> [Tensor] {
    Tensor.pullback([(self, cotangent)], at: inputs, recording: recording)
  }

  /// The sum of the vector-Jacobian products of several outputs at several tensors, from one backward pass.
  public static func pullback(
    _ outputs: [(output: Tensor, cotangent: Tensor)], at inputs: [Tensor], recording: Bool = false
  ) -> [Tensor] {
    for (output, cotangent) in outputs {
      require(
        output.shape == cotangent.shape,
        "pullback: the cotangent has shape \(cotangent.shape), the output \(output.shape)")
    }
    let targets = inputs.enumerated().map { index, input in
      requireSome(
        input.origin,
        "gradient: input \(index) of shape \(input.shape) is a constant; make it a leaf with recorded() first")
    }
    let recordedOutputs = outputs.compactMap { output, cotangent in output.origin.map { ($0, cotangent) } }
    let found = BackwardWalk.gradients(of: recordedOutputs, at: targets, recording: recording)
    return zip(found, inputs).map { gradient, input in gradient ?? Tensor.zeros(input.shape) }
  }

  /// A tensor through which gradients flow on to this one, but at which they can be asked for apart from it.
  private func alias() -> Tensor {
    recordUnary("alias", Tensor(storage: storage, shape: shape)) { cotangent, _ in cotangent }
  }

  /// Whether this tensor was computed from a leaf on a way that does not lead through `arguments`.
  func dependsOnLeaves(besides arguments: [Tensor]) -> Bool {
    var visited = Set(arguments.compactMap { $0.origin.map { ObjectIdentifier($0.node) } })
    var pending = [origin?.node].compactMap { $0 }
    while let node = pending.popLast() {
      guard visited.insert(ObjectIdentifier(node)).inserted else { continue }
      if case .leaf = node.rule { return true }
      for case let input? in node.inputs { pending.append(input.node) }
    }
    return false
  }

  /// A stand-in for this tensor as the argument of a function that is to be differentiated.
  var argument: Tensor { isRecorded ? alias() : recorded() }
}

// MARK: - Of functions

extension Tensor {
  /// The value and the gradient of the scalar `function` at this tensor.
  ///
  /// ```swift
  /// let (value, gradient) = x.valueAndGradient { ($0.square() + 1).log().sum() }
  /// ```
  ///
  /// - Parameter recording: whether value and gradient are recorded, so that they can be differentiated in turn. If nil,
  ///   they are where that can matter: this tensor is recorded, or `function` uses another recorded tensor. So
  ///   `x.gradient { $0.gradient { ($0 * $0 * $0).sum() }.sum() }` is the second derivative, and a gradient penalty
  ///   reaches the weights of its critic. False saves the recording where nobody will ask.
  public func valueAndGradient(
    recording: Bool? = nil, of function: (Tensor) throws -> Tensor
  ) rethrows -> (value: Tensor, gradient: Tensor) {
    let (value, gradients) = try Tensor.valueAndGradients(at: [self], recording: recording) { try function($0[0]) }
    return (value, gradients[0])
  }

  /// The gradient of the scalar `function` at this tensor. See ``valueAndGradient(recording:of:)``.
  public func gradient(recording: Bool? = nil, of function: (Tensor) throws -> Tensor) rethrows -> Tensor {
    try valueAndGradient(recording: recording, of: function).gradient
  }

  /// The value and the gradients of the scalar `function` at several tensors.
  public static func valueAndGradients(
    at inputs: [Tensor], recording: Bool? = nil, of function: ([Tensor]) throws -> Tensor
  ) rethrows -> (value: Tensor, gradients: [Tensor]) {
    let arguments = inputs.map(\.argument)
    let value = try function(arguments)
    let recording = recording ?? (inputs.contains(where: \.isRecorded) || value.dependsOnLeaves(besides: arguments))
    let gradients = value.gradients(at: arguments, recording: recording)
    return (recording ? value : value.detached(), gradients)
  }
}

import LatentSystem

// Products with the Jacobian and the Hessian matrix of a function, and the matrices themselves. All of them are recorded
// where that can matter, as gradients of functions are (``Tensor/valueAndGradient(recording:of:)``), so they nest.

// MARK: - Products

extension Tensor {
  /// The value of `function` at several tensors, and its vector-Jacobian product: from a cotangent of the value's shape to
  /// one of each input's. The function is evaluated once, whatever the number of cotangents.
  ///
  /// ```swift
  /// let (y, pullback) = Tensor.vjp(at: [x, w]) { $0[0].matmul($0[1]) }
  /// let gradients = pullback(Tensor.ones(y.shape))
  /// ```
  public static func vjp(
    at inputs: [Tensor], of function: ([Tensor]) throws -> Tensor
  ) rethrows -> (value: Tensor, pullback: @Sendable (_ cotangent: Tensor) -> [Tensor]) {
    let arguments = inputs.map(\.argument)
    let value = try function(arguments)
    let isRecording = inputs.contains(where: \.isRecorded) || value.dependsOnLeaves(besides: arguments)
    return (
      isRecording ? value : value.detached(),
      { value.pullback($0, at: arguments, recording: isRecording || $0.isRecorded) }
    )
  }

  /// The value of `function` at this tensor, and its vector-Jacobian product. See ``vjp(at:of:)``.
  public func vjp(
    of function: (Tensor) throws -> Tensor
  ) rethrows -> (value: Tensor, pullback: @Sendable (_ cotangent: Tensor) -> Tensor) {
    let (value, pullback) = try Tensor.vjp(at: [self]) { try function($0[0]) }
    return (value, { pullback($0)[0] })
  }

  /// The value of `function` at several tensors, and its Jacobian-vector product: the derivative of the value along
  /// `tangents`, one for each input, of its shape.
  ///
  /// Computed by two backward passes: the vector-Jacobian product is linear in its cotangent, and its own vector-Jacobian
  /// product is what is asked for.
  /// - Returns: two tensors of the value's shape.
  public static func jvp(
    at inputs: [Tensor], along tangents: [Tensor], of function: ([Tensor]) throws -> Tensor
  ) rethrows -> (value: Tensor, derivative: Tensor) {
    checkTangents("jvp", inputs, tangents)
    let arguments = inputs.map(\.argument)
    let value = try function(arguments)
    let isRecording =
      (inputs + tangents).contains(where: \.isRecorded) || value.dependsOnLeaves(besides: arguments)
    let cotangent = Tensor.zeros(value.shape).recorded()
    let products = value.pullback(cotangent, at: arguments, recording: true)
    let derivative = pullback(zip(products, tangents).map { ($0, $1) }, at: [cotangent], recording: isRecording)[0]
    return (isRecording ? value : value.detached(), derivative)
  }

  /// The value of `function` at this tensor, and its derivative along `tangent`, of this tensor's shape. See
  /// ``jvp(at:along:of:)``.
  public func jvp(
    along tangent: Tensor, of function: (Tensor) throws -> Tensor
  ) rethrows -> (value: Tensor, derivative: Tensor) {
    try Tensor.jvp(at: [self], along: [tangent]) { try function($0[0]) }
  }

  /// The gradients of the scalar `function` at several tensors, and its Hessian-vector products: the derivatives of the
  /// gradients along `tangents`, one for each input, of its shape. No Hessian matrix is made.
  public static func hvp(
    at inputs: [Tensor], along tangents: [Tensor], of function: ([Tensor]) throws -> Tensor
  ) rethrows -> (gradients: [Tensor], products: [Tensor]) {
    checkTangents("hvp", inputs, tangents)
    let arguments = inputs.map(\.argument)
    let value = try function(arguments)
    let isRecording =
      (inputs + tangents).contains(where: \.isRecorded) || value.dependsOnLeaves(besides: arguments)
    let gradients = value.gradients(at: arguments, recording: true)
    let products = pullback(zip(gradients, tangents).map { ($0, $1) }, at: arguments, recording: isRecording)
    return (isRecording ? gradients : gradients.map { $0.detached() }, products)
  }

  /// The gradient of the scalar `function` at this tensor, and its Hessian-vector product with `tangent`, of this
  /// tensor's shape. See ``hvp(at:along:of:)``.
  public func hvp(
    along tangent: Tensor, of function: (Tensor) throws -> Tensor
  ) rethrows -> (gradient: Tensor, product: Tensor) {
    let (gradients, products) = try Tensor.hvp(at: [self], along: [tangent]) { try function($0[0]) }
    return (gradients[0], products[0])
  }

  private static func checkTangents(_ operation: StaticString, _ inputs: [Tensor], _ tangents: [Tensor]) {
    require(
      inputs.map(\.shape) == tangents.map(\.shape),
      "\(operation): the tangents have shapes \(tangents.map(\.shape)), the inputs \(inputs.map(\.shape))")
  }
}

// MARK: - Matrices

extension Tensor {
  /// The derivatives of every scalar of `function` at every scalar of several tensors.
  ///
  /// One evaluation, then a backward pass for each scalar of the value.
  /// - Returns: for each input, the value's axes followed by the input's.
  public static func jacobians(
    at inputs: [Tensor], of function: ([Tensor]) throws -> Tensor
  ) rethrows -> [Tensor] {
    let (value, pullback) = try vjp(at: inputs, of: function)
    let shapes = inputs.map { Shape(value.shape.sizes + $0.shape.sizes) }
    guard value.scalarCount > 0 else { return shapes.map { .zeros($0) } }
    let rows = (0..<value.scalarCount).map { place in
      pullback(Tensor.oneHot([place], classCount: value.scalarCount).reshaped(to: value.shape))
    }
    return shapes.indices.map { input in Tensor.stacked(rows.map { $0[input] }).reshaped(to: shapes[input]) }
  }

  /// The derivatives of every scalar of `function` at every scalar of this tensor: the value's axes followed by this
  /// tensor's. For a function of a vector it is the Jacobian matrix, with a row for each scalar of the value.
  ///
  /// One evaluation, then a backward pass for each scalar of the value.
  public func jacobian(of function: (Tensor) throws -> Tensor) rethrows -> Tensor {
    try Tensor.jacobians(at: [self]) { try function($0[0]) }[0]
  }

  /// The second derivatives of the scalar `function` at this tensor: this tensor's axes twice.
  ///
  /// A backward pass for each scalar of this tensor; products with the matrix need two in all, see ``hvp(along:of:)``.
  public func hessian(of function: (Tensor) throws -> Tensor) rethrows -> Tensor {
    try jacobian { try $0.gradient(recording: true, of: function) }
  }
}

import Tensor

extension Network {
  /// The value of a scalar function of the network's parameters, its gradients at them, and new buffer values.
  ///
  /// The buffer values, running statistics for instance, belong into the state: `state.merge(result.bufferUpdates)`.
  /// `update` does it all.
  ///
  /// - Parameters:
  ///   - state: the numbers.
  ///   - names: the parameters to differentiate at, all if nil.
  ///   - random: for layers that are random in training; it moves on.
  ///   - loss: computes a scalar in training mode.
  /// - Precondition: there is a parameter to differentiate at.
  public func valueAndGradients(
    at state: State, differentiating names: Set<String>? = nil, using random: inout RandomGenerator,
    of loss: (Context) throws -> Tensor
  ) rethrows -> (value: Tensor, gradients: Gradients, bufferUpdates: State) {
    let result = try valueAndGradients(at: state, differentiating: names, using: &random) { (try loss($0), ()) }
    return (result.value, result.gradients, result.bufferUpdates)
  }

  /// The same of a function that has more to give than its value: parts of a loss, an accuracy, a network's output.
  ///
  /// ```swift
  /// let result = network.valueAndGradients(at: state, using: &random) { context in
  ///   let logits = classifier(images, in: context)
  ///   return (logits.softmaxCrossEntropy(labels: labels).mean(), logits.accuracy(labels: labels))
  /// }
  /// print(result.auxiliary)   // the accuracy
  /// ```
  public func valueAndGradients<Auxiliary>(
    at state: State, differentiating names: Set<String>? = nil, using random: inout RandomGenerator,
    of loss: (Context) throws -> (Tensor, Auxiliary)
  ) rethrows -> (value: Tensor, gradients: Gradients, bufferUpdates: State, auxiliary: Auxiliary) {
    let context = Context(
      self, state, mode: .training, differentiating: names ?? parameterNames, random: random.split())
    let (value, auxiliary) = try loss(context)
    return (value.detached(), context.gradients(of: value), context.bufferUpdates, auxiliary)
  }

  /// One step of a training: the gradients of `loss`, one update of `optimizer`, and the new buffer values.
  ///
  /// ```swift
  /// for _ in 0..<steps {
  ///   let loss = network.update(&state, with: &optimizer, using: &random) { context in
  ///     classifier(images, in: context).softmaxCrossEntropy(labels: labels).mean()
  ///   }
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - state: parameters and buffers, which move on.
  ///   - optimizer: moves the parameters.
  ///   - names: the parameters to differentiate at, all if nil. Those in frozen groups need not be among them.
  ///   - random: for layers that are random in training; it moves on.
  ///   - loss: computes a scalar in training mode.
  /// - Returns: the loss before the step.
  /// - Precondition: the gradients are finite.
  @discardableResult
  public func update<Rule: Optimizer>(
    _ state: inout State, with optimizer: inout Rule, differentiating names: Set<String>? = nil,
    using random: inout RandomGenerator, of loss: (Context) throws -> Tensor
  ) rethrows -> Float {
    try update(&state, with: &optimizer, differentiating: names, using: &random) { (try loss($0), ()) }.loss
  }

  /// The same with a function that has more to give than its value.
  /// - Returns: the loss before the step and what `loss` gives beside it.
  @discardableResult
  public func update<Rule: Optimizer, Auxiliary>(
    _ state: inout State, with optimizer: inout Rule, differentiating names: Set<String>? = nil,
    using random: inout RandomGenerator, of loss: (Context) throws -> (Tensor, Auxiliary)
  ) rethrows -> (loss: Float, auxiliary: Auxiliary) {
    // The recording is gone by the time of the update, so that parameters are changed in place.
    let result = try valueAndGradients(at: state, differentiating: names, using: &random, of: loss)
    optimizer.update(&state, with: result.gradients)
    state.merge(result.bufferUpdates)
    return (result.value.scalar, result.auxiliary)
  }
}

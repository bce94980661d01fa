import Tensor

extension Network {
  /// The value of a scalar function of the network's parameters, its gradients at them, and new buffer values.
  ///
  /// - Parameters:
  ///   - state: the numbers.
  ///   - names: the parameters to differentiate at, all if nil.
  ///   - random: for layers that are random in training; it moves on.
  ///   - loss: computes a scalar in training mode.
  public func valueAndGradients(
    at state: State, _ names: Set<String>? = nil, using random: inout RandomGenerator,
    of loss: (Context) throws -> Tensor
  ) rethrows -> (value: Tensor, gradients: Gradients, bufferUpdates: State) {
    let context = Context(
      self, state, mode: .training, differentiating: names ?? parameterNames, random: random.split())
    let value = try loss(context)
    return (value.detached(), context.gradients(of: value), context.bufferUpdates)
  }
}

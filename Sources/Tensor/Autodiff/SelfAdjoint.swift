import LatentSystem

extension Tensor {
  /// The result of a linear map that is its own adjoint, as a sum over several processes is: gradients of any order pass
  /// through `map` again.
  ///
  /// - Parameter map: from numbers to numbers of the same shape. It gets and returns constants.
  package func mappedBySelfAdjoint(
    _ operation: StaticString, _ map: @escaping @Sendable (Tensor) -> Tensor
  ) -> Tensor {
    let result = map(detached())
    require(
      result.shape == shape, "\(operation): the result has shape \(result.shape); it must be the input's, \(shape)")
    return recordUnary(operation, result.detached()) { cotangent, _ in
      cotangent.mappedBySelfAdjoint(operation, map)
    }
  }
}

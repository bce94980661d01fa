import LatentSystem

extension Tensor {
  /// `value`, whose gradient passes through to this tensor as if it were this tensor: for steps, as rounding or the
  /// choice of a code are, that have no gradient themselves.
  ///
  /// - Precondition: both have the same shape.
  ///
  /// Reference: Bengio, Léonard and Courville, "Estimating or propagating gradients through stochastic neurons",
  /// arXiv:1308.3432.
  public func straightThrough(to value: Tensor) -> Tensor {
    require(
      shape == value.shape, "straightThrough: shapes \(shape) and \(value.shape); they must be equal")
    return recordUnary("straightThrough", value.detached()) { cotangent, _ in cotangent }
  }
}

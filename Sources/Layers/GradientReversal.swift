import Tensor

extension Tensor {
  /// This tensor, whose gradient comes back through it times `-factor`: what lies before it moves against what lies behind
  /// it, which moves as ever.
  ///
  /// So one loss has features that a classifier of domains cannot tell apart, and a classifier that tries to.
  ///
  /// - Parameter factor: λ; 0 lets no gradient through.
  ///
  /// Reference: Ganin et al., "Domain-adversarial training of neural networks", arXiv:1505.07818, section 4.
  public func reversingGradient(by factor: Float = 1) -> Tensor {
    (self * -factor).straightThrough(to: self)
  }
}

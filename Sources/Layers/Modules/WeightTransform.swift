import Tensor

/// A module between a layer's raw parameter and the weight that the layer computes with: ``SpectralNorm``, a mask, a
/// scale.
///
/// It may have parameters and buffers of its own. The raw parameter keeps its name whatever transforms it goes through.
public protocol WeightTransforming: Module {
  /// The weight to use in place of `weight`, in the same shape.
  ///
  /// In inference it depends on parameters and buffers only, so that it can be kept in a model that is prepared for use.
  func callAsFunction(_ weight: Tensor, in context: Context) -> Tensor
}

/// A recipe for a ``WeightTransforming`` module: a layer makes one for the shape of its weight.
///
/// ```swift
/// Conv2D(from: 64, to: 128, kernelSize: 4, stride: 2, padding: 1, transforms: [.spectralNorm()])
/// ```
///
/// A layer keeps its modules in an array called `transforms`, so their parts are called `transforms.0.u` and so on.
public struct WeightTransform: Sendable {
  private let make: @Sendable (_ shape: Tensor.Shape, _ outputAxis: Int) -> any WeightTransforming

  /// - Parameter make: makes the module for a weight of the given shape; each index along its output axis is one
  ///   output of the layer.
  public init(_ make: @escaping @Sendable (_ shape: Tensor.Shape, _ outputAxis: Int) -> any WeightTransforming) {
    self.make = make
  }

  /// A new module for a weight of shape `shape` with the outputs along `outputAxis`.
  public func module(for shape: Tensor.Shape, outputAxis: Int) -> any WeightTransforming { make(shape, outputAxis) }
}

extension Context {
  /// The numbers of a weight after `transforms`, the first to be applied first.
  public subscript(weight: Parameter, through transforms: [any WeightTransforming]) -> Tensor {
    if transforms.isEmpty { return self[weight] }
    guard let preparation, preparation.holds(weight) else { return transformed(weight, transforms) }
    return preparation.weight(weight, through: transforms) { transformed(weight, transforms) }
  }

  private func transformed(_ weight: Parameter, _ transforms: [any WeightTransforming]) -> Tensor {
    nameOfTransformed = name(of: weight)
    defer { nameOfTransformed = nil }
    return transforms.reduce(self[weight]) { $1($0, in: self) }
  }
}

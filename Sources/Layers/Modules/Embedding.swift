import LatentSystem
import Tensor

/// A table of vectors, one for each of a number of classes.
public final class Embedding: Module {
  /// `[count, size]`.
  public let weight: Parameter
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]

  /// - Parameters:
  ///   - count: the number of classes.
  ///   - size: the length of each vector.
  ///   - initializer: of the weight.
  ///   - transforms: of the weight, `[.spectralNorm()]` for instance.
  public init(
    count: Int, size: Int, initializer: Initializer = .normal(standardDeviation: 1), transforms: [WeightTransform] = []
  ) {
    require(count > 0 && size > 0, "Embedding: \(count) vectors of length \(size); both must be positive")
    let weight = Parameter([count, size], initializer, fan: Fan(in: count, out: size))
    self.weight = weight
    self.transforms = transforms.map { $0.module(for: weight.shape, outputAxis: 1) }
  }

  /// The vectors of `indices`: `[indices.count, size]`.
  /// - Precondition: every index lies in `0..<count`.
  public func callAsFunction(_ indices: [Int], in context: Context) -> Tensor {
    let count = weight.shape[0]
    if let place = indices.firstIndex(where: { $0 < 0 || $0 >= count }) {
      fatalError("Embedding: index \(indices[place]) at place \(place) lies outside of the classes 0..<\(count)")
    }
    return context[weight, through: transforms].gathered(at: indices)
  }
}

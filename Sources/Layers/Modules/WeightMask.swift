import LatentSystem
import Tensor

/// Multiplies a weight by a mask, so that what the mask forbids is 0 and gets no gradient.
///
/// The mask is structure: no checkpoint holds it. An optimizer that shrinks weights moves the forbidden ones too, which
/// changes nothing.
public final class WeightMask: WeightTransforming {
  /// The shape of the weight.
  public let shape: Tensor.Shape
  private let kept: KeptMask

  /// - Parameter mask: in the weight's shape.
  public init(_ mask: Tensor) {
    shape = mask.shape
    kept = KeptMask(mask)
  }

  /// A mask that is made when it is first used, and kept from then on: a network of any size can be built without it.
  ///
  /// - Parameters:
  ///   - shape: of the weight.
  ///   - make: makes the mask, the same each time.
  /// - Precondition: the mask that it makes has that shape.
  public init(_ shape: Tensor.Shape, making make: @escaping @Sendable () -> Tensor) {
    self.shape = shape
    kept = KeptMask(shape, make)
  }

  /// 1 where a weight is used, 0 where not, in the weight's shape.
  public var mask: Tensor { kept.mask }

  /// The weight times the mask.
  public func callAsFunction(_ weight: Tensor, in context: Context) -> Tensor {
    require(
      weight.shape == shape,
      "WeightMask: the weight\(context.nameOfTransformed.map { " \($0)" } ?? "") has shape \(weight.shape), the mask \(shape)"
    )
    return weight * mask
  }
}

extension WeightTransform {
  /// Multiplication by a mask of the weight's shape; see ``WeightMask``.
  ///
  /// - Precondition: the weight of the layer that it is given to has the mask's shape.
  public static func mask(_ mask: Tensor) -> WeightTransform {
    WeightTransform { shape, _ in
      require(shape == mask.shape, "WeightMask: the weight has shape \(shape), the mask \(mask.shape)")
      return WeightMask(mask)
    }
  }
}

/// A mask that is there, or is made when it is first asked for.
///
/// Unchecked `Sendable`: what changes is touched under a lock only. Two tasks may make the mask at the same time; it is
/// the same then.
private final class KeptMask: @unchecked Sendable {
  private let make: @Sendable () -> Tensor
  private let lock = Lock()
  private var made: Tensor?

  init(_ mask: Tensor) {
    let mask = mask.detached()
    make = { mask }
    made = mask
  }

  init(_ shape: Tensor.Shape, _ make: @escaping @Sendable () -> Tensor) {
    self.make = {
      let mask = make().detached()
      require(mask.shape == shape, "WeightMask: the weight has shape \(shape), the mask \(mask.shape)")
      return mask
    }
  }

  var mask: Tensor {
    if let known = lock.withLock({ made }) { return known }
    let new = make()
    return lock.withLock {
      if let known = made { return known }
      made = new
      return new
    }
  }
}

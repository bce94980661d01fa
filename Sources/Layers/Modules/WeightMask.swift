import LatentSystem
import Tensor

/// Multiplies a weight by a mask, so that what the mask forbids is 0 and gets no gradient.
///
/// The mask is structure: no checkpoint holds it. An optimizer that shrinks weights moves the forbidden ones too, which
/// changes nothing.
public final class WeightMask: WeightTransforming {
  /// 1 where a weight is used, 0 where not, in the weight's shape.
  public let mask: Tensor

  /// - Parameter mask: in the weight's shape.
  public init(_ mask: Tensor) { self.mask = mask.detached() }

  /// The weight times the mask.
  public func callAsFunction(_ weight: Tensor, in context: Context) -> Tensor {
    require(
      weight.shape == mask.shape,
      "WeightMask: the weight\(context.nameOfTransformed.map { " \($0)" } ?? "") has shape \(weight.shape), the mask \(mask.shape)"
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

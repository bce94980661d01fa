import LatentSystem
import Tensor

/// A kind of object that ``VoxelShapes`` draws. The number of a family, from 0 in the order of the cases, is the label of its
/// volumes.
public enum VoxelFamily: Int, Sendable, CaseIterable {
  /// A ball.
  case sphere
  /// A block of any three extents.
  case box
  /// An upright cylinder.
  case cylinder
  /// An upright cone, with its tip above.
  case cone
  /// A ring that lies flat.
  case torus
  /// Three bars at right angles through one middle.
  case cross
  /// A board on four legs.
  case table
  /// A seat on four legs, with a back.
  case chair
}

/// A solid object around the origin, of a few random proportions, turned about the upright axis.
///
/// It lies within the cube from -1 to 1, whose third axis points upwards. Only correctly rounded operations (`+ - * /` and
/// the square root) are used, so the same random numbers give the same bits on every platform.
public struct VoxelShape: Sendable, Equatable {
  /// What it is.
  public let family: VoxelFamily
  /// Of a sphere, and of a cone's base; half the length of a cross's bars.
  let radius: Double
  /// Half the extent along the first axis; the radius of a cylinder, and of the circle around which a torus lies.
  let halfWidth: Double
  /// Half the extent along the second axis.
  let halfLength: Double
  /// Half the extent upwards.
  let halfHeight: Double
  /// Half of what boards and legs are thick.
  let thickness: Double
  /// The cosine and the sine of the turn.
  let turn: SIMD2<Double>

  /// An object with proportions drawn from `generator`: a radius in 0.5…0.85, extents in 0.35…0.65 to the sides and in
  /// 0.4…0.8 upwards, boards of 0.12…0.22, a turn of any angle.
  public init(_ family: VoxelFamily, using generator: inout RandomGenerator) {
    func draw(_ range: ClosedRange<Double>) -> Double {
      range.lowerBound + (range.upperBound - range.lowerBound) * Double(generator.uniform())
    }
    self.family = family
    radius = draw(0.5...0.85)
    halfWidth = draw(0.35...0.65)
    halfLength = draw(0.35...0.65)
    halfHeight = draw(0.4...0.8)
    thickness = draw(0.12...0.22)
    turn = Self.direction { draw(-1...1) }
  }

  /// An object of the given proportions, turned by no angle.
  init(
    _ family: VoxelFamily, radius: Double = 0.6, halfWidth: Double = 0.5, halfLength: Double = 0.5,
    halfHeight: Double = 0.6, thickness: Double = 0.15
  ) {
    self.family = family
    (self.radius, self.halfWidth, self.halfLength) = (radius, halfWidth, halfLength)
    (self.halfHeight, self.thickness, turn) = (halfHeight, thickness, SIMD2(1, 0))
  }

  /// A direction in the plane, each equally likely: that of a point of the unit disc.
  private static func direction(_ draw: () -> Double) -> SIMD2<Double> {
    while true {
      let point = SIMD2(draw(), draw())
      let square = (point * point).sum()
      if square > 0.01, square <= 1 { return point / square.squareRoot() }
    }
  }

  /// How far a point is from the surface: below 0 inside. Beside edges it may be less than the distance, but never of
  /// another sign.
  public func distance(at point: SIMD3<Double>) -> Double {
    let x = point.x * turn.x + point.y * turn.y
    let y = point.y * turn.x - point.x * turn.y
    let z = point.z
    let ring = (x * x + y * y).squareRoot()
    switch family {
    case .sphere: return (x * x + y * y + z * z).squareRoot() - radius
    case .box: return box(x, y, z, halfWidth, halfLength, halfHeight)
    case .cylinder: return max(ring - halfWidth, abs(z) - halfHeight)
    case .cone:
      let height = 2 * halfHeight
      let slope = height / (height * height + radius * radius).squareRoot()
      return max((ring - radius * (halfHeight - z) / height) * slope, abs(z) - halfHeight)
    case .torus:
      let off = ring - halfWidth
      return (off * off + z * z).squareRoot() - 1.2 * thickness
    case .cross:
      let (long, thin) = (radius, thickness)
      return min(
        box(x, y, z, long, thin, thin), min(box(x, y, z, thin, long, thin), box(x, y, z, thin, thin, long)))
    case .table: return table(x, y, z)
    case .chair: return chair(x, y, z)
    }
  }

  private func box(_ x: Double, _ y: Double, _ z: Double, _ a: Double, _ b: Double, _ c: Double) -> Double {
    max(abs(x) - a, max(abs(y) - b, abs(z) - c))
  }

  /// A board on four legs.
  private func table(_ x: Double, _ y: Double, _ z: Double) -> Double {
    let top = box(x, y, z - halfHeight + 2 * thickness, halfWidth, halfLength, thickness)
    return min(top, legs(x, y, z, from: -halfHeight, to: halfHeight - 2 * thickness))
  }

  /// A seat on four legs, with a back.
  private func chair(_ x: Double, _ y: Double, _ z: Double) -> Double {
    let seat = box(x, y, z + 0.1, halfWidth, halfLength, thickness)
    let low = min(seat, legs(x, y, z, from: -0.1 - halfHeight, to: -0.1))
    return min(low, box(x + halfWidth - thickness, y, z - 0.3, thickness, halfLength, 0.4))
  }

  /// Four posts below the corners of a board, from one height to another.
  private func legs(_ x: Double, _ y: Double, _ z: Double, from bottom: Double, to top: Double) -> Double {
    let aside = max(abs(abs(x) - halfWidth + thickness), abs(abs(y) - halfLength + thickness))
    return max(aside - thickness, max(bottom - z, z - top))
  }

  /// How much of each of `side`³ voxels the object fills, about: `[side, side, side]` from the bottom to the top, from the
  /// front to the back, from the left to the right. It changes over the width of a voxel from 1 to 0.
  public func occupancies(side: Int) -> [Float] {
    require(side >= 1, "VoxelShape: a side of \(side); the least is 1")
    let half = Double(side) / 2
    let centres = (0..<side).map { (Double($0) + 0.5) / half - 1 }
    var result: [Float] = []
    result.reserveCapacity(side * side * side)
    for z in centres {
      for y in centres {
        for x in centres {
          result.append(Float(min(1, max(0, 0.5 - distance(at: SIMD3(x, y, z)) * half))))
        }
      }
    }
    return result
  }
}

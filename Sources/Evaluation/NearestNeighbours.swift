import LatentSystem
import Tensor

/// For each of some vectors the nearest ones of a set, the nearest first.
///
/// ```swift
/// let neighbours = NearestNeighbours(of: samples, in: trainingImages, count: 3)
/// neighbours.indices[0]     // of the three training images that are most like sample 0
/// ```
///
/// Distances are Euclidean and exact to double precision; of equally distant vectors the first counts as nearer.
public struct NearestNeighbours: Sendable, Hashable {
  /// For each vector the indices of its neighbours.
  public let indices: [[Int]]
  /// For each vector the distances to its neighbours.
  public let distances: [[Double]]

  /// The `count` nearest of `set` for each of `vectors`.
  ///
  /// - Parameters:
  ///   - vectors: `[N, …]`: features or whole images, of which one is as long as one of the set.
  ///   - set: `[M, …]`.
  /// - Precondition: equally many scalars each, at least one; `count` in `1...M`; all scalars finite.
  /// - Complexity: O(N · M · features), in memory for 10⁷ distances at a time.
  public init(of vectors: Tensor, in set: Tensor, count: Int = 1) {
    let (queries, base) = (flattened(vectors, "NearestNeighbours"), flattened(set, "NearestNeighbours"))
    requireFeatures(queries, base, "NearestNeighbours", atLeast: 0)
    require(
      count >= 1 && count <= base.shape[0],
      "NearestNeighbours: \(count) neighbours among \(base.shape[0]) vectors")
    require(queries.isAllFinite && base.isAllFinite, "NearestNeighbours: a vector that is not finite has no neighbours")
    let spaces = DistanceSpace.prepare([base, queries])
    let found = spaces[1].nearest(count, in: spaces[0], excludingSelf: false)
    indices = found.map { $0.map(\.index) }
    distances = found.map { $0.map { $0.square.squareRoot() } }
  }
}

/// `samples` as vectors, `[count, scalars of one]`.
func flattened(_ samples: Tensor, _ operation: String) -> Tensor {
  require(samples.rank >= 1, "\(operation): a single number, where [count, …] is needed")
  let count = samples.shape[0]
  return samples.detached().reshaped(to: [
    count, count == 0 ? samples.shape.sizes[1...].reduce(1, *) : samples.scalarCount / count,
  ])
}

/// A vector of a set, and the square of the distance to it.
struct Neighbour: Comparable {
  let square: Double
  let index: Int

  static func < (a: Neighbour, b: Neighbour) -> Bool { (a.square, a.index) < (b.square, b.index) }
}

extension DistanceSpace {
  /// For each vector the `count` nearest of `other`, the nearest first.
  ///
  /// - Parameter excludingSelf: whether `other` is the same set, and a vector is no neighbour of itself.
  func nearest(_ count: Int, in other: DistanceSpace, excludingSelf: Bool) -> [[Neighbour]] {
    var result = [[Neighbour]](repeating: [], count: self.count)
    result.withUnsafeMutableBufferPointer { result in
      forEachRow(against: other) { _, row, products in
        result[row] = nearest(count, to: row, in: other, products, without: excludingSelf ? row : nil)
      }
    }
    return result
  }

  /// The nearest of `other` for one vector: the few that may be among them by the bounds are compared exactly.
  private func nearest(
    _ count: Int, to row: Int, in other: DistanceSpace, _ products: UnsafeBufferPointer<Float>, without own: Int?
  ) -> [Neighbour] {
    // The vector's own square is left out where it is the same for all.
    var least = LeastNumbers(count)
    var limit = least.largest
    Self.forEachPlace(other.upper, products, &limit) { place, value, limit in
      guard place != own else { return }
      least.add(value)
      limit = least.largest
    }
    limit = (least.largest + (upper[row] - lower[row])).nextUp
    // Where many are equal, all are compared, but few are kept.
    var found: [Neighbour] = []
    Self.forEachPlace(other.lower, products, &limit) { place, _, _ in
      guard place != own else { return }
      let neighbour = Neighbour(square: squaredDistance(row, to: place, of: other), index: place)
      if found.count == count {
        guard neighbour < found[count - 1] else { return }
        found.removeLast()
      }
      found.insert(neighbour, at: found.firstIndex { neighbour < $0 } ?? found.count)
    }
    return found
  }

  /// Calls `body` with the places where `squares[i] - 2 products[i]` is below `limit`, and with that number. The limit
  /// may fall meanwhile.
  @inline(__always)
  private static func forEachPlace(
    _ squares: [Float], _ products: UnsafeBufferPointer<Float>, _ limit: inout Float,
    _ body: (_ place: Int, _ value: Float, _ limit: inout Float) -> Void
  ) {
    squares.withUnsafeBufferPointer { squares in
      guard let a = squares.baseAddress, let b = products.baseAddress else { return }
      var place = 0
      while place + 8 <= squares.count {
        let values =
          UnsafeRawPointer(a + place).loadUnaligned(as: SIMD8<Float>.self)
          - 2 * UnsafeRawPointer(b + place).loadUnaligned(as: SIMD8<Float>.self)
        if any(values .< limit) {
          for lane in 0..<8 where values[lane] < limit { body(place + lane, values[lane], &limit) }
        }
        place += 8
      }
      while place < squares.count {
        let value = a[place] - 2 * b[place]
        if value < limit { body(place, value, &limit) }
        place += 1
      }
    }
  }
}

/// The least of the numbers that were added.
private struct LeastNumbers {
  /// Ascending; infinity where there were fewer.
  private var numbers: [Float]

  init(_ count: Int) { numbers = [Float](repeating: .infinity, count: count) }

  var largest: Float { numbers[numbers.count - 1] }

  mutating func add(_ number: Float) {
    var position = numbers.count - 1
    guard number < numbers[position] else { return }
    while position > 0, numbers[position - 1] > number {
      numbers[position] = numbers[position - 1]
      position -= 1
    }
    numbers[position] = number
  }
}

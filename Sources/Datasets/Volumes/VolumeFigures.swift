import LatentSystem
import Tensor

/// What volumes `[N, …]` are like, and how alike two of them are, when a voxel above a threshold counts as full.
public enum VolumeFigures {
  /// The number of voxels that are full in both of two volumes divided by that of those full in one or the other, for
  /// each pair: 1 if they are the same, also where both are empty.
  ///
  /// - Parameters:
  ///   - volumes: `[N, …]`, such as reconstructions.
  ///   - others: of the same shape, such as what they should be.
  ///   - threshold: for `volumes`; `others` have a half.
  public static func intersectionsOverUnions(
    of volumes: Tensor, and others: Tensor, threshold: Float = 0.5
  ) -> [Double] {
    require(
      volumes.shape == others.shape && volumes.rank >= 1,
      "VolumeFigures: volumes of shape \(volumes.shape) and \(others.shape); both have to have one shape [N, …]")
    let size = volumes.scalarCount / max(1, volumes.shape[0])
    return volumes.withScalars { volumes in
      others.withScalars { others in
        stride(from: 0, to: volumes.count, by: max(1, size)).map { start in
          var (both, any) = (0, 0)
          for place in start..<start + size {
            let (first, second) = (volumes[place] > threshold, others[place] > 0.5)
            if first && second { both += 1 }
            if first || second { any += 1 }
          }
          return any == 0 ? 1 : Double(both) / Double(any)
        }
      }
    }
  }

  /// The threshold with the largest mean of ``intersectionsOverUnions(of:and:threshold:)``, of 0.05, 0.1, … 0.95. To be
  /// found on volumes that a model learned from, and used on others.
  public static func bestThreshold(of volumes: Tensor, and others: Tensor) -> (threshold: Float, mean: Double) {
    let candidates = (1...19).map { index in
      let threshold = Float(index) / 20
      return (threshold, Statistics.mean(intersectionsOverUnions(of: volumes, and: others, threshold: threshold)))
    }
    return candidates.max { $0.1 < $1.1 } ?? (0.5, 0)
  }

  /// The share of each volume's voxels that are full, `[N, …]` → N numbers.
  public static func filledShares(of volumes: Tensor, threshold: Float = 0.5) -> [Double] {
    let size = volumes.scalarCount / max(1, volumes.shape[0])
    return volumes.withScalars { scalars in
      stride(from: 0, to: scalars.count, by: max(1, size)).map { start in
        Double(scalars[start..<start + size].reduce(0) { $0 + ($1 > threshold ? 1 : 0) }) / Double(size)
      }
    }
  }

  /// The distance of two distributions of shares: the mean of how far those of equal rank lie apart.
  ///
  /// Of the longer list only as many count as the other has, taken evenly by rank.
  public static func distance(of shares: [Double], to others: [Double]) -> Double {
    let count = min(shares.count, others.count)
    guard count > 0 else { return 0 }
    func ranked(_ values: [Double]) -> [Double] {
      let sorted = values.sorted()
      return (0..<count).map { sorted[(2 * $0 + 1) * sorted.count / (2 * count)] }
    }
    return Statistics.mean(zip(ranked(shares), ranked(others)).map { abs($0 - $1) })
  }

  /// The share of the volumes `[N, D, H, W]` or `[N, D, H, W, 1]` that hold one object: something, of whose full voxels at
  /// least `least` hang together by their faces.
  public static func shareConnected(of volumes: Tensor, threshold: Float = 0.5, least: Double = 0.95) -> Double {
    let count = volumes.shape[0]
    let connected = (0..<count).filter { index in
      let sizes = VolumeComponents(of: volumes[index], threshold: threshold).sizes
      return sizes.first.map { Double($0) >= least * Double(sizes.reduce(0, +)) } ?? false
    }
    return Double(connected.count) / Double(max(1, count))
  }
}

/// The pieces of what is in a volume: full voxels that hang together by their faces.
public struct VolumeComponents: Sendable, Equatable {
  /// The voxels of each piece, the largest first; empty if nothing is full.
  public let sizes: [Int]

  /// The pieces of a volume `[D, H, W]` or `[D, H, W, 1]`.
  public init(of volume: Tensor, threshold: Float = 0.5) {
    require(
      volume.rank == 3 || volume.rank == 4 && volume.shape[3] == 1,
      "VolumeComponents: a volume of shape \(volume.shape); expected [D, H, W] or [D, H, W, 1]")
    let (height, width) = (volume.shape[1], volume.shape[2])
    var isOpen = volume.scalars.map { $0 > threshold }
    var (sizes, waiting) = ([Int](), [Int]())
    for start in isOpen.indices where isOpen[start] {
      isOpen[start] = false
      waiting.append(start)
      var size = 0
      while let place = waiting.popLast() {
        size += 1
        let (x, y) = (place % width, place / width % height)
        let neighbours = [
          (x > 0, place - 1), (x + 1 < width, place + 1), (y > 0, place - width), (y + 1 < height, place + width),
          (true, place - width * height), (true, place + width * height),
        ]
        for (isInside, next) in neighbours where isInside && isOpen.indices.contains(next) && isOpen[next] {
          isOpen[next] = false
          waiting.append(next)
        }
      }
      sizes.append(size)
    }
    self.sizes = sizes.sorted(by: >)
  }
}

private enum Statistics {
  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
}

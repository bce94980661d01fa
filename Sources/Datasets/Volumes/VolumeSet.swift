import LatentSystem
import Tensor

/// Volumes of one size in memory: for each voxel how much of it is filled.
///
/// ```swift
/// let volumes = try VolumeSet.load("shapes.npy")   // [N, D, H, W]
/// let trained = try Trainer(VoxelVAE(), length: .epochs(5)).train(on: volumes)
/// ```
///
/// The first axis of a volume points upwards in pictures and meshes, the second to the back, the third to the right.
public struct VolumeSet: SampleSource, Equatable {
  /// The voxels `[count, depth, height, width]` in row-major order, 0 (empty) … 255 (full).
  public let voxels: [UInt8]
  /// The number of volumes, at least 1.
  public let count: Int
  /// The size of the first axis.
  public let depth: Int
  /// The size of the second axis.
  public let height: Int
  /// The size of the third axis.
  public let width: Int
  /// How many volumes had another size in their files than they have here.
  public package(set) var resizedCount = 0

  /// The number of voxels of a volume.
  public var volumeSize: Int { depth * height * width }

  /// Volumes of the given voxels.
  ///
  /// - Parameters:
  ///   - voxels: `[N, depth, height, width]` in row-major order; N follows from the length.
  ///   - path: names the source in errors.
  /// - Throws: ``FileError`` for no volumes at all, empty ones, and voxels that are not a whole number of volumes.
  public init(voxels: [UInt8], depth: Int, height: Int, width: Int, path: String = "volumes") throws {
    guard depth > 0, height > 0, width > 0 else {
      throw FileError(path: path, expected: "volumes of at least 1×1×1 voxels", found: "\(depth)×\(height)×\(width)")
    }
    let size = [height, width].reduce(Optional(depth)) { product, factor in
      product.flatMap { product -> Int? in
        let (result, overflows) = product.multipliedReportingOverflow(by: factor)
        return overflows ? nil : result
      }
    }
    guard let size, voxels.count % size == 0 else {
      throw FileError(
        path: path, expected: "a whole number of volumes of \(depth)×\(height)×\(width) bytes",
        found: counted(voxels.count, "byte"))
    }
    guard !voxels.isEmpty else { throw FileError(path: path, expected: "at least one volume", found: "none") }
    (self.voxels, count) = (voxels, voxels.count / size)
    (self.depth, self.height, self.width) = (depth, height, width)
  }

  /// Volumes from a tensor `[N, D, H, W]` or `[N, D, H, W, 1]` with scalars in 0...1, rounded to bytes. What lies beyond by
  /// no more than 0.001, as rounding may have it, counts as 0 or 1.
  /// - Throws: ``FileError`` if there are no volumes, or other scalars, infinities and NaN among them.
  public init(_ volumes: Tensor) throws {
    require(
      volumes.rank == 4 || volumes.rank == 5 && volumes.shape[4] == 1,
      "VolumeSet: volumes of shape \(volumes.shape); expected [N, D, H, W] or [N, D, H, W, 1]")
    if let bad = volumes.scalars.first(where: { !($0 >= -0.001 && $0 <= 1.001) }) {
      throw FileError(path: "volumes", expected: "voxels in 0…1", found: "\(bad)")
    }
    try self.init(
      voxels: volumes.bytes, depth: volumes.shape[1], height: volumes.shape[2], width: volumes.shape[3])
  }

  /// The shape of one volume, `[D, H, W, 1]`.
  public var sampleShape: Tensor.Shape { [depth, height, width, 1] }

  public func fingerprint(withConditions: Bool) -> UInt32 { CRC32.checksum(voxels) }

  /// The volumes at `indices`, in that order, in 0...1.
  /// - Precondition: every index lies in `0..<count`.
  public func batch(at indices: [Int]) -> Batch {
    require(
      indices.allSatisfy { $0 >= 0 && $0 < count },
      "VolumeSet: the volumes at \(indices.prefix(8)) of \(count); each must lie in 0..<\(count)")
    return Batch(samples: Tensor(bytes: voxels, rowsAt: indices, rowShape: sampleShape), indices: indices)
  }

  /// The volumes at `indices`, in that order.
  /// - Precondition: there is at least one, and every index lies in `0..<count`.
  public func subset(_ indices: [Int]) -> VolumeSet {
    require(
      !indices.isEmpty && indices.allSatisfy { (0..<count).contains($0) },
      "VolumeSet.subset: \(indices.prefix(8)) of \(counted(count, "volume"))")
    var chosen: [UInt8] = []
    chosen.reserveCapacity(indices.count * volumeSize)
    for index in indices { chosen += voxels[index * volumeSize..<(index + 1) * volumeSize] }
    return VolumeSet(chosen, self)
  }

  /// The first `limit` volumes, or all if there are no more.
  public func prefix(_ limit: Int) -> VolumeSet {
    require(limit >= 1, "VolumeSet.prefix: a limit of \(limit); the least is 1")
    return limit >= count ? self : VolumeSet(Array(voxels.prefix(limit * volumeSize)), self)
  }

  /// These volumes in two parts, drawn at random: those to learn from, and those held out, each in the order of these.
  ///
  /// - Parameters:
  ///   - share: the part that is held out, to the nearest volume; at least one, and one remains.
  ///   - generator: draws.
  /// - Returns: nil for the volumes held out if there is only one volume.
  /// - Precondition: `0 < share < 1`.
  public func split(
    heldOut share: Double, using generator: inout RandomGenerator
  ) -> (train: VolumeSet, heldOut: VolumeSet?) {
    require(share > 0 && share < 1, "VolumeSet.split: a share of \(share); it lies between 0 and 1")
    guard count > 1 else { return (self, nil) }
    let heldOutCount = min(count - 1, max(1, Int((Double(count) * share).rounded())))
    let order = generator.permutation(count)
    return (subset(order[heldOutCount...].sorted()), subset(order[..<heldOutCount].sorted()))
  }

  /// Some of the voxels of `other`.
  private init(_ voxels: [UInt8], _ other: VolumeSet) {
    (self.voxels, count) = (voxels, voxels.count / other.volumeSize)
    (depth, height, width) = (other.depth, other.height, other.width)
    resizedCount = min(count, other.resizedCount)
  }
}

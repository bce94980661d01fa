import LatentSystem
import Tensor

/// Volumes that hold an object each, drawn by this code as they are asked for: data to try models of volumes on, with
/// nothing to download.
///
/// ```swift
/// let shapes = VoxelShapes(count: 20_000, side: 16)
/// let batch = shapes.batch(at: [0, 1, 2])   // a sphere, a box and a cylinder: [3, 16, 16, 16, 1]
/// ```
///
/// The families of ``VoxelFamily`` follow each other; the label of a volume is its family's number. Volume i depends on
/// the seed and i alone, on every platform to the last bit.
public struct VoxelShapes: SampleSource, Equatable {
  public let count: Int
  /// Voxels along each axis.
  public let side: Int
  /// Another seed gives other proportions.
  public let seed: UInt64

  /// So many volumes of `side`³ voxels.
  /// - Precondition: `count >= 1`, and the side lies in 4...256.
  public init(count: Int = 20_000, side: Int = 16, seed: UInt64 = 0) {
    require(
      count >= 1 && (4...256).contains(side),
      "VoxelShapes: \(count) volumes of \(side)³ voxels; expected 1 or more with a side in 4...256")
    (self.count, self.side, self.seed) = (count, side, seed)
  }

  public var sampleShape: Tensor.Shape { [side, side, side, 1] }
  public var conditions: ConditionSpace { .classes(VoxelFamily.allCases.count) }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    [UInt64(count), UInt64(side), seed, Self.version].withUnsafeBytes { CRC32.checksum($0) }
  }

  /// What is drawn for the same numbers: another version would draw something else.
  private static let version: UInt64 = 1

  /// The object at `index`.
  /// - Precondition: `0 <= index < count`.
  public func shape(at index: Int) -> VoxelShape {
    require((0..<count).contains(index), "VoxelShapes: volume \(index) of \(count)")
    let families = VoxelFamily.allCases
    var generator = RandomGenerator(seed: seed, stream: Self.stream).split(at: index)
    return VoxelShape(families[index % families.count], using: &generator)
  }

  public func batch(at indices: [Int]) -> Batch {
    let shapes = indices.map { shape(at: $0) }
    var voxels: [Float] = []
    voxels.reserveCapacity(indices.count * sampleShape.scalarCount)
    for shape in shapes { voxels += shape.occupancies(side: side) }
    return Batch(
      samples: Tensor(voxels, shape: Tensor.Shape([indices.count] + sampleShape.sizes)),
      condition: .labels(shapes.map(\.family.rawValue)), indices: indices)
  }

  private static let stream: UInt64 = 0x50C5
}

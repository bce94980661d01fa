import Latent
import LatentSystem

/// Volumes as the subject of a training.
public struct TrainingVolumes: TrainingSubject {
  public static let noun = "volume"
  public static let builtIn = "shapes drawn by the library"
  public static let builtInCount = 20_000
  public static let dataHelp =
    "volumes: a .npy file [N, D, H, W], or a folder of .npy files [D, H, W] or [N, D, H, W], of booleans, 0 and 1, bytes or floats in 0…1; shapes drawn by the library if not given"

  private let side: Option<Int?>

  public init(_ options: inout Options) {
    side = options.integer(
      "size", range: 8...256, placeholder: "N",
      help: "bring volumes to N×N×N voxels, a multiple of 4, or draw shapes of that size (16 if not given)")
    options.remember(side.name)
    options.sizing(insteadOf: "volumes can be brought to a size", "--size brings the volumes to another size")
  }

  public func samples(_ request: TrainingRequest) throws -> TrainingSamples {
    let side = request.arguments[side]
    if let side, side % 4 != 0 { throw UsageError("--size: expected a multiple of 4, found \(side)") }
    guard let path = request.path else {
      guard request.heldOutShare == nil else {
        throw UsageError("--hold-out: means something only with --data; others than those learned from are drawn")
      }
      return drawn(min(request.limit ?? Self.builtInCount, Self.builtInCount), side: side ?? 16)
    }
    let volumes = try VolumeSet.load(path, limit: request.limit, side: side)
    guard let share = request.heldOutShare else { return read(volumes, heldOut: nil, loadedCount: volumes.count) }
    guard volumes.count > 1 else { throw UsageError("--hold-out: expected at least 2 volumes, found 1") }
    var generator = request.heldOutGenerator
    let parts = volumes.split(heldOut: share, using: &generator)
    return read(parts.train, heldOut: parts.heldOut, loadedCount: volumes.count)
  }

  /// Volumes of files.
  private func read(_ train: VolumeSet, heldOut: VolumeSet?, loadedCount: Int) -> TrainingSamples {
    let isEmpty = !train.voxels.contains { $0 > 127 }
    return TrainingSamples(
      train: train, heldOut: heldOut, poverty: isEmpty ? "no voxel is full" : nil, loadedCount: loadedCount,
      remarks: train.resizedCount == 0 ? [] : ["\(train.resizedCount) of them brought to \(train.sampleShape)"])
  }

  /// Shapes that are drawn as they are needed, and others to look at the model with.
  private func drawn(_ count: Int, side: Int) -> TrainingSamples {
    TrainingSamples(
      train: VoxelShapes(count: count, side: side, seed: 0), heldOut: VoxelShapes(count: 1000, side: side, seed: 1),
      loadedCount: count,
      remarks: ["shapes drawn by the library: " + VoxelFamily.allCases.map { "\($0)" }.joined(separator: ", ")])
  }
}

import Latent
import LatentSystem

/// What a training program is about.
public enum TrainingSubject: Sendable {
  case images
  case volumes

  /// What one sample is called.
  var noun: String {
    switch self {
    case .images: "image"
    case .volumes: "volume"
    }
  }

  /// What is learned from where nothing else is said.
  var builtIn: String {
    switch self {
    case .images: "built-in digits"
    case .volumes: "shapes drawn by the library"
    }
  }

  /// How many samples are drawn there.
  var drawnCount: Int {
    switch self {
    case .images: 30_000
    case .volumes: 20_000
    }
  }

  /// What the help text says of `--data`.
  var dataHelp: String {
    switch self {
    case .images:
      "a folder with train-images-idx3-ubyte[.gz], CIFAR's .bin or .png or .jpg files, or an IDX, .npy or .npz file; built-in digits if not given"
    case .volumes:
      "volumes: a .npy file [N, D, H, W], or a folder of .npy files [D, H, W] or [N, D, H, W], of booleans, 0 and 1, bytes or floats in 0…1; shapes drawn by the library if not given"
    }
  }
}

/// The options that say what volumes become as they are read.
struct VolumeOptions {
  private let side: Option<Int?>

  init(_ options: inout Options) {
    side = options.integer(
      "size", range: 8...256, placeholder: "N",
      help: "bring volumes to N×N×N voxels, a multiple of 4, or draw shapes of that size (16 if not given)")
  }

  /// Voxels along each axis, if that was said.
  func side(_ arguments: Arguments) throws -> Int? {
    if let side = arguments[side], side % 4 != 0 {
      throw UsageError("--size: expected a multiple of 4, found \(side)")
    }
    return arguments[side]
  }
}

extension TrainingImages {
  /// Volumes as they were read, of which there were `loadedCount` with those that are held out.
  init(_ train: VolumeSet, heldOut: VolumeSet?, loadedCount: Int) {
    let isEmpty = !train.voxels.contains { $0 > 127 }
    let remarks = train.resizedCount == 0 ? [] : ["\(train.resizedCount) of them brought to \(train.sampleShape)"]
    self.init(
      train, heldOut: heldOut, poverty: isEmpty ? "no voxel is full" : nil, loadedCount: loadedCount,
      remarks: remarks)
  }

  private init(
    _ train: any SampleSource, heldOut: (any SampleSource)?, poverty: String?, loadedCount: Int, remarks: [String]
  ) {
    (self.train, self.heldOut, self.poverty) = (train, heldOut, poverty)
    (self.loadedCount, self.remarks) = (loadedCount, remarks)
  }

  /// Shapes that are drawn as they are needed, and others to look at the model with.
  init(drawn count: Int, side: Int) {
    self.init(
      VoxelShapes(count: count, side: side, seed: 0), heldOut: VoxelShapes(count: 1000, side: side, seed: 1),
      poverty: nil, loadedCount: count,
      remarks: ["shapes drawn by the library: " + VoxelFamily.allCases.map { "\($0)" }.joined(separator: ", ")])
  }
}

extension TrainingProgram {
  /// The volumes that the options ask for. What is held out of them is as before in a training that goes on.
  func loadVolumes(
    _ arguments: Arguments, _ options: VolumeOptions, before: TrainingSettings?
  ) throws -> TrainingImages {
    let (side, limit) = (try options.side(arguments), arguments[common.limit])
    let share = heldOutShare(arguments, before: before)
    guard let path = arguments[common.data] else {
      guard share == nil else {
        throw UsageError("--hold-out: means something only with --data; others than those learned from are drawn")
      }
      let count = common.subject.drawnCount
      return TrainingImages(drawn: min(limit ?? count, count), side: side ?? 16)
    }
    let volumes = try VolumeSet.load(path, limit: limit, side: side)
    guard let share else { return TrainingImages(volumes, heldOut: nil, loadedCount: volumes.count) }
    guard volumes.count > 1 else { throw UsageError("--hold-out: expected at least 2 volumes, found 1") }
    var generator = heldOutGenerator(arguments, before: before)
    let parts = volumes.split(heldOut: share, using: &generator)
    return TrainingImages(parts.train, heldOut: parts.heldOut, loadedCount: volumes.count)
  }
}

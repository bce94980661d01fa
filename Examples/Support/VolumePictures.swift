import Latent
import LatentSystem

/// Volumes among the samples of models: as pictures of them, and as meshes.
struct VolumePictures {
  /// How full a voxel has to be.
  var threshold: Float = 0.5

  /// Samples as images: volumes `[N, D, H, W, 1]` as grey pictures `[N, size, size, 1]`, others as they are.
  func images(_ samples: Tensor) throws -> Tensor {
    guard samples.rank == 5, samples.shape[4] == 1, samples.shape[0] > 0 else { return samples }
    let pictures = try VolumeView(size: Self.size, threshold: threshold).pictures(of: samples)
    return pictures.batch(at: Array(0..<pictures.count)).samples
  }

  /// Whether samples of a shape are volumes `[D, H, W, 1]`.
  static func areVolumes(_ shape: Tensor.Shape) -> Bool { shape.rank == 4 && shape[3] == 1 }

  /// The first `count` volumes of those at `path`, or drawn by the library if nil, of a given shape: cubes are brought to
  /// it.
  /// - Throws: ``UsageError`` if they are of another one, ``FileError`` if they cannot be read.
  static func samples(at path: String?, _ count: Int, like shape: Tensor.Shape) throws -> Tensor {
    let isCube = shape[0] == shape[1] && shape[0] == shape[2]
    guard let path else {
      guard isCube else { throw UsageError("--data: expected a path, for volumes of shape \(shape)") }
      return VoxelShapes(count: max(1, count), side: shape[0], seed: 1).batch(at: Array(0..<count)).samples
    }
    let volumes = try VolumeSet.load(path, limit: max(1, count), side: isCube ? shape[0] : nil)
    guard volumes.sampleShape == shape else {
      throw UsageError("--data: expected volumes of shape \(shape), found \(volumes.sampleShape)")
    }
    return volumes.batch(at: Array(0..<min(count, volumes.count))).samples
  }

  /// Writes the surfaces of `count` volumes as an `.obj` file, side by side in about as many rows as columns.
  ///
  /// - Parameter forEachBatch: gives the volumes batch by batch.
  /// - Throws: ``UsageError`` if the samples are no volumes, or no voxel of any is full enough; ``FileError`` if the file
  ///   cannot be written.
  func writeMeshes(_ count: Int, to path: String, _ forEachBatch: ((Tensor) throws -> Void) throws -> Void) throws {
    guard count <= Self.mostMeshes else {
      throw UsageError("--count: expected at most \(Self.mostMeshes) meshes in a file, found \(count)")
    }
    var (meshes, size, fullest) = ([SurfaceMesh](), 0, -Float.infinity)
    try forEachBatch { batch in
      guard batch.rank == 5, batch.shape[4] == 1 else {
        throw UsageError("--out: samples of shape \(batch.shape.sizes.dropFirst()) are no volumes, and have no surface")
      }
      size = batch.shape.sizes[1...3].max() ?? 0
      fullest = max(fullest, batch.scalars.max() ?? 0)
      for index in 0..<batch.shape[0] { meshes.append(SurfaceMesh(of: batch[index], threshold: threshold)) }
    }
    guard meshes.contains(where: { !$0.triangles.isEmpty }) else {
      throw UsageError(
        "--threshold: expected one that voxels pass, as there is no surface otherwise, found \(threshold); the fullest "
          + "voxel of these samples has \(fullest)")
    }
    try SurfaceMesh.writeOBJ(
      meshes, columns: SampleFile.columns(count, nil), spacing: 1.25 * Float(size), to: path)
  }

  private static let size = 96
  private static let mostMeshes = 1000
}

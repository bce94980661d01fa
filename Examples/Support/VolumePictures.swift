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

  /// Writes the surfaces of `count` volumes as an `.obj` file, side by side in about as many rows as columns.
  ///
  /// - Parameter forEachBatch: gives the volumes batch by batch.
  /// - Throws: ``UsageError`` if the samples are no volumes, ``FileError`` if the file cannot be written.
  func writeMeshes(_ count: Int, to path: String, _ forEachBatch: ((Tensor) throws -> Void) throws -> Void) throws {
    guard count <= Self.mostMeshes else {
      throw UsageError("--count: expected at most \(Self.mostMeshes) meshes in a file, found \(count)")
    }
    var (meshes, size) = ([SurfaceMesh](), 0)
    try forEachBatch { batch in
      guard batch.rank == 5, batch.shape[4] == 1 else {
        throw UsageError("--out: samples of shape \(batch.shape.sizes.dropFirst()) are no volumes, and have no surface")
      }
      size = batch.shape.sizes[1...3].max() ?? 0
      for index in 0..<batch.shape[0] { meshes.append(SurfaceMesh(of: batch[index], threshold: threshold)) }
    }
    try SurfaceMesh.writeOBJ(
      meshes, columns: SampleFile.columns(count, nil), spacing: 1.25 * Float(size), to: path)
  }

  private static let size = 96
  private static let mostMeshes = 1000
}

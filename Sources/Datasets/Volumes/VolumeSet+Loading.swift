import LatentFormats
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension VolumeSet {
  /// The volumes in a NumPy file, or in all those of a folder, in the order of their names.
  ///
  /// An array is `[N, D, H, W]`, `[N, D, H, W, 1]`, or `[D, H, W]` of a single volume. Its elements are booleans, integers
  /// 0 and 1, bytes, or floats in 0…1.
  ///
  /// - Parameters:
  ///   - path: a `.npy` file, or a folder of them; hidden files are left out.
  ///   - limit: reads the first so many volumes only.
  ///   - side: brings volumes to so many voxels along each axis, as ``resized(to:)`` does; if nil, all have to have one
  ///     size.
  ///   - maximumSize: the most voxels that may be read in all.
  /// - Throws: ``FileError`` for the first file that is damaged, of another size, or holds something else.
  /// - Precondition: limit and side are at least 1.
  public static func load(
    _ path: String, limit: Int? = nil, side: Int? = nil, maximumSize: Int = 1 << 32
  ) throws -> VolumeSet {
    require((limit ?? 1) >= 1 && (side ?? 1) >= 1, "VolumeSet.load: a limit of \(limit ?? 1), a side of \(side ?? 1)")
    let paths = AtomicFile.kind(of: path).isFolder ? try arrayPaths(in: path) : [path]
    var (voxels, sizes, resizedCount) = ([UInt8](), [Int](), 0)
    for file in paths {
      var set = try read(file)
      if let limit { set = set.prefix(max(1, limit - (sizes.isEmpty ? 0 : voxels.count / sizes.reduce(1, *)))) }
      let own = side.map { set.resized(to: $0) } ?? set
      if own.sampleShape != set.sampleShape { resizedCount += set.count }
      let found = [own.depth, own.height, own.width]
      if sizes.isEmpty { sizes = found }
      guard found == sizes else {
        throw FileError(
          path: file, expected: "volumes of \(text(sizes)) voxels as \(paths[0])",
          found: "some of \(text(found)); a size brings all to it")
      }
      guard voxels.count + own.voxels.count <= maximumSize else {
        throw FileError(
          path: path, expected: "at most \(counted(maximumSize, "voxel")) in all",
          found: "more; a limit helps, or a size")
      }
      voxels += own.voxels
      if let limit, voxels.count / own.volumeSize >= limit { break }
    }
    var result = try VolumeSet(voxels: voxels, depth: sizes[0], height: sizes[1], width: sizes[2], path: path)
    result.resizedCount = resizedCount
    return result
  }

  private static func text(_ sizes: [Int]) -> String { sizes.map(String.init).joined(separator: "×") }

  private static func arrayPaths(in folder: String) throws -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw FileError(path: folder, expected: "a folder that can be listed", found: "one that cannot")
    }
    let chosen = names.filter { $0.hasSuffix(".npy") && !$0.hasPrefix(".") }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard !chosen.isEmpty else {
      throw FileError(path: folder, expected: ".npy files of volumes in the folder", found: "none")
    }
    return chosen.map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
  }

  private static func read(_ path: String) throws -> VolumeSet {
    let array = try NumPy.read(path)
    var shape = array.shape
    if shape.count == 5, shape[4] == 1 { shape.removeLast() }
    if shape.count == 3 { shape.insert(1, at: 0) }
    guard shape.count == 4 else {
      throw FileError(path: path, expected: "volumes [N, D, H, W] or [D, H, W]", found: "the shape \(array.shape)")
    }
    return try VolumeSet(
      voxels: bytes(array.elements, path), depth: shape[1], height: shape[2], width: shape[3], path: path)
  }

  private static func bytes(_ elements: NumPyArray.Elements, _ path: String) throws -> [UInt8] {
    switch elements {
    case .bytes(let bytes):
      // 0 and 1 say what is empty and full; of 255 levels, nothing would be so faint.
      return bytes.allSatisfy { $0 <= 1 } ? bytes.map { $0 * 255 } : bytes
    case .floats(let values):
      return try values.enumerated().map { index, value in
        // Not-a-number fails too.
        guard value >= 0, value <= 1 else {
          throw FileError(
            path: path, expected: "voxels in 0…1", found: "\(value) as element \(index); x > t makes a solid of a field"
          )
        }
        return UInt8(value * 255 + 0.5)
      }
    case .integers(let values):
      let bad = values.first { !(0...255).contains($0) } ?? 0
      throw FileError(path: path, expected: "voxels in 0…255", found: "\(bad)")
    }
  }
}

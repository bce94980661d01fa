import LatentFormats
import LatentSystem
import Tensor

/// A folder of PNG files, each an image of one set.
struct ImageFolder {
  /// The paths of the `.png` files, sorted by name byte by byte: `image10.png` comes before `image9.png`.
  let paths: [String]
  /// Whether the folder holds anything of another name.
  let hasOtherEntries: Bool

  /// The folder at `path`; hidden files and folders below it are left out.
  ///
  /// - Throws: ``FileError`` if it cannot be listed.
  init(_ path: String) throws {
    guard let folder = opendir(path) else {
      throw FileError(path: path, expected: "a folder that can be listed", found: String(cString: strerror(errno)))
    }
    defer { closedir(folder) }
    let base = path.hasSuffix("/") ? path : path + "/"
    var names: [String] = []
    var hasOtherEntries = false
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      if name.lowercased().hasSuffix(".png") { names.append(name) } else { hasOtherEntries = true }
    }
    self.hasOtherEntries = hasOtherEntries
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    paths = names.map { base + $0 }
  }

  /// The images of the first `limit` files.
  ///
  /// All have the size of the first. Where some are coloured, grey ones become coloured too.
  ///
  /// - Throws: ``FileError`` for the first file that is damaged or of another size, and for more than `maximumSize` bytes
  ///   of pixels in all.
  /// - Precondition: there is at least one file, and `limit` is at least 1.
  func images(limit: Int?, maximumSize: Int) throws -> ImageSet {
    require(limit.map { $0 > 0 } ?? true, "ImageSet.load: a limit of \(limit ?? 0), expected at least 1")
    let paths = limit.map { Array(self.paths.prefix($0)) } ?? self.paths
    var images: [PNGImage] = []
    images.reserveCapacity(paths.count)
    var size = 0
    for path in paths {
      let image = try PNG.read(path, maximumSize: maximumSize - size)
      let first = images.first ?? image
      guard image.height == first.height, image.width == first.width else {
        throw FileError(
          path: path, expected: "an image of \(first.height)×\(first.width) pixels as \(paths[0])",
          found: "one of \(image.height)×\(image.width)")
      }
      images.append(image)
      size += image.pixels.count
    }
    let channels = images.map(\.channels).max() ?? 1
    let total = images.count * images[0].height * images[0].width * channels
    guard total <= maximumSize else {
      throw FileError(
        path: paths[0], expected: "images of at most \(counted(maximumSize, "byte")) in all", found: "\(total)")
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(total)
    for image in images {
      if image.channels == channels {
        pixels += image.pixels
      } else {
        for grey in image.pixels { pixels.append(contentsOf: repeatElement(grey, count: channels)) }
      }
    }
    return ImageSet(unchecked: pixels, images.count, images[0].height, images[0].width, channels, nil)
  }
}

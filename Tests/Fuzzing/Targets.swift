import LatentSystem

@testable import LatentFormats

/// The most bytes a parser may make of an input here, so that the fuzzer's own limit on memory shows what ignores it.
private let maximumSize = 1 << 16

/// What each target does with an input. What was read must be readable again after it was written.
let fuzzTargets: [String: @Sendable ([UInt8]) throws -> Void] = [
  "idx": { bytes in
    let array = try IDXFile.decode(bytes, path: "f", maximumSize: maximumSize)
    check(array.floats().count == array.elementCount, "floats of \(array.shape)")
    check(array.integers().map { $0.count == array.elementCount } ?? true, "integers of \(array.shape)")
    check(try IDXFile.decode(IDXFile.encode(array)) == array, "another array of shape \(array.shape)")
    if IDXFile.isArray(bytes) {
      let header = try IDXFile.header(in: Array(bytes.prefix(IDXFile.headerSize)), fileSize: bytes.count, path: "f")
      check(header.shape == array.shape && header.elementType == array.elementType, "another header, \(header.shape)")
      check(bytes[header.offset...].elementsEqual(array.bytes), "elements at \(header.offset)")
    }
  },
  "gzip": { bytes in
    let contents = try Gzip.decompress(bytes, path: "f", maximumSize: maximumSize)
    check(contents.count <= maximumSize, "\(contents.count) bytes")
    checkCompression(contents)
  },
  // The stream inside of gzip and PNG, whose checksums would stop nearly every changed input.
  "inflate": { bytes in
    let contents = try bytes.withUnsafeBytes { input in
      var inflater = Inflater(input, path: "f", maximumSize: maximumSize)
      let end = try inflater.inflate(from: 0)
      check((1...input.count).contains(end), "the end at \(end) of \(input.count)")
      return Array(UnsafeBufferPointer(start: inflater.output.base, count: inflater.output.count))
    }
    check(
      contents.count <= min(maximumSize, Inflater.maximumRatio * bytes.count), "\(contents.count) of \(bytes.count)")
    checkCompression(contents)
  },
  "png": { bytes in
    let image = try PNG.decode(
      bytes.first == 0x89 ? withChecksums(bytes) : image(of: bytes), path: "f", maximumSize: maximumSize)
    check(image.pixels.count == image.height * image.width * image.channels, "\(image.pixels.count) pixels")
    if bytes.count % 16 == 0 {
      let again = PNG.encode(image.pixels, height: image.height, width: image.width, channels: image.channels)
      // What is written has no transparency any more.
      check(try PNG.decode(again).pixels == image.pixels, "another image")
    }
  },
  "jpeg": { bytes in
    let image = try JPEG.decode(bytes, path: "f", maximumSize: maximumSize)
    check(image.pixels.count == image.height * image.width * image.channels, "\(image.pixels.count) pixels")
  },
  "netpbm": { bytes in
    let image = try Netpbm.decode(bytes, path: "f", maximumSize: maximumSize)
    check(image.pixels.count == image.height * image.width * image.channels, "\(image.pixels.count) pixels")
  },
  "npy": { bytes in
    let array = try NumPy.decode(bytes, path: "f")
    try checkArray(array)
    let parts = try NumPyParts(Array(bytes.prefix(NumPyParts.headerSize)), fileSize: bytes.count, path: "f")
    check(parts.shape == array.shape, "the shape \(parts.shape) of parts, \(array.shape)")
    // Elements that are all of an array are as those of the whole, but where some of these decide what all are.
    let range = parts.bytes(of: 0..<array.shape.reduce(1, *))
    check(range.upperBound <= bytes.count, "parts up to \(range.upperBound) of \(bytes.count)")
    try checkArray(parts.array(Array(bytes[range]), shape: array.shape))
  },
  "path": { bytes in
    check(PathText.bytes(PathText.text(bytes)) == bytes, "another path")
  },
  "npz": { bytes in
    let archive = try NumPyArchive(bytes, path: "f")
    for name in archive.names.prefix(8) { try checkArray(archive.array(name, maximumSize: maximumSize)) }
  },
  "safetensors": { bytes in
    let (entries, _) = try SafeTensorsHeader(bytes, path: "f").contents()
    let counts = entries.map { $0.shape.reduce(1, *) }
    check(counts.reduce(0, +) <= bytes.count, "\(counts) scalars from \(bytes.count) bytes")
    for (entry, count) in zip(entries, counts) where entry.type.isRead {
      var floats = [Float](repeating: 0, count: count)
      floats.withUnsafeMutableBufferPointer { floats in
        bytes.withUnsafeBytes { entry.type.convert(UnsafeRawBufferPointer(rebasing: $0[entry.range]), to: floats) }
      }
    }
  },
  "json": { bytes in
    _ = try StrictJSON.parse(bytes, in: bytes.indices, path: "f").summary
  },
]

/// Checks that an array has as many elements as its shape says.
private func checkArray(_ array: NumPyArray) throws {
  let count = array.shape.reduce(1, *)
  switch array.elements {
  case .bytes(let elements): check(elements.count == count, "\(elements.count) bytes, shape \(array.shape)")
  case .integers(let elements): check(elements.count == count, "\(elements.count) integers, shape \(array.shape)")
  case .floats(let elements):
    check(elements.count == count, "\(elements.count) floats, shape \(array.shape)")
    let again = try NumPy.decode(NumPy.encode(elements, shape: array.shape))
    check(again.shape == array.shape, "the shape \(again.shape) from \(array.shape)")
  }
}

/// Checks that `contents` survive compression; a part of them, as it takes longer than all else.
private func checkCompression(_ contents: [UInt8]) {
  if contents.count > 4096 || contents.count % 16 > 0 { return }
  check((try? Gzip.decompress(Gzip.compress(contents))) == contents, "other contents")
}

/// A PNG file with each chunk's checksum put right: hardly any changed input would get beyond it otherwise.
private func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
  var result = bytes
  var start = 8
  while start + 12 <= bytes.count {
    let end = start + 8 + Int(bigEndian(bytes[start..<start + 4]))
    guard end + 4 <= bytes.count else { break }
    result.replaceSubrange(end..<end + 4, with: fourBytes(CRC32.checksum(bytes[start + 4..<end])))
    start = end + 4
  }
  return result
}

/// A correct PNG file around arbitrary contents: byte 0 gives the colour type and whether it is interlaced, byte 1 the
/// depth, 2 the width, 3 the height,
/// 4 the entries of the palette and whether some are transparent; the rest are the rows before compression.
private func image(of bytes: [UInt8]) -> [UInt8] {
  guard bytes.count > 5 else { return bytes }
  let colourType = [0, 2, 3, 4, 6][Int(bytes[0]) % 5]
  let depth = [1, 2, 4, 8, 16][Int(bytes[1]) % 5]
  let (width, height) = (Int(bytes[2]) % 24 + 1, Int(bytes[3]) % 12 + 1)
  let entries = Int(bytes[4] >> 1)
  let samples = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colourType] ?? 1
  let isInterlaced = bytes[0] / 5 % 2 == 1
  let passes = PNGPass.all(height: height, width: width, bitsPerPixel: samples * depth, isInterlaced: isInterlaced)
  let size = passes.reduce(0) { $0 + ($1.size ?? 0) }
  let rows = (0..<size).map { $0 + 5 < bytes.count ? bytes[$0 + 5] : 0 }
  var result = PNGFile.signature
  func append(_ name: String, _ data: [UInt8]) {
    let body = Array(name.utf8) + data
    result += fourBytes(UInt32(data.count)) + body + fourBytes(CRC32.checksum(body))
  }
  let interlace: UInt8 = isInterlaced ? 1 : 0
  append(
    "IHDR",
    fourBytes(UInt32(width)) + fourBytes(UInt32(height)) + [
      UInt8(depth), UInt8(colourType), 0, 0, isInterlaced ? 1 : 0,
    ])
  append("PLTE", (0...3 * entries + 2).map { bytes[$0 % bytes.count] })
  if bytes[4] & 1 == 1, colourType < 4 {
    append("tRNS", Array(bytes.prefix(colourType == 0 ? 2 : colourType == 2 ? 6 : min(entries, 6))))
  }
  // One stored block: compressing would take most of the time.
  let length = [UInt8(rows.count & 255), UInt8(rows.count >> 8)]
  append("IDAT", [0x78, 1, 1] + length + length.map { ~$0 } + rows + fourBytes(Adler32.checksum(rows)))
  append("IEND", [])
  return result
}

private func fourBytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

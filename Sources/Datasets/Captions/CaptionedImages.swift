import LatentFormats
import LatentSystem
import Tensor

/// Images each with a caption of one's own.
///
/// ```swift
/// let pictures = try CaptionedImages(images, captions: CaptionedImages.lines(of: "pictures/captions.txt"))
/// ```
public struct CaptionedImages: CaptionedSource {
  /// The images.
  public let images: ImageSet
  /// A caption for each.
  public let captions: [String]
  public let vocabulary: CaptionVocabulary
  private let tokens: [[Int]]

  /// Images with captions.
  ///
  /// - Parameters:
  ///   - images: of any size and colours.
  ///   - captions: one for each, in their order.
  ///   - vocabulary: that of the captions if nil.
  ///   - path: names the captions in errors.
  /// - Throws: ``FileError`` for another number of captions, one without words or with unknown or too many ones, or if all
  ///   are the same.
  public init(
    _ images: ImageSet, captions: [String], vocabulary: CaptionVocabulary? = nil, path: String = "captions"
  ) throws {
    if let line = captions.firstIndex(where: { CaptionVocabulary.words(in: $0).isEmpty }) {
      throw FileError(
        path: path, expected: "a caption in line \(line + 1)",
        found: "\(quoted(captions[line])), which has no word: words are made of letters and digits")
    }
    guard captions.count == images.count else {
      throw FileError(
        path: path, expected: "a caption for each of \(counted(images.count, "image"))", found: "\(captions.count)")
    }
    let words = vocabulary ?? CaptionVocabulary(of: captions)
    guard words.words.count <= Self.mostWords, words.length <= Self.longest else {
      throw FileError(
        path: path, expected: "captions of at most \(Self.longest) words, out of at most \(Self.mostWords)",
        found: "\(words.length) out of \(words.words.count)")
    }
    tokens = try captions.enumerated().map { line, caption in
      do { return try words.tokens(of: caption) } catch let error as CaptionError {
        throw FileError(path: path, expected: "a caption in line \(line + 1)", found: "\(quoted(caption)): \(error)")
      }
    }
    guard captions.count == 1 || Set(tokens).count > 1 else {
      throw FileError(path: path, expected: "captions that differ", found: "\(quoted(captions[0])) in each line")
    }
    (self.images, self.captions, self.vocabulary) = (images, captions, words)
  }

  /// The name of the file that captions are looked for in, beside images.
  public static let fileName = "captions.txt"
  private static let mostWords = 65535
  private static let longest = 256

  /// The lines of a file of captions. Blank lines at the end are none.
  /// - Throws: ``FileError`` if it cannot be read or is no text in UTF-8.
  public static func lines(of path: String) throws -> [String] {
    let bytes = try AtomicFile.read(path)
    // Some programs begin UTF-8 with a mark.
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    guard let text = String(validating: text, as: UTF8.self) else {
      throw FileError(path: path, expected: "text in UTF-8", found: "bytes that are not UTF-8")
    }
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
    return lines
  }

  public var count: Int { images.count }
  public var sampleShape: Tensor.Shape { images.sampleShape }

  public func caption(at index: Int) -> String { captions[index] }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    let own = images.fingerprint(withConditions: false)
    guard withConditions else { return own }
    return Array(captions.joined(separator: "\n").utf8).withUnsafeBytes { CRC32.checksum($0, initial: own) }
  }

  public func batch(at indices: [Int]) -> Batch {
    Batch(
      samples: images.batch(at: indices).samples, condition: .tokens(indices.map { tokens[$0] }), indices: indices)
  }
}

import LatentSystem

/// The words that captions are made of, each with a number, its token.
///
/// ```swift
/// let vocabulary = CaptionVocabulary(of: ["two sevens", "a small seven"])
/// let tokens = try vocabulary.tokens(of: "Two sevens!")    // [5, 3, 0]
/// ```
///
/// Letters are taken as small ones, and whatever is neither a letter nor a digit separates words. The token 0 stands
/// behind the last word of captions that are shorter than others.
public struct CaptionVocabulary: Codable, Sendable, Equatable {
  /// The words; the token of `words[i]` is `i + 1`.
  public let words: [String]
  /// The most words that a caption has.
  public let length: Int
  /// Words of which only one can be true of an image, kind by kind: numbers, sizes. Last words of captions are not meant:
  /// see ``exclude(_:_:)``.
  public let kinds: [[String]]

  /// A vocabulary of the given words.
  public init(words: [String], length: Int, kinds: [[String]] = []) {
    (self.words, self.length, self.kinds) = (words, length, kinds)
  }

  /// The words of some captions, in the order of the alphabet.
  public init(of captions: [String]) {
    let texts = captions.map(Self.words(in:))
    self.init(words: Set(texts.joined()).sorted(), length: texts.map(\.count).max() ?? 0)
  }

  /// The number of tokens, that of no word included.
  public var tokenCount: Int { words.count + 1 }

  /// What captions are as conditions.
  public var conditions: ConditionSpace { .tokens(vocabulary: tokenCount, length: length) }

  /// The words in a text.
  public static func words(in text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  /// The tokens of a text, ``length`` of them.
  /// - Throws: ``CaptionError`` for a word that is not known, for no word at all, and for too many.
  public func tokens(of text: String) throws -> [Int] {
    let found = Self.words(in: text)
    let tokens = try found.map { word in
      guard let place = words.firstIndex(of: word) else { throw CaptionError.unknownWord(word, known: words) }
      return place + 1
    }
    guard !tokens.isEmpty else { throw CaptionError.noWords(known: words) }
    guard tokens.count <= length else { throw CaptionError.tooManyWords(tokens.count, most: length) }
    return tokens + Array(repeating: 0, count: length - tokens.count)
  }

  /// The text of some tokens.
  /// - Precondition: every token lies in `0..<tokenCount`.
  public func text(of tokens: [Int]) -> String {
    tokens.filter { $0 != 0 }.map { token in
      require(token >= 1 && token <= words.count, "CaptionVocabulary: token \(token) of \(words.count) words")
      return words[token - 1]
    }.joined(separator: " ")
  }

  /// Whether no image can have both captions: their last words differ, or words of one ``kinds`` before them do. Without
  /// kinds, whether they differ at all.
  ///
  /// So "two thick sevens" and "two small sevens", which may be of the same image, do not exclude each other.
  public func exclude(_ first: [Int], _ second: [Int]) -> Bool {
    let (first, second) = (first.filter { $0 != 0 }, second.filter { $0 != 0 })
    guard !kinds.isEmpty else { return first != second }
    if first.last != second.last { return true }
    let (some, others) = (first.dropLast().map { words[$0 - 1] }, second.dropLast().map { words[$0 - 1] })
    return kinds.contains { kind in
      guard let word = some.first(where: kind.contains), let other = others.first(where: kind.contains) else {
        return false
      }
      return word != other
    }
  }
}

extension CaptionVocabulary: CustomStringConvertible {
  /// The words, and the most of a caption.
  public var description: String { "(\(words.joined(separator: " ")); up to \(length))" }
}

/// Why a text is no caption.
public enum CaptionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A word that no caption has.
  case unknownWord(String, known: [String])
  /// A text without words.
  case noWords(known: [String])
  /// More words than any caption has.
  case tooManyWords(Int, most: Int)

  public var description: String {
    switch self {
    case .unknownWord(let word, let known): "expected words out of \(Self.list(known)), found \(quoted(word))"
    case .noWords(let known): "expected words out of \(Self.list(known)), found none"
    case .tooManyWords(let count, let most): "expected at most \(counted(most, "word")), found \(count)"
    }
  }

  private static func list(_ words: [String]) -> String {
    words.prefix(60).joined(separator: ", ") + (words.count > 60 ? ", … (\(words.count) words)" : "")
  }
}

/// A source of samples that are described in words. Its conditions are the tokens of their captions.
public protocol CaptionedSource: SampleSource {
  /// The words of all captions.
  var vocabulary: CaptionVocabulary { get }

  /// The caption of the sample at an index.
  /// - Precondition: the index lies in `0..<count`.
  func caption(at index: Int) -> String
}

extension CaptionedSource {
  public var conditions: ConditionSpace { vocabulary.conditions }
}

import LatentSystem

/// What a picture of some equal digits shows: how many there are, how large, in which strokes, and which digit.
///
/// ```swift
/// print(DigitScene(count: 2, size: .small, stroke: .thick, digit: 7).caption)   // two small thick sevens
/// ```
public struct DigitScene: Sendable, Hashable {
  /// How large digits are.
  public enum Size: String, Sendable, CaseIterable {
    /// Of a longer side of four sevenths of half the picture.
    case small
    /// Of a longer side that two pixels are missing to half the picture.
    case large
  }
  /// How thick their strokes are.
  public enum Stroke: String, Sendable, CaseIterable {
    /// About 2.5 pixels or less in a digit of 20.
    case thin
    /// About 4.2 pixels or more in a digit of 20.
    case thick
  }

  /// How many digits there are, 1 to 4.
  public let count: Int
  /// How large they are.
  public let size: Size
  /// How thick their strokes are.
  public let stroke: Stroke
  /// Which digit, 0 to 9.
  public let digit: Int

  /// A scene.
  /// - Precondition: a count of 1 to 4, a digit of 0 to 9.
  public init(count: Int, size: Size, stroke: Stroke, digit: Int) {
    require(
      (1...4).contains(count) && (0...9).contains(digit),
      "DigitScene: \(count) times the digit \(digit); 1 to 4 of the digits 0 to 9 are known")
    (self.count, self.size, self.stroke, self.digit) = (count, size, stroke, digit)
  }

  /// All 160 of them.
  public static let all: [DigitScene] = (1...4).flatMap { count in
    Size.allCases.flatMap { size in
      Stroke.allCases.flatMap { stroke in
        (0...9).map { DigitScene(count: count, size: size, stroke: stroke, digit: $0) }
      }
    }
  }

  /// Whether it is one of the tenth that can be kept from a model, to see whether it puts together what it knows of others:
  /// of each count, size and stroke one digit, so that all words are known.
  public var isUnseen: Bool {
    let row = (count - 1) * 4 + label(of: .size) * 2 + label(of: .stroke)
    return digit == (7 * row + 3) % 10
  }

  /// The whole description: "three large thin fours".
  public var caption: String { caption(hasCount: true, hasSize: true, hasStroke: true) }

  /// A description that leaves some of it open. The count of more than one is never left out.
  public func caption(hasCount: Bool, hasSize: Bool, hasStroke: Bool) -> String {
    var words: [String] = []
    if hasCount || count > 1 { words.append(Self.countWords[count - 1]) }
    if hasSize { words.append(size.rawValue) }
    if hasStroke { words.append(stroke.rawValue) }
    words.append(count > 1 ? Self.pluralWords[digit] : Self.digitWords[digit])
    return words.joined(separator: " ")
  }

  /// The words of all captions.
  public static let vocabulary = CaptionVocabulary(
    words: Set(countWords + digitWords + pluralWords + Size.allCases.map(\.rawValue) + Stroke.allCases.map(\.rawValue))
      .sorted(),
    length: 4, kinds: [countWords, Size.allCases.map(\.rawValue), Stroke.allCases.map(\.rawValue)])

  static let countWords = ["one", "two", "three", "four"]
  static let digitWords = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
  static let pluralWords = [
    "zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines",
  ]
}

extension DigitScene: CustomStringConvertible {
  public var description: String { caption }
}

// MARK: - Attributes

extension DigitScene {
  /// What can be told of a scene.
  public enum Attribute: String, Sendable, CaseIterable {
    /// Which digit it shows.
    case digit
    /// How many of them.
    case count
    /// How large they are.
    case size
    /// How thick their strokes are.
    case stroke

    /// How many classes of scenes it makes.
    public var classCount: Int {
      switch self {
      case .digit: 10
      case .count: 4
      case .size, .stroke: 2
      }
    }
  }

  /// The class of the scene, from 0.
  public func label(of attribute: Attribute) -> Int {
    switch attribute {
    case .digit: digit
    case .count: count - 1
    case .size: size == .small ? 0 : 1
    case .stroke: stroke == .thin ? 0 : 1
    }
  }
}

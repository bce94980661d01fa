import Datasets
import LatentSystem
import Layers
import Tensor

/// How captions are read.
public enum CaptionReading: String, Sendable, CaseIterable, Codable {
  /// Word by word, by gated recurrent units: their order counts.
  case recurrent
  /// All at once, by the mean of their vectors and two dense layers: their order does not count.
  case bag
}

/// Captions to vectors, by the vectors of their words.
///
/// The tokens of no word behind a caption change nothing.
///
/// Reference: Reed et al., "Generative adversarial text to image synthesis", arXiv:1605.05396, whose captions are long ones
/// of letters; these are short ones of words.
public final class CaptionReader: Module {
  /// A vector for each word.
  public let words: Embedding
  /// Goes along them, if they are read one by one.
  public let recurrence: GRU?
  /// Goes over their mean, if they are read all at once.
  public let bag: Sequential?

  /// A reader of captions out of `tokenCount` tokens.
  ///
  /// - Parameters:
  ///   - wordSize: the length of the vector of a word.
  ///   - size: the length of the vector of a caption.
  ///   - reading: how captions are read.
  public init(tokenCount: Int, wordSize: Int = 32, size: Int = 64, reading: CaptionReading = .recurrent) {
    words = Embedding(count: tokenCount, size: wordSize)
    recurrence = reading == .recurrent ? GRU(from: wordSize, to: size) : nil
    bag =
      reading == .bag
      ? Sequential(Dense(from: wordSize, to: size), .relu, Dense(from: size, to: size)) : nil
  }

  /// The vector of each caption, `[N, size]`. One without words is read as one of no word.
  /// - Precondition: all have as many tokens, 1 or more, each in `0..<tokenCount`.
  public func callAsFunction(_ captions: [[Int]], in context: Context) -> Tensor {
    let lengths = captions.map { max(1, ($0.lastIndex { $0 != 0 } ?? 0) + 1) }
    let longest = lengths.max() ?? 1
    require(
      captions.allSatisfy { $0.count >= longest },
      "CaptionReader: captions of \(captions.map(\.count).min() ?? 0) to \(longest) tokens; all need as many")
    let vectors = words(captions.flatMap { $0.prefix(longest) }, in: context)
    let (count, wordSize) = (captions.count, vectors.shape[1])
    let sequences = vectors.reshaped(to: [count, longest, wordSize])
    if let recurrence {
      let states = recurrence(sequences, in: context)
      let places = lengths.enumerated().map { $0 * longest + $1 - 1 }
      return states.reshaped(to: [count * longest, states.shape[2]]).gathered(at: places)
    }
    let shares = lengths.flatMap { length in (0..<longest).map { $0 < length ? 1 / Float(length) : 0 } }
    let mean = (sequences * Tensor(shares, shape: [count, longest, 1])).sum(axes: [1])
    return requireSome(bag, "CaptionReader: there is nothing to read with")(mean, in: context)
  }

  /// The tokens of a condition.
  /// - Precondition: there is a caption for each of `count` samples.
  static func captions(_ condition: Condition, _ count: Int, _ module: StaticString) -> [[Int]] {
    let captions = condition.tokens ?? []
    require(
      captions.count == count, "\(module): \(counted(captions.count, "caption")) for \(count) samples; each needs one")
    return captions
  }
}

import LatentSystem
import Tensor

/// What samples are conditioned on: what is known of each of them, and what a conditional model is told to make.
public enum Condition: Sendable, Equatable {
  /// Nothing.
  case none
  /// The class of each sample, from 0.
  case labels([Int])
  /// A text for each sample as the numbers of its tokens, all of one length.
  case tokens([[Int]])
  /// A tensor for each sample, `[N, …]`: a low-resolution picture, a masked one.
  case tensor(Tensor)

  /// For how many samples this is; nil if it is nothing, which goes with any number.
  public var count: Int? {
    switch self {
    case .none: nil
    case .labels(let labels): labels.count
    case .tokens(let texts): texts.count
    case .tensor(let tensor): tensor.rank == 0 ? 0 : tensor.shape[0]
    }
  }

  /// The classes, if that is what this is.
  public var labels: [Int]? {
    if case .labels(let labels) = self { labels } else { nil }
  }

  /// The tokens, if that is what this is.
  public var tokens: [[Int]]? {
    if case .tokens(let texts) = self { texts } else { nil }
  }

  /// The tensor `[N, …]`, if that is what this is.
  public var tensor: Tensor? {
    if case .tensor(let tensor) = self { tensor } else { nil }
  }

  /// The conditions of the samples at `range`.
  /// - Precondition: the range lies within ``count``.
  public func rows(_ range: Range<Int>) -> Condition {
    if let count {
      require(
        range.lowerBound >= 0 && range.upperBound <= count,
        "Condition: rows \(range) of conditions for \(counted(count, "sample"))")
    }
    return switch self {
    case .none: .none
    case .labels(let labels): .labels(Array(labels[range]))
    case .tokens(let texts): .tokens(Array(texts[range]))
    case .tensor(let tensor): .tensor(tensor[range])
    }
  }

  /// The conditions of the samples at `indices`, in that order.
  /// - Precondition: every index lies in `0..<count`.
  public func rows(at indices: [Int]) -> Condition {
    if let count {
      require(
        indices.allSatisfy { $0 >= 0 && $0 < count },
        "Condition: the rows \(indices.prefix(8)) of conditions for \(counted(count, "sample"))")
    }
    return switch self {
    case .none: .none
    case .labels(let labels): .labels(indices.map { labels[$0] })
    case .tokens(let texts): .tokens(indices.map { texts[$0] })
    case .tensor(let tensor): .tensor(tensor.gathered(at: indices))
    }
  }
}

/// What conditions there can be.
public enum ConditionSpace: Sendable, Equatable, Codable {
  /// None.
  case none
  /// So many classes, numbered from 0.
  case classes(Int)
  /// Texts of `length` tokens, each a number in `0..<vocabulary`.
  case tokens(vocabulary: Int, length: Int)
  /// Tensors of this shape, without the axis of samples.
  case tensor([Int])

  /// Whether every condition of `other` is one of these too. A model without conditions takes any data.
  public func contains(_ other: ConditionSpace) -> Bool {
    switch (self, other) {
    case (.none, _): true
    case (.classes(let all), .classes(let some)): some <= all
    case (.tokens(let all, let length), .tokens(let some, let otherLength)): some <= all && length == otherLength
    case (.tensor(let shape), .tensor(let other)): shape == other
    default: false
    }
  }

  /// Why `condition` cannot be given for `count` samples, in words, or nil if it can.
  public func mismatch(with condition: Condition, count: Int) -> String? {
    if let found = condition.count, found != count { return "conditions for \(counted(found, "sample"))" }
    switch (self, condition) {
    case (.none, .none): return nil
    case (.classes(let all), .labels(let labels)):
      return labels.first { $0 < 0 || $0 >= all }.map { "label \($0)" }
    case (.tokens(let vocabulary, let length), .tokens(let texts)):
      if let text = texts.first(where: { $0.count != length }) { return "a text of \(counted(text.count, "token"))" }
      return texts.joined().first { $0 < 0 || $0 >= vocabulary }.map { "token \($0)" }
    case (.tensor(let shape), .tensor(let tensor)):
      let found = Array(tensor.shape.sizes.dropFirst())
      return found == shape ? nil : "a condition of shape \(found)"
    case (_, .none): return "no condition"
    case (_, .labels): return "class labels"
    case (_, .tokens): return "texts"
    case (_, .tensor): return "tensors"
    }
  }
}

extension ConditionSpace: CustomStringConvertible {
  public var description: String {
    switch self {
    case .none: "no condition"
    case .classes(let count): "labels of \(count) classes"
    case .tokens(let vocabulary, let length): "texts of \(counted(length, "token")) out of \(vocabulary)"
    case .tensor(let shape): "a tensor of shape \(shape) for each sample"
    }
  }
}

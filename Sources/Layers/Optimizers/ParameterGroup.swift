/// Parameters, chosen by name, that an optimizer treats in their own way.
public struct ParameterGroup: Sendable, Hashable {
  /// A name, in which `*` stands for any characters.
  public let pattern: String
  /// The group's own learning rate, in place of the optimizer's.
  public var learningRate: Float?
  /// What the learning rate is multiplied with, the optimizer's or the group's own.
  public var rateFactor: Float
  /// The group's own weight decay.
  public var weightDecay: Float?
  /// Whether the parameters stay as they are.
  public var isFrozen: Bool

  /// The parameters whose names match `pattern`, for instance `"*.bias"`.
  ///
  /// - Parameters:
  ///   - pattern: a name, in which `*` stands for any characters. An optimizer stops at a pattern that matches nothing.
  ///   - learningRate: the group's own, in place of the optimizer's.
  ///   - rateFactor: what the learning rate is multiplied with. It holds for whatever learning rate an optimizer is
  ///     given.
  ///   - weightDecay: the group's own.
  ///   - isFrozen: whether the parameters stay as they are.
  public init(
    _ pattern: String, learningRate: Float? = nil, rateFactor: Float = 1, weightDecay: Float? = nil,
    isFrozen: Bool = false
  ) {
    self.pattern = pattern
    self.learningRate = learningRate
    self.rateFactor = rateFactor
    self.weightDecay = weightDecay
    self.isFrozen = isFrozen
  }

  /// Whether the parameter called `name` belongs to the group.
  public func matches(_ name: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return name == pattern }
    guard name.hasPrefix(first), name.count >= first.count + last.count, name.hasSuffix(last) else { return false }
    var rest = name.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let place = Self.firstPlace(of: part, in: rest) else { return false }
      rest = rest[place...].dropFirst(part.count)
    }
    return true
  }

  private static func firstPlace(of part: String, in text: Substring) -> Substring.Index? {
    text.indices.first { text[$0...].hasPrefix(part) }
  }
}

extension ParameterGroup: Codable {
  private enum CodingKeys: String, CodingKey { case pattern, learningRate, rateFactor, weightDecay, isFrozen }

  /// Reads a group; one of an earlier version has no factor.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      values.decode(String.self, forKey: .pattern),
      learningRate: values.decodeIfPresent(Float.self, forKey: .learningRate),
      rateFactor: values.decodeIfPresent(Float.self, forKey: .rateFactor) ?? 1,
      weightDecay: values.decodeIfPresent(Float.self, forKey: .weightDecay),
      isFrozen: values.decode(Bool.self, forKey: .isFrozen))
  }
}

// MARK: - Patterns that match nothing

extension ParameterGroup {
  /// Stops the program if the group matches none of `names`: what should be frozen would be trained.
  func requireMatch(among names: some Collection<String>) {
    if names.contains(where: matches) { return }
    let sorted = names.map { (name: $0, distance: distance(to: $0)) }.sorted {
      ($0.distance, $0.name) < ($1.distance, $1.name)
    }
    let shown = sorted.prefix(3).map(\.name).joined(separator: ", ")
    fatalError("ParameterGroup: \"\(pattern)\" matches no tensor of the state; the nearest names are \(shown)")
  }

  /// The least number of characters to insert, remove or replace in the pattern until it matches `name`.
  func distance(to name: String) -> Int {
    let name = Array(name)
    var row = Array(0...name.count)
    for character in pattern {
      let isWild = character == "*"
      var next = [isWild ? row[0] : row[0] + 1]
      for (index, other) in name.enumerated() {
        let replaced = row[index] + (isWild || character == other ? 0 : 1)
        let removed = row[index + 1] + (isWild ? 0 : 1)
        let inserted = next[index] + (isWild ? 0 : 1)
        next.append(min(replaced, removed, inserted))
      }
      row = next
    }
    return row[name.count]
  }
}

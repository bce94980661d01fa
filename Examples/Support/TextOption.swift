import Latent

/// `--text`: what samples should show, in words.
public struct TextOption: Sendable {
  private let text: Option<String?>

  /// Declares the option.
  public init(_ options: inout Options) {
    text = options.string(
      "text", placeholder: "TEXT",
      help: "what all samples should show, for models that were told captions: \"three thin fours\"; several, with a "
        + "semicolon between them: as many samples of each, one after the other")
  }

  /// Whether something was asked for.
  public func isGiven(_ arguments: Arguments) -> Bool { arguments.contains(text) }

  /// The captions that were asked for; nil if none were.
  ///
  /// - Throws: ``UsageError`` for words that the model does not know, and if the model has to be told something;
  ///   ``CapabilityError`` if it is not told anything in words.
  public func captions(_ arguments: Arguments, for trained: TrainedModel) throws -> Condition? {
    guard let text = arguments[text] else {
      guard let model = trained.model as? any TextConditioned else { return nil }
      throw UsageError(
        "--text: expected what the samples of a \(trained.kind) should show, out of the words "
          + model.vocabulary.words.prefix(60).joined(separator: ", "))
    }
    return try Self.captions(text.split(separator: ";").map(String.init), for: trained, option: "text")
  }

  /// Texts as a condition, with one clear message for words that the model does not know.
  static func captions(_ texts: [String], for trained: TrainedModel, option: String) throws -> Condition {
    do {
      return try trained.captions(texts.isEmpty ? [""] : texts)
    } catch let error as CaptionError {
      guard case .unknownWord(let word, let known) = error, let near = closest(to: word, among: known) else {
        throw UsageError("--\(option): \(error)")
      }
      throw UsageError("--\(option): \(error); did you mean \(near)?")
    }
  }
}

/// The options of two texts, for what lies between them.
public struct TextPathOptions: Sendable {
  private let first: Option<String?>
  private let last: Option<String?>

  /// Declares the options.
  public init(_ options: inout Options) {
    first = options.string(
      "text", placeholder: "TEXT", help: "the caption that interpolate begins with, for models that were told captions")
    last = options.string("to-text", placeholder: "TEXT", help: "the caption that it ends with")
  }

  /// Draws the way from one caption to the other, with `rows` latents, if that is what is wanted.
  ///
  /// - Parameter isWanted: whether the program is asked for a way at all.
  /// - Returns: whether it was drawn.
  /// - Throws: ``UsageError`` if one of two captions is missing, both have no meaning, or words are not known.
  public func draw(
    _ arguments: Arguments, isWanted: Bool, of trained: TrainedModel, rows: Int, columns: Int, seed: UInt64,
    to file: String
  ) throws -> Bool {
    let isCaptioned = trained.model is any TextConditioned
    for option in [first, last] {
      try arguments.check(
        option, hasMeaning: isWanted && isCaptioned, "with interpolate and models that were told captions")
    }
    guard isWanted, isCaptioned else { return false }
    guard let start = arguments[first], let end = arguments[last] else {
      throw UsageError("--text: expected the caption to begin with, and --to-text the one to end with")
    }
    _ = try TextOption.captions([start], for: trained, option: "text")
    _ = try TextOption.captions([end], for: trained, option: "to-text")
    let images = try trained.captionPath(from: start, to: end, rows: rows, columns: columns, seed: seed)
    try PNG.writeGrid(ImageSet(images.clamped(to: 0...1)), columns: columns, to: file)
    return true
  }
}

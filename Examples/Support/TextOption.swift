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
      throw Self.missing(trained.kind, model)
    }
    return try Self.captions(text.split(separator: ";").map(String.init), for: trained, option: "text")
  }

  /// That a model has to be told in words what to make, and was not.
  static func missing(_ kind: String, _ model: any TextConditioned) -> UsageError {
    UsageError("--text: expected what the samples of a \(kind) should show, out of the words \(words(of: model))")
  }

  /// Checks that no classes are asked for of a model that is told in words what to make.
  /// - Parameter option: that which asks for classes.
  /// - Throws: ``UsageError`` with the words.
  public static func checkNoClasses(of trained: TrainedModel, option: String) throws {
    guard let model = trained.model as? any TextConditioned else { return }
    throw UsageError(
      "--\(option): means something only for models that were told classes; --text says what the samples of a "
        + "\(trained.kind) should show, out of the words \(words(of: model))")
  }

  /// Words that a model knows.
  private static func words(of model: any TextConditioned) -> String {
    model.vocabulary.words.prefix(60).joined(separator: ", ")
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

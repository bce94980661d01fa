import Latent
import LatentSystem

/// `--label`, `--text` and `--to-text`: what the samples that `explore` draws should be.
public struct ExplorationCondition: Sendable {
  private let label: Option<Int?>
  private let text: Option<String?>
  private let last: Option<String?>

  /// Declares the options.
  public init(_ options: inout Options) {
    label = options.integer(
      "label", range: 0..., placeholder: "N",
      help: "the class of all samples, and of images without labels, for models that were told classes")
    text = options.string(
      "text", placeholder: "TEXT",
      help: "what all samples should show, for models that were told captions: \"three thin fours\"; saliency and "
        + "attribution judge images by it too, and interpolate begins with it")
    last = options.string(
      "to-text", placeholder: "TEXT",
      help: "the caption that interpolate ends with, for models that were told captions")
  }

  /// What samples should be, as the condition of one; nil if nothing was said.
  ///
  /// - Parameter path: where the model is, for messages.
  /// - Throws: ``UsageError`` if an option means nothing in this mode or to the model, or a word is not known.
  public func condition(
    _ arguments: Arguments, for trained: TrainedModel, at path: String, in mode: Exploration.Mode
  ) throws -> Condition? {
    let modes = Exploration.Mode.allCases.filter(\.takesCondition).map(\.rawValue).joined(separator: ", ")
    try arguments.check(label, hasMeaning: mode.takesCondition, "with \(modes)")
    try arguments.check(text, hasMeaning: mode.takesCondition, "with \(modes)")
    try arguments.check(last, hasMeaning: mode == .interpolate, "with interpolate")
    let isCaptioned = trained.model is any TextConditioned
    let hasClasses = if case .classes? = trained.model.inputs.first?.condition { true } else { false }
    try arguments.check(
      label, hasMeaning: hasClasses,
      "with models that were told classes, which \(path) was not" + (isCaptioned ? "; it takes --text" : ""))
    for option in [text, last] {
      try arguments.check(
        option, hasMeaning: isCaptioned,
        "with models that were told captions, which \(path) was not" + (hasClasses ? "; it takes --label" : ""))
    }
    if let label = arguments[label] { return .labels([label]) }
    return try arguments[text].map { try Self.caption($0, for: trained, option: "text") }
  }

  /// Draws the way from one caption to the other, with `rows` latents, of a model that is told captions.
  ///
  /// - Returns: what the picture shows.
  /// - Throws: ``UsageError`` if one of the captions is missing, or words are not known.
  public func drawWay(
    _ arguments: Arguments, of trained: TrainedModel, rows: Int, columns: Int, seed: UInt64, to file: String
  ) throws -> String {
    guard let start = arguments[text], let end = arguments[last] else {
      throw UsageError("--text: expected the caption to begin with, and --to-text the one to end with")
    }
    _ = try Self.caption(end, for: trained, option: "to-text")
    let images = try trained.captionPath(from: start, to: end, rows: rows, columns: columns, seed: seed)
    try PNG.writeGrid(ImageSet(images.clamped(to: 0...1)), columns: columns, to: file)
    return "each row goes from the one caption, at the left, to the other"
  }

  /// A single caption as a condition. The semicolon that separates those of `generate` would be taken for a space.
  private static func caption(_ text: String, for trained: TrainedModel, option: String) throws -> Condition {
    guard !text.contains(";") else { throw UsageError("--\(option): expected one caption, found \(quoted(text))") }
    return try TextOption.captions([text], for: trained, option: option)
  }
}

import Latent

/// The options that say which picture has the style: one of the user's own, or a pattern that the library draws.
public struct StylePictureOptions: Sendable {
  private let style: Option<String?>
  private let pattern: Option<DrawnPattern?>
  private let size: Option<Int>

  /// Declares the options.
  public init(_ options: inout Options, help: String) {
    style = options.string("style", placeholder: "PICTURE", help: help)
    pattern = options.choice(
      "pattern", among: DrawnPattern.self, placeholder: "NAME",
      help: "a pattern that the library draws, instead of --style")
    size = options.integer(
      "style-size", default: 256, range: 16...4096, placeholder: "N",
      help: "height or width that a larger picture of the style is brought to, whichever is larger; a pattern has "
        + "\(Self.drawnSide)")
  }

  /// What messages call the options that name a style.
  public static let names = "--style or --pattern"

  /// Whether a style is named.
  public func isGiven(_ arguments: Arguments) -> Bool { arguments[style] != nil || arguments[pattern] != nil }

  /// The path of the user's own picture; nil if the style is a pattern, or there is none.
  public func path(_ arguments: Arguments) -> String? { arguments[style] }

  /// The pattern that is the style; nil if it is a picture of the user's own, or there is none.
  public func pattern(_ arguments: Arguments) -> DrawnPattern? { arguments[pattern] }

  /// The option that names the style, without dashes.
  public func name(_ arguments: Arguments) -> String { arguments[pattern] == nil ? style.name : pattern.name }

  /// The picture of the style, or pictures of one size, `[N, H, W, C]`.
  ///
  /// - Parameters:
  ///   - channels: grey or colour; if nil, as a picture is, and grey for a pattern.
  ///   - least: the height and width that they need.
  /// - Throws: ``UsageError`` if there is none, it is too small, or a pattern has no such channels; ``FileError`` if it
  ///   cannot be read.
  public func pictures(_ arguments: Arguments, channels: Int?, atLeast least: Int = 1) throws -> Tensor {
    if arguments[style] != nil, arguments[pattern] != nil {
      throw UsageError("--style and --pattern exclude each other")
    }
    let images = try arguments[pattern].map { try drawn($0, channels: channels ?? 1) } ?? own(arguments, channels)
    let side = LargestSide(size.name, most: arguments[size], isGiven: arguments.contains(size))
    return try side.reduced(
      images.batch(at: Array(0..<images.count)).samples, atLeast: least, named: name(arguments))
  }

  private func drawn(_ pattern: DrawnPattern, channels: Int) throws -> ImageSet {
    guard channels == 1 || channels == 3 else {
      throw UsageError("--pattern: expected grey or coloured images for a drawn pattern, found \(channels) channels")
    }
    return pattern.picture(height: Self.drawnSide, width: Self.drawnSide, channels: channels)
  }

  private func own(_ arguments: Arguments, _ channels: Int?) throws -> ImageSet {
    guard let path = arguments[style] else {
      throw UsageError("--style: expected the path of a picture, or --pattern and the name of a pattern")
    }
    let preparation = ImagePreparation(channels: channels == 1 || channels == 3 ? channels : nil)
    return try ImageSet.load(path, limit: Self.mostPictures, preparation: preparation)
  }

  /// Checks that pictures have the style of a model.
  ///
  /// - Parameters:
  ///   - owner: whose the picture should be, after "the picture " or "the pattern ".
  ///   - hint: what else there is to say of another one.
  /// - Throws: ``UsageError`` if they have another.
  func check(
    _ pictures: Tensor, _ arguments: Arguments, of model: StyleTransfer, _ state: State, owner: String,
    hint: String = ""
  ) throws {
    guard try !model.hasStyle(state, of: pictures) else { return }
    let noun = arguments[pattern] == nil ? "picture" : "pattern"
    throw UsageError(
      "--\(name(arguments)): expected the \(noun) \(owner), found another or another --style-size\(hint)")
  }

  /// Checks that no size was given where there is no picture.
  func checkSizeAbsent(_ arguments: Arguments, _ where: String) throws {
    try arguments.check(size, hasMeaning: false, `where`)
  }

  private static let mostPictures = 100
  private static let drawnSide = 128
}

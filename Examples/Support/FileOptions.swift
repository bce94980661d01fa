import Latent

/// The options that say how files of images are read that can be read in several ways.
struct FileOptions {
  private let background: Option<String>
  private let layout: Option<Layout>

  /// What the axes of an array are.
  private enum Layout: String, CaseIterable {
    case auto, nhw, nhwc, nchw, hw, hwc, chw
  }

  init(_ options: inout Options) {
    background = options.string(
      "background", default: "black", placeholder: "COLOUR",
      help: "what is seen through transparent pixels: black, white, grey or #rrggbb")
    layout = options.choice(
      "layout", default: Layout.auto, placeholder: "NAME",
      help: "what the axes of a NumPy array are: images n, rows h, columns w, channels c")
  }

  /// Checks that neither was given to a program that reads no images now.
  func checkAbsent(_ arguments: Arguments, _ where: String) throws {
    try arguments.check(background, hasMeaning: false, `where`)
    try arguments.check(layout, hasMeaning: false, `where`)
  }

  /// Sets what was asked for.
  /// - Throws: ``UsageError`` for a text that is no colour.
  func set(_ preparation: inout ImagePreparation, _ arguments: Arguments) throws {
    guard let colour = ImageBackground(arguments[background]) else {
      throw UsageError(
        "--background: expected black, white, grey or #rrggbb, found \(arguments[background].debugDescription)")
    }
    preparation.background = colour
    preparation.layout = ArrayLayout(rawValue: arguments[layout].rawValue)
  }
}

import Latent

/// The options that say how files of images are read that can be read in several ways.
public struct FileOptions {
  private let background: Option<String>
  private let layout: Option<Layout>

  /// What the axes of an array are, if that is said.
  private struct Layout: RawRepresentable, CaseIterable {
    static let allCases = [Layout(layout: nil)] + ArrayLayout.allCases.map { Layout(layout: $0) }

    let layout: ArrayLayout?

    var rawValue: String { layout?.rawValue ?? "auto" }

    init(layout: ArrayLayout?) { self.layout = layout }

    init?(rawValue: String) {
      guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
      self = known
    }
  }

  init(_ options: inout Options) {
    background = options.string(
      "background", default: "black", placeholder: "COLOUR",
      help: "what is seen through transparent pixels: black, white, grey or #rrggbb")
    layout = options.choice(
      "layout", default: Layout(layout: nil), placeholder: "NAME",
      help: "what the axes of an array are: images n, rows h, columns w, channels c")
    options.remember(background.name, layout.name)
  }

  /// Checks that neither was given to a program that reads no images now.
  func checkAbsent(_ arguments: Arguments, _ where: String) throws {
    try arguments.check(background, hasMeaning: false, `where`)
    try arguments.check(layout, hasMeaning: false, `where`)
  }

  /// Checks that a layout is given to arrays only.
  /// - Parameter data: the path of the images; nil for the built-in digits.
  public func checkLayout(_ arguments: Arguments, of data: String?) throws {
    guard arguments[layout].layout != nil, !(data.map { ImageSet.areArrays(at: $0) } ?? false) else { return }
    throw UsageError(
      "--layout: expected --data with an array (IDX, .npy or .npz), found \(data == nil ? "built-in digits" : "pictures")"
    )
  }

  /// Sets what was asked for.
  /// - Throws: ``UsageError`` for a text that is no colour.
  public func set(_ preparation: inout ImagePreparation, _ arguments: Arguments) throws {
    guard let colour = ImageBackground(arguments[background]) else {
      throw UsageError(
        "--background: expected black, white, grey or #rrggbb, found \(arguments[background].debugDescription)")
    }
    preparation.background = colour
    preparation.layout = arguments[layout].layout
  }
}

import Latent

/// The options that say what images become as they are read.
struct PreparationOptions {
  private let size: Option<String?>
  private let crop: Option<ImagePreparation.Crop>
  private let colours: Option<Colours>
  private let files: FileOptions

  enum Colours: String, CaseIterable {
    case any
    case grey
    case colour

    var channels: Int? {
      switch self {
      case .any: nil
      case .grey: 1
      case .colour: 3
      }
    }
  }

  init(_ options: inout Options) {
    size = options.string(
      "size", placeholder: "N", help: "bring images to N×N pixels, or to HxW; else all have to have one size")
    crop = options.choice(
      "crop", default: ImagePreparation.Crop.none, placeholder: "NAME",
      help: "with --size: stretch images of another shape, or take the largest part in the middle")
    colours = options.choice(
      "channels", default: Colours.any, placeholder: "NAME",
      help: "make images grey or coloured; else they are coloured if one of them is",
      alsoKnownAs: ["gray": .grey, "color": .colour, "1": .grey, "3": .colour])
    files = FileOptions(&options)
    options.remember(size.name, crop.name, colours.name)
    options.sizing(insteadOf: "pad or scale the images", "--size brings the images to another size")
  }

  /// What was asked for.
  func preparation(_ arguments: Arguments) throws -> ImagePreparation {
    try arguments.check(crop, hasMeaning: arguments[size] != nil, "with --size")
    var preparation = ImagePreparation(
      size: try arguments[size].map(Self.size), crop: arguments[crop], channels: arguments[colours].channels)
    try files.set(&preparation, arguments)
    return preparation
  }

  /// Whether a size was asked for.
  func isSized(_ arguments: Arguments) -> Bool { arguments.contains(size) }

  /// Checks that a layout is given to arrays only.
  func checkLayout(_ arguments: Arguments, of data: String?) throws { try files.checkLayout(arguments, of: data) }

  /// The size that a text says: `64`, or `48x64` for 48 rows.
  private static func size(_ text: String) throws -> Tensor.Size2D {
    let numbers = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard (1...2).contains(numbers.count), numbers.allSatisfy({ (1...4096).contains($0) }) else {
      throw UsageError("--size: expected a number of 1 to 4096, or height and width as 48x64, found \"\(text)\"")
    }
    return Tensor.Size2D(height: numbers[0], width: numbers[numbers.count - 1])
  }
}

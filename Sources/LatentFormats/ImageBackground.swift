/// The colour that is seen through the transparent parts of an image.
public struct ImageBackground: Sendable, Equatable {
  /// The red part, 0…255.
  public let red: UInt8

  /// The green part, 0…255.
  public let green: UInt8

  /// The blue part, 0…255.
  public let blue: UInt8

  /// Black.
  public static let black = ImageBackground(red: 0, green: 0, blue: 0)

  /// White.
  public static let white = ImageBackground(red: 255, green: 255, blue: 255)

  /// A colour.
  public init(red: UInt8, green: UInt8, blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

  /// The colour that a text says: `black`, `white`, `grey`, or `#rrggbb` with the three parts in hexadecimal; nil for any
  /// other text.
  public init?(_ text: String) {
    switch text.lowercased() {
    case "black": self = .black
    case "white": self = .white
    case "grey", "gray": self.init(red: 128, green: 128, blue: 128)
    default:
      let digits = text.dropFirst()
      guard text.hasPrefix("#"), digits.utf8.count == 6, digits.allSatisfy(\.isHexDigit),
        let number = UInt32(digits, radix: 16)
      else { return nil }
      self.init(
        red: UInt8(number >> 16), green: UInt8(number >> 8 & 255), blue: UInt8(number & 255))
    }
  }

  /// Whether all three parts are the same, so that grey images over it stay grey.
  public var isGrey: Bool { red == green && green == blue }

  /// The parts in the order of an image's channels.
  var parts: [Int] { [Int(red), Int(green), Int(blue)] }
}

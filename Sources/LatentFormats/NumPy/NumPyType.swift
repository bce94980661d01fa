/// The element types that are read, by NumPy's names for them: a byte order, a letter and a number of bytes.
struct NumPyType: Equatable {
  enum Kind: Character {
    case boolean = "b"
    case signed = "i"
    case unsigned = "u"
    case float = "f"
  }

  let kind: Kind
  /// The bytes of an element.
  let size: Int
  let isBigEndian: Bool

  /// The type of this name, or of one like `float32`; nil if it is none that is read. Without a byte order it is that of
  /// this machine.
  init?(_ name: String) {
    let name = Self.longNames[name] ?? name
    let letters = Array(name.count == 2 ? "=" + name : name)
    guard letters.count == 3, let kind = Kind(rawValue: letters[1]), let size = letters[2].wholeNumberValue,
      letters[2].isASCII
    else { return nil }
    let sizes = [Kind.boolean: [1], .signed: [1, 2, 4, 8], .unsigned: [1, 2, 4, 8], .float: [2, 4, 8]]
    guard sizes[kind]?.contains(size) == true, "|<>=".contains(letters[0]) else { return nil }
    (self.kind, self.size, isBigEndian) = (kind, size, letters[0] == ">")
  }

  /// What NumPy reads too, though it writes the others.
  private static let longNames = [
    "?": "|b1", "bool": "|b1", "int8": "|i1", "uint8": "|u1", "int16": "=i2", "uint16": "=u2", "int32": "=i4",
    "uint32": "=u4", "int64": "=i8", "uint64": "=u8", "float16": "=f2", "float32": "=f4", "float64": "=f8",
  ]

  /// What makes a type of this name one that is read, in words; nothing where no call does.
  static func remedy(_ name: String) -> String {
    let letters = name.drop { "|<>=".contains($0) }
    return switch letters.first {
    case "f", "g": " (numpy.asarray(x, numpy.float32) makes it)"
    case "O": " (numpy.asarray(x.tolist(), numpy.float32) makes it, if all elements are numbers)"
    case "c", "F", "D": " (numpy.abs(x) or x.real makes it)"
    case "U", "S": " (numpy.unique(x, return_inverse=True)[1] makes numbers of names)"
    default: ""
    }
  }
}

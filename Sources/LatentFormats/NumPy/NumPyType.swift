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

  /// The type of this name; nil if it is none that is read.
  init?(_ name: String) {
    let letters = Array(name)
    guard letters.count == 3, let kind = Kind(rawValue: letters[1]), let size = letters[2].wholeNumberValue,
      letters[2].isASCII
    else { return nil }
    let sizes = [Kind.boolean: [1], .signed: [1, 2, 4, 8], .unsigned: [1, 2, 4, 8], .float: [2, 4, 8]]
    // A byte has no order; for all others there is one.
    guard sizes[kind]?.contains(size) == true, size == 1 ? "|<>=".contains(letters[0]) : "<>".contains(letters[0])
    else { return nil }
    (self.kind, self.size, isBigEndian) = (kind, size, letters[0] == ">")
  }
}

import LatentSystem

extension Options {
  /// What the program is to do, as its first argument, before all options: one of the cases of an enumeration, by its raw
  /// value.
  public mutating func mode<Mode: RawRepresentable<String> & CaseIterable & Sendable>(
    _ type: Mode.Type, help: String
  ) -> Option<Mode> {
    let names = Mode.allCases.map(\.rawValue)
    guard let first = Mode.allCases.first else { fatalError("\(program): there is no mode") }
    let expected = "one of \(names.joined(separator: ", "))"
    modes = Declaration(
      name: "MODE", placeholder: "MODE", help: help, notes: [], expected: expected, accepts: { names.contains($0) })
    return Option(name: "MODE", fallback: first, read: { Mode(rawValue: $0) })
  }

  /// The mode that the first of `arguments` names, which is taken from them; nil if that is an option.
  func mode(_ modes: Declaration, _ arguments: inout ArraySlice<String>) throws(UsageError) -> String? {
    guard let text = arguments.first, !text.hasPrefix("-") else { return nil }
    guard modes.accepts(text) else {
      let known = modes.expected.dropFirst("one of ".count).split(separator: ", ").map(String.init)
      let hint = closest(to: text, among: known).map { "; did you mean \($0)?" } ?? ""
      throw UsageError("expected \(modes.expected) before the options, found \(text.debugDescription)\(hint)")
    }
    arguments.removeFirst()
    return text
  }
}

extension Options {
  /// The version of the library that the programs belong to.
  static let version = "0.1.0"

  /// The text of `--help`, in lines of at most 80 columns where words allow it.
  public var helpText: String {
    var rows = declarations.map { declaration in
      let head = (["--\(declaration.name)"] + [declaration.placeholder].compactMap(\.self)).joined(separator: " ")
      let notes = declaration.notes.isEmpty ? "" : " (\(declaration.notes.joined(separator: "; ")))"
      return (head: head, text: declaration.help + notes)
    }
    rows.append((head: "--help", text: "show this text"))
    rows.append((head: "--version", text: "show the version"))
    let column = min(28, 4 + (rows.map(\.head.count).max() ?? 0))
    var lines = Self.wrap(summary, width: 80)
    lines += ["", "Usage: \(program) \(modes == nil ? "" : "MODE ")[options]", ""]
    if let modes { lines += Self.wrap(modes.help, width: 80) + [""] }
    lines.append("Options:")
    for (head, text) in rows {
      var wrapped = Self.wrap(text, width: 80 - column)[...]
      let start = "  \(head)"
      // A head too long for its column has a line of its own.
      if start.count + 2 <= column {
        lines.append(start + String(repeating: " ", count: column - start.count) + (wrapped.popFirst() ?? ""))
      } else {
        lines.append(start)
      }
      lines += wrapped.map { String(repeating: " ", count: column) + $0 }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? word : " " + word
    }
    return lines + [line]
  }
}

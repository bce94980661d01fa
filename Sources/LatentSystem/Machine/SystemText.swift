/// The first line of a text file of the system that starts with `prefix`, without it; nil if there is none.
package func systemFileLine(_ path: String, startingWith prefix: String) -> Substring? {
  var found: Substring?
  forEachLine(of: path) { line in
    if line.hasPrefix(prefix) { found = line.dropFirst(prefix.count) }
    return found == nil
  }
  return found
}

/// The lines of a text file of the system, without their ends; none if it cannot be read.
///
/// Such files, under `/proc` and `/sys`, have no size that could be asked for first.
func systemFileLines(_ path: String) -> [Substring] {
  var lines: [Substring] = []
  forEachLine(of: path) { line in
    lines.append(line)
    return true
  }
  return lines
}

/// Calls `body` with each line of a text file, without its end, for as long as it returns true.
private func forEachLine(of path: String, _ body: (Substring) -> Bool) {
  guard let file = fopen(path, "r") else { return }
  defer { fclose(file) }
  var line: UnsafeMutablePointer<CChar>?
  var capacity = 0
  defer { free(line) }
  while getline(&line, &capacity, file) > 0, let text = line.map({ String(cString: $0) }) {
    if !body(text.last == "\n" ? text.dropLast() : text[...]) { return }
  }
}

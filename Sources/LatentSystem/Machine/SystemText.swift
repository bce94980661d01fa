/// The value of an environment variable, or nil.
package func environmentValue(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}

/// The first line of a text file of the system that starts with `prefix`, without it; nil if there is none.
package func systemFileLine(_ path: String, startingWith prefix: String) -> Substring? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var line: UnsafeMutablePointer<CChar>?
  var capacity = 0
  defer { free(line) }
  while getline(&line, &capacity, file) > 0, let text = line.map({ String(cString: $0) }) {
    if text.hasPrefix(prefix) { return text.dropFirst(prefix.count) }
  }
  return nil
}

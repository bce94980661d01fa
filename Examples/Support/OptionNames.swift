// What options are called in messages that the library words, which knows configurations and no options.

extension Options {
  /// `text` with the names of options where it says what a value of a configuration is or was: `--hidden-size was 7` for
  /// `hiddenSize was 7`. What no option sets keeps its name.
  ///
  /// - Parameter others: the options of values that have another name, as `kernel-size` of `firstKernelSize`.
  func namingOptions(in text: String, others: [String: String] = [:]) -> String {
    var words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    for place in words.indices.dropFirst() where words[place] == "is" || words[place] == "was" {
      let name = words[place - 1]
      guard others[name] != nil || name.contains(where: \.isUppercase) else { continue }
      let option = others[name] ?? Self.optionName(of: name)
      if declarations.contains(where: { $0.name == option }) { words[place - 1] = "--" + option }
    }
    return words.joined(separator: " ")
  }

  /// `hidden-size` for `hiddenSize`.
  private static func optionName(of name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
  }
}

import Latent
import LatentSystem

// What options are called in messages that the library words, which knows configurations and no options.

extension Options {
  /// Says which option sets a value that configurations call something else: `["firstKernelSize": "kernel-size"]`. Where
  /// the names differ by hyphens alone nothing has to be said.
  ///
  /// Options that several programs have in common say it where they are declared.
  public mutating func settings(_ optionNames: [String: String]) {
    for (setting, option) in optionNames {
      let isDeclared = declarations.contains { $0.name == option }
      require(isDeclared, "\(program): --\(option), which is to set \(setting), is not declared")
      self.optionNames[setting] = option
    }
  }

  /// Says which option helps where samples have a size that a model cannot take: `remedy` takes the place of the `advice`
  /// that the library has, and follows where it has none.
  mutating func sizing(insteadOf advice: String, _ remedy: String) { sizing = (advice, remedy) }

  /// `text` with the names of options where it says what a value of a configuration is or was: `--hidden-size was 7` for
  /// `hiddenSize was 7`. What no option sets keeps its name.
  ///
  /// The value is what a clause is about: all words from the start of the text, or from a colon or a semicolon. Of sizes it
  /// is said which option helps.
  public func namingOptions(in text: String) -> String {
    var (words, subject): ([String], [String]) = ([], [])
    var isOfSize = false
    for word in text.split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
      let isVerb = word == "is" || word == "was"
      if isVerb, let option = optionName(of: subject.joined(separator: " ")) { subject = ["--" + option] }
      if isVerb || word.hasSuffix(":") || word.hasSuffix(";") {
        isOfSize = isOfSize || word == "is" && (subject == ["height"] || subject == ["width"])
        words += subject + [word]
        subject = []
      } else {
        subject.append(word)
      }
    }
    let named = (words + subject).joined(separator: " ")
    guard let sizing else { return named }
    if named.contains(sizing.advice) { return named.replacing(sizing.advice, with: sizing.remedy) }
    return isOfSize || named.contains(" too large") ? "\(named): \(sizing.remedy)" : named
  }

  /// The error, and if it is that a model is too large, with the options that make it smaller: those that were given, if
  /// any were.
  func namingSizes(in error: TrainingError, _ arguments: Arguments) -> any Error {
    guard case .tooLarge = error else { return error }
    let all = declarations.map(\.name).filter(Self.isSize)
    let given = all.filter { arguments.texts[$0] != nil }
    let names = (given.isEmpty ? all : given).map { "--" + $0 }
    return ConfigurationError("\(error); lower values help: \(names.joined(separator: ", "))")
  }

  /// Whether an option says how large a part of a model is, or the samples, by its last word.
  private static func isSize(_ name: String) -> Bool {
    let words: Set<Substring> = ["size", "features", "hidden", "layers", "blocks", "depth", "codes", "components"]
    return name != "batch-size" && name != "style-size" && name.split(separator: "-").last.map(words.contains) == true
  }

  /// The option that sets a value, as `hidden-size` of `hiddenSize` and `batch-size` of `batch size`; nil if there is none.
  private func optionName(of setting: String) -> String? {
    let option = optionNames[setting] ?? hyphenated(setting)
    return declarations.contains { $0.name == option } ? option : nil
  }
}

/// A name as it is on command lines: `hidden-size` for `hiddenSize`, and for `hidden size`.
func hyphenated(_ name: String) -> String {
  name.reduce(into: "") { result, letter in
    result += letter.isUppercase ? "-" + letter.lowercased() : letter == " " ? "-" : String(letter)
  }
}

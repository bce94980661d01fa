import LatentSystem

/// A command line that cannot be obeyed, in one line that starts with the option at fault.
public struct UsageError: Error, Hashable, CustomStringConvertible {
  /// The message, such as `--epochs: expected a whole number of 1 or more, found "zero"`.
  public let description: String

  /// An error of the example's own, about options that do not go together for instance.
  public init(_ description: String) {
    self.description = description
  }
}

/// Thrown by ``Options/parse(_:)`` if the command line asks for help.
public struct HelpRequest: Error {}

/// A declared option, which reads its value from the parsed ``Arguments``.
public struct Option<Value: Sendable>: Sendable {
  /// The name without dashes.
  public let name: String

  /// The value of an option that is not given.
  let fallback: Value

  /// Reads a value, or returns `nil` if the text is none or out of range.
  let read: @Sendable (String) -> Value?
}

/// Thrown by ``Options/parse(_:)`` if the command line asks for the version.
public struct VersionRequest: Error {}

/// What the user gave, read with `arguments[option]`.
public struct Arguments: Sendable {
  /// By option name: only text that the option's `read` accepted.
  private(set) var texts: [String: String]
  /// The preset that was asked for, and which options it set.
  var preset: (name: String, options: Set<String>)?
  /// The options that were taken over from a training that goes on.
  private(set) var recalled: Set<String> = []

  /// The value given for the option, or else its default.
  public subscript<Value>(option: Option<Value>) -> Value {
    texts[option.name].flatMap(option.read) ?? option.fallback
  }

  /// Checks that an option that was given means something.
  /// - Throws: ``UsageError`` saying `where` it does.
  public func check<Value>(_ option: Option<Value>, hasMeaning: Bool, _ where: String) throws {
    guard contains(option), !hasMeaning else { return }
    if let preset, preset.options.contains(option.name) {
      throw UsageError(
        "--preset \(preset.name): it sets --\(option.name), which means something only \(`where`)")
    }
    if recalled.contains(option.name) {
      throw UsageError("--resume: the training has --\(option.name), which means something only \(`where`)")
    }
    throw UsageError("--\(option.name): means something only \(`where`)")
  }

  /// What messages call an option that was given: `--loss`, or `--loss of --preset wgan` if that set it.
  func name<Value>(of option: Option<Value>) -> String {
    let origin = preset.flatMap { $0.options.contains(option.name) ? " of --preset \($0.name)" : nil }
    return "--\(option.name)\(origin ?? "")"
  }

  /// Sets `value` to that of the option if it was given; else leaves it as it is.
  public func set<Value>(_ value: inout Value, to option: Option<Value>) {
    if contains(option) { value = self[option] }
  }

  /// Sets `value` to that of the option if it was given; else leaves it as it is.
  public func set<Value>(_ value: inout Value, to option: Option<Value?>) {
    if let given = self[option] { value = given }
  }

  /// These arguments, and what `others` say of options that are not among them.
  func recalling(_ others: [String: String]) -> Arguments {
    var result = self
    for (name, text) in others where texts[name] == nil {
      result.texts[name] = text
      result.recalled.insert(name)
    }
    return result
  }

  /// Whether the option is on the command line itself, not set by a preset.
  func isGiven<Value>(_ option: Option<Value>) -> Bool {
    contains(option) && preset?.options.contains(option.name) != true
  }

  /// Whether the option is on the command line, set by a preset that is, or taken over from a training that goes on.
  public func contains<Value>(_ option: Option<Value>) -> Bool {
    texts[option.name] != nil
  }
}

/// The options of one program: declared first, then parsed, then read.
///
///     var options = Options("train-vae", summary: "Trains a variational autoencoder on images.")
///     let epochs = options.integer("epochs", default: 10, range: 1..., placeholder: "N", help: "passes over the data")
///     let out = options.string("out", default: "runs/vae", placeholder: "DIR", help: "where to write")
///     let arguments = options.parseOrExit()
///     print(arguments[epochs], arguments[out])
///
/// `--name value` and `--name=value` are understood; so is `--help`, which needs no declaration.
public struct Options: Sendable {
  /// The program's name, which starts its error messages.
  public let program: String

  let summary: String
  private(set) var declarations: [Declaration] = []
  /// The options of settings that have another name, for messages: see ``settings(_:)``.
  var optionNames: [String: String] = [:]
  /// What helps against a size that a model cannot take, for messages: see ``sizing(insteadOf:_:)``.
  var sizing: (advice: String, remedy: String)?
  private var presets: [Preset] = []
  /// The option that a value without one is probably meant for, for messages.
  public var usualOption: String?
  /// The options that decide which samples are learned from, and how they are read: a training that goes on has them too.
  var remembered: Set<String> = []
  /// The options that take a path, with what is there, for messages, and what else they take in its place: see
  /// ``rememberPath(_:of:or:)``.
  var rememberedPaths: [String: (content: String?, words: Set<String>)] = [:]
  /// What the first argument says, if the program has modes.
  var modes: Declaration?

  /// Options that go together under a name.
  struct Preset: Sendable {
    let name: String
    let texts: [String: String]
  }

  /// What the parser and the help text need to know of an option, whatever its type.
  struct Declaration: Sendable {
    let name: String
    /// Stands for the value in the help text; nil for a flag.
    let placeholder: String?
    let help: String
    /// What the help text says in parentheses.
    let notes: [String]
    /// What an error message says was expected.
    let expected: String
    let accepts: @Sendable (String) -> Bool
    /// What somebody probably means by a value that is not accepted.
    var suggestion: @Sendable (String) -> String? = { _ in nil }
    /// What else there is to say of a value that is not accepted.
    var remark: @Sendable (String) -> String? = { _ in nil }
  }

  /// Options of the program of this name; the summary is a sentence.
  public init(_ program: String, summary: String) {
    self.program = program
    self.summary = summary
  }

  // MARK: Declaring

  /// An option without a value: true if given.
  public mutating func flag(_ name: String, help: String) -> Option<Bool> {
    declare(
      Declaration(name: name, placeholder: nil, help: help, notes: [], expected: "no value", accepts: \.isEmpty),
      fallback: false, read: { _ in true })
  }

  /// A whole number with a default.
  public mutating func integer(
    _ name: String, default fallback: Int, range: (any OptionLimits<Int> & Sendable)? = nil, placeholder: String,
    help: String
  ) -> Option<Int> {
    number(name, Int.init, "a whole number", fallback, range, placeholder, help)
  }

  /// A whole number, or `nil` if not given.
  public mutating func integer(
    _ name: String, range: (any OptionLimits<Int> & Sendable)? = nil, placeholder: String, help: String
  ) -> Option<Int?> {
    optionalNumber(name, Int.init, "a whole number", range, placeholder, help)
  }

  /// A finite number with a default: `Double`, or another type as in `default: 0.001 as Float`.
  public mutating func number<Number: BinaryFloatingPoint & LosslessStringConvertible & Sendable>(
    _ name: String, default fallback: Number, range: (any OptionLimits<Number> & Sendable)? = nil, placeholder: String,
    help: String
  ) -> Option<Number> {
    number(
      name, Self.finite, "a number", fallback, range, placeholder, help, remark: Self.remark(Number.self))
  }

  /// A finite number, or `nil` if not given.
  public mutating func number(
    _ name: String, range: (any OptionLimits<Double> & Sendable)? = nil, placeholder: String, help: String
  ) -> Option<Double?> {
    optionalNumber(name, Self.finite, "a number", range, placeholder, help, remark: Self.remark(Double.self))
  }

  /// Text with a default, such as a file's path. It may not be empty.
  public mutating func string(
    _ name: String, default fallback: String, placeholder: String, help: String
  ) -> Option<String> {
    declare(
      textDeclaration(name, placeholder, help, notes: ["default \(fallback)"]), fallback: fallback, read: { $0 })
  }

  /// Text, or `nil` if not given. It may not be empty.
  public mutating func string(_ name: String, placeholder: String, help: String) -> Option<String?> {
    declare(textDeclaration(name, placeholder, help, notes: []), fallback: nil, read: { $0 })
  }

  /// One of some cases of an enumeration, by its raw value; of all if `choices` is not given.
  ///
  /// - Parameter others: other names that people have for the choices. They are not accepted, but suggested from.
  public mutating func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, default fallback: Choice, among choices: [Choice] = Array(Choice.allCases), placeholder: String,
    help: String, alsoKnownAs others: [String: Choice] = [:]
  ) -> Option<Choice> {
    let names = choices.map(\.rawValue)
    require(names.contains(fallback.rawValue), "\(program): --\(name): its default is not among its choices")
    let expected = "one of \(names.joined(separator: ", "))"
    return declare(
      Declaration(
        name: name, placeholder: placeholder, help: help, notes: [expected, "default \(fallback.rawValue)"],
        expected: expected, accepts: { names.contains($0) },
        suggestion: { others[$0.lowercased()]?.rawValue ?? closest(to: $0.lowercased(), among: names) }),
      fallback: fallback, read: { Choice(rawValue: $0) ?? fallback })
  }

  /// One of the cases of an enumeration, by its raw value, or `nil` if not given.
  public mutating func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, among type: Choice.Type, placeholder: String, help: String
  ) -> Option<Choice?> {
    let names = type.allCases.map(\.rawValue)
    let expected = "one of \(names.joined(separator: ", "))"
    return declare(
      Declaration(
        name: name, placeholder: placeholder, help: help, notes: [expected], expected: expected,
        accepts: { names.contains($0) }, suggestion: { closest(to: $0.lowercased(), among: names) }),
      fallback: nil, read: { Choice(rawValue: $0) })
  }

  /// Options that go together under a name: `--preset NAME`. What is given beside it takes precedence.
  ///
  /// - Parameters:
  ///   - presets: by name, the options with their values as text; each was declared before.
  ///   - purposes: what some of them are for, by name.
  public mutating func presets(
    _ presets: KeyValuePairs<String, [String: String]>, purposes: [String: String] = [:]
  ) {
    self.presets = presets.map { Preset(name: $0.key, texts: $0.value) }
    let names = presets.map(\.key)
    require(
      Set(purposes.keys).isSubset(of: names), "\(program): a purpose of a preset that there is not: \(purposes.keys)")
    let texts = presets.map { name, options in
      let list = options.sorted { $0.key < $1.key }.map { $0.value.isEmpty ? "--\($0.key)" : "--\($0.key) \($0.value)" }
      let purpose = purposes[name].map { ", \($0)," } ?? ""
      return "\(name)\(purpose) is \(list.joined(separator: " "))"
    }
    for (name, value) in presets.flatMap(\.value) {
      let isRight = declarations.contains { $0.name == name && $0.accepts($0.placeholder == nil ? "" : value) }
      if !isRight { fatalError("\(program): a preset sets --\(name) to \(value)") }
    }
    _ = declare(
      Declaration(
        name: "preset", placeholder: "NAME", help: "options that were tried together: " + texts.joined(separator: ", "),
        notes: [], expected: "one of \(names.joined(separator: ", "))", accepts: { names.contains($0) }),
      fallback: "", read: { $0 })
  }

  private func textDeclaration(_ name: String, _ placeholder: String, _ help: String, notes: [String]) -> Declaration {
    Declaration(
      name: name, placeholder: placeholder, help: help, notes: notes, expected: "a \(placeholder) that is not empty",
      accepts: { !$0.isEmpty })
  }

  private mutating func number<Number: Comparable & Sendable>(
    _ name: String, _ convert: @escaping @Sendable (String) -> Number?, _ noun: String, _ fallback: Number,
    _ range: (any OptionLimits<Number> & Sendable)?, _ placeholder: String, _ help: String,
    remark: @escaping @Sendable (String) -> String? = { _ in nil }
  ) -> Option<Number> {
    let read = Self.limited(convert, range)
    let notes = ["default \(fallback)"]
    return declare(
      numberDeclaration(
        name, noun, range?.phrase, placeholder, help, notes: notes, accepts: { read($0) != nil },
        remark: remark),
      fallback: fallback, read: read)
  }

  private mutating func optionalNumber<Number: Comparable & Sendable>(
    _ name: String, _ convert: @escaping @Sendable (String) -> Number?, _ noun: String,
    _ range: (any OptionLimits<Number> & Sendable)?, _ placeholder: String, _ help: String,
    remark: @escaping @Sendable (String) -> String? = { _ in nil }
  ) -> Option<Number?> {
    let read = Self.limited(convert, range)
    return declare(
      numberDeclaration(
        name, noun, range?.phrase, placeholder, help, notes: [], accepts: { read($0) != nil },
        remark: remark),
      fallback: nil, read: { read($0) })
  }

  private func numberDeclaration(
    _ name: String, _ noun: String, _ phrase: String?, _ placeholder: String, _ help: String, notes: [String],
    accepts: @escaping @Sendable (String) -> Bool, remark: @escaping @Sendable (String) -> String?
  ) -> Declaration {
    // "a whole number of 1 or more" in a sentence, "1 or more" in the help text's parentheses.
    let limits = phrase.map { String($0.trimmingPrefix("of ")) }
    return Declaration(
      name: name, placeholder: placeholder, help: help, notes: [limits].compactMap(\.self) + notes,
      expected: [noun, phrase].compactMap(\.self).joined(separator: " "), accepts: accepts, remark: remark)
  }

  private static func limited<Number: Sendable>(
    _ convert: @escaping @Sendable (String) -> Number?, _ range: (any OptionLimits<Number> & Sendable)?
  ) -> @Sendable (String) -> Number? {
    { text in convert(text).flatMap { range?.contains($0) ?? true ? $0 : nil } }
  }

  private mutating func declare<Value>(
    _ declaration: Declaration, fallback: Value, read: @escaping @Sendable (String) -> Value?
  ) -> Option<Value> {
    let isNew = !(["help", "version"] + declarations.map(\.name)).contains(declaration.name)
    require(isNew, "\(program): --\(declaration.name) is declared twice")
    declarations.append(declaration)
    return Option(name: declaration.name, fallback: fallback, read: read)
  }

  // MARK: Parsing

  /// Parses the arguments that follow the program's name.
  ///
  /// - Throws: ``HelpRequest`` if `--help` or `-h` is among them, ``VersionRequest`` if `--version` is; else ``UsageError`` for the first of: an unknown
  ///   option, a missing or superfluous value, a value of the wrong kind or out of range, an option given twice, an
  ///   argument that belongs to no option.
  public func parse(_ arguments: [String]) throws -> Arguments {
    if Self.asksForHelp(arguments) { throw HelpRequest() }
    if arguments.contains("--version") { throw VersionRequest() }
    var texts: [String: String] = [:]
    var rest = arguments[...]
    if let modes { texts[modes.name] = try mode(modes, &rest) }
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument.count > 1 else {
        throw unexpectedArgument(argument, texts)
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let declaration = declarations.first(where: { "--\($0.name)" == parts[0] }) else {
        throw unknownOption(parts[0])
      }
      let value = try value(of: declaration, inline: parts.count > 1 ? parts[1] : nil, &rest)
      guard texts.updateValue(value, forKey: declaration.name) == nil else {
        throw UsageError("--\(declaration.name): given twice")
      }
    }
    if let modes, texts[modes.name] == nil {
      throw UsageError("what to do is missing: expected \(modes.expected) before the options")
    }
    let preset = presets.first { $0.name == texts["preset"] }
    let set = (preset?.texts ?? [:]).filter { texts[$0.key] == nil }
    return Arguments(
      texts: texts.merging(set) { given, _ in given }, preset: preset.map { ($0.name, Set(set.keys)) })
  }

  static func asksForHelp(_ arguments: [String]) -> Bool { arguments.contains("--help") || arguments.contains("-h") }

  /// The value after `=`, or else the next argument, which then must not look like an option.
  private func value(
    of declaration: Declaration, inline: String?, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    let name = "--\(declaration.name)"
    guard let placeholder = declaration.placeholder else {
      if let inline { throw UsageError("\(name): takes no value, found \(inline.debugDescription)") }
      return ""
    }
    let next = rest.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
    guard let text = inline ?? next else { throw UsageError("\(name): its value \(placeholder) is missing") }
    if inline == nil { rest.removeFirst() }
    guard declaration.accepts(text) else {
      let hint = declaration.suggestion(text).map { "did you mean \($0)?" } ?? declaration.remark(text)
      let end = hint.map { "; " + $0 } ?? ""
      throw UsageError("\(name): expected \(declaration.expected), found \(text.debugDescription)\(end)")
    }
    return text
  }

  private func unexpectedArgument(_ argument: String, _ given: [String: String]) -> UsageError {
    let text = "unexpected argument \(argument.debugDescription): every value belongs to an option"
    guard let usualOption, given[usualOption] == nil else { return UsageError(text) }
    return UsageError("\(text); did you mean --\(usualOption) \(argument)?")
  }

  private func unknownOption(_ name: String) -> UsageError {
    let bare = String(name.drop { $0 == "-" })
    let suggestion = closest(to: bare, among: declarations.map(\.name) + ["help", "version"])
    let hint = suggestion.map { "did you mean --\($0)?" } ?? "see --help"
    return UsageError("unknown option \(name.debugDescription); \(hint)")
  }
}

import Latent
import LatentSystem

extension Options {
  /// Parses the command line of the process.
  ///
  /// `--help` prints the help text and ends the process with exit code 0; a command line that cannot be obeyed, or an
  /// environment variable that makes no sense, prints one line to standard error and ends it with 2.
  public func parseOrExit() -> Arguments {
    do {
      let texts = Self.givenArguments
      if !Self.asksForHelp(texts) { try checkEnvironment() }
      return try parse(texts)
    } catch is HelpRequest {
      print(helpText, terminator: "")
      exit(0)
    } catch is VersionRequest {
      tell("\(program), Latent \(Self.version)")
      exit(0)
    } catch {
      fail(error, program: program)
    }
  }
}

extension Options {
  /// What the process was started with. Paths among it are bytes, which `CommandLine.arguments` does not keep.
  private static var givenArguments: [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { place in
      CommandLine.unsafeArgv[place].map { PathText.text(UnsafePointer($0)) }
    }
  }
}

/// Prints a line, at once even where nobody looks at it, as in a file or a pipe. What would be invisible, as in a file's
/// name, is written out, and so is an end of a line within it.
public func tell(_ line: String) {
  print(visible(line))
  fflush(nil)
}

/// Prints the lines of a table, as ``tell(_:)`` does each.
public func tell(table: String) {
  for line in table.split(separator: "\n", omittingEmptySubsequences: false) { print(visible(String(line))) }
  fflush(nil)
}

/// Prints `program: message` in one line to standard error and ends the process: with exit code 2 for a
/// ``UsageError`` or an error in the environment, with 1 for every other error,
/// and where a signal stopped something as a shell says that it ended by the signal.
/// - Parameter naming: gives what the library says of a configuration with the names of options.
public func fail(_ error: any Error, program: String, naming: (String) -> String = { $0 }) -> Never {
  SystemFile.writeError(errorLine(error, program: program, naming: naming))
  if let interruption = error as? Interruption { exit(interruption.exitCode) }
  exit(error is UsageError || error is EnvironmentError ? 2 : 1)
}

/// The one line ``fail(_:program:)`` prints, whatever lines the error's own description has.
func errorLine(_ error: any Error, program: String, naming: (String) -> String = { $0 }) -> String {
  var text = "\(sayingOnce(error, naming: naming))".split(whereSeparator: \.isNewline).joined(separator: " ")
  // A model begins a complaint of its own with its kind: train-dcgan need not say that it is one of a dcgan.
  if error is ConfigurationError, let kind = text.firstIndex(of: ":"), program.hasSuffix("-" + text[..<kind]) {
    text = String(text[kind...].dropFirst(2))
  }
  if speaksOfSettings(error) { text = naming(text) }
  return visible("\(program): \(text)") + "\n"
}

/// An error with each difference once, in the names of options: one option may set two values.
private func sayingOnce(_ error: any Error, naming: (String) -> String) -> any Error {
  guard case .otherTraining(let differences)? = error as? TrainingError else { return error }
  var said: Set<String> = []
  return TrainingError.otherTraining(differences.map(naming).filter { said.insert($0).inserted })
}

/// Whether an error says what values of a configuration are or were.
private func speaksOfSettings(_ error: any Error) -> Bool {
  if case .otherTraining? = error as? TrainingError { return true }
  return error is ConfigurationError
}

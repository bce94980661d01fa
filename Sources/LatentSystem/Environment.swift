/// The value of an environment variable; nil if it is not set, or empty.
package func environmentValue(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

/// A setting in the environment that cannot be obeyed.
///
/// The library warns of it and does without; our programs refuse to start.
package struct EnvironmentError: Error, Equatable, CustomStringConvertible {
  /// The variable, and what is wrong with its value: `LATENT_THREADS: 'x' is not a number of threads; …`.
  package let description: String

  /// - Parameters:
  ///   - variable: its name.
  ///   - problem: what is wrong with its value, as the rest of a sentence.
  package init(_ variable: String, _ problem: String) { description = "\(variable): \(problem)" }
}

/// What `setting` finds in the environment, or `fallback` with a line on standard error if that cannot be obeyed.
///
/// - Parameters:
///   - fallback: the value to do with.
///   - name: what the warning calls it.
package func setting<Value>(
  or fallback: Value, called name: String, _ setting: () throws(EnvironmentError) -> Value?
) -> Value {
  do throws(EnvironmentError) {
    return try setting() ?? fallback
  } catch {
    SystemFile.writeError("warning: \(error); \(name)\n")
    return fallback
  }
}

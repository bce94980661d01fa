/// Stops the program with `message` unless `condition` holds.
///
/// For misuse by the programmer. `precondition` prints no message in optimised code and `assert` does not run there, so
/// every check of this library goes through here. A message names the operation, the shapes and the broken rule.
@inlinable @inline(__always)
package func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition() { fatalError(message(), file: file, line: line) }
}

/// Ends the process with one line on standard error: an environment variable makes no sense. That is a mistake of
/// whoever started the program, not one in it, so there is no trap and no backtrace.
package func endProcess(_ message: String) -> Never {
  SystemFile.writeError(message + "\n")
  exit(2)
}

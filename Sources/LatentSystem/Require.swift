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

/// The value that must be there; stops the program with `message` if it is not, as ``require(_:_:file:line:)`` does.
@inlinable @inline(__always)
package func requireSome<Value>(
  _ value: @autoclosure () -> Value?, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) -> Value {
  guard let value = value() else { fatalError(message(), file: file, line: line) }
  return value
}

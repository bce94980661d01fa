import LatentSystem
import Testing

/// The description of the error that `body` throws, which is a `FileError` of one line.
func message(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
  let error = try #require(throws: FileError.self, sourceLocation: sourceLocation) { try body() }
  #expect(!error.description.contains("\n"), sourceLocation: sourceLocation)
  return error.description
}

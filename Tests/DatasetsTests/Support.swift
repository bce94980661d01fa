import LatentSystem
import Testing

/// The description of the error that `body` throws, which is a `FileError` of one line.
func message(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
  let error = try #require(throws: FileError.self, sourceLocation: sourceLocation) { try body() }
  #expect(!error.description.contains("\n"), sourceLocation: sourceLocation)
  return error.description
}

/// Expects that a program stopped with `message` on its standard error.
func expect(
  _ result: ExitTest.Result?, saysWhy message: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(text.contains(message), sourceLocation: sourceLocation)
}

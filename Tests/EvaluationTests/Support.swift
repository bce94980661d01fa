import Testing

/// Expects that a program stopped with `message` on its standard error.
func expect(
  _ result: ExitTest.Result?, saysWhy message: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(text.contains(message), sourceLocation: sourceLocation)
}

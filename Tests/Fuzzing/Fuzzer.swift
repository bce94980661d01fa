import LatentSystem

/// The parser under test, chosen by `FUZZ_TARGET`, so that one compilation serves all.
private let target: @Sendable ([UInt8]) throws -> Void = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = fuzzTargets[name] else {
    fatalError("FUZZ_TARGET is '\(name)', expected one of \(fuzzTargets.keys.sorted())")
  }
  return target
}()

/// Called by libFuzzer for each input. An error of the parser is what damaged input should give; it must be a
/// ``FileError`` of one short line.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try target(Array(UnsafeBufferPointer(start: start, count: count)))
  } catch let error as FileError {
    let text = error.description
    check(text.utf8.count < 4000, "a message of \(text.utf8.count) bytes")
    check(!text.unicodeScalars.contains { $0.properties.generalCategory == .control }, "a control character: \(text)")
  } catch {
    fatalError("an error that is no FileError: \(error)")
  }
  return 0
}

/// Stops the fuzzer with a finding unless `condition` holds.
func check(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}

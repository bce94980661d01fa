import Foundation
import Tensor
import Testing

@testable import Datasets

/// The path of a file in the folder Fixtures.
func fixturePath(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil)).path
}

/// The contents of a file in the folder Fixtures.
func fixture(_ name: String) throws -> [UInt8] { try AtomicFile.read(fixturePath(name)) }

/// A new folder that is removed after `body`.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("latent-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  try body(url.path)
}

/// The description of the error that `body` throws, which is a `FileError` of one line.
func message(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
  let error = try #require(throws: FileError.self, sourceLocation: sourceLocation) { try body() }
  #expect(!error.description.contains("\n"), sourceLocation: sourceLocation)
  return error.description
}

/// Bytes without pattern: the upper bits of a linear congruential generator.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(state >> 56)
  }
}

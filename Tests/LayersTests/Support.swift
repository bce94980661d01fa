import Foundation
import Tensor
import Testing

@testable import Layers

/// The path of a resource of this target, such as `Fixtures/python.safetensors`.
func resourcePath(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: name, withExtension: nil)).path
}

/// A new folder that is removed after `body`.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("latent-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  try body(url.path)
}

import Foundation
import Tensor
import Testing

@testable import Layers

/// The path of a resource of this target, such as `Golden/golden-layers.json`.
func resourcePath(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: name, withExtension: nil)).path
}

/// Expects that a program stopped with `message` on its standard error.
func expect(
  _ result: ExitTest.Result?, saysWhy message: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(text.contains(message), sourceLocation: sourceLocation)
}

/// Whether every scalar is within `tolerance` of `expected`, relative to the largest expected magnitude, at least `floor`.
func isClose(_ tensor: Tensor, _ expected: [Double], tolerance: Double, floor: Double = 1e-3) -> Bool {
  guard tensor.scalarCount == expected.count else { return false }
  let scale = max(expected.map(abs).max() ?? 0, floor)
  return zip(tensor.scalars, expected).allSatisfy { abs(Double($0) - $1) <= tolerance * scale }
}

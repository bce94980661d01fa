import Testing

@testable import Tensor

typealias Input = UnsafePointer<Float>
typealias Output = UnsafeMutablePointer<Float>
typealias Pair = @Sendable (Input, Input, Output, Int) -> Void

extension KernelSet: CustomTestStringConvertible {
  public var testDescription: String { instructionSet.rawValue }

  /// Those that this processor can run. ``InstructionSetTests`` names the others.
  static let all = InstructionSet.available.map { KernelSet(for: $0) }

  /// All kernels of one input, as the table names them: a new one is tested without being named here.
  var unaryByName: [String: UnaryKernel] { named(unary) }

  /// All kernels of two inputs with strides.
  var binaryByName: [String: BinaryKernel] { named(binary) }

  private func named<Kernel>(_ family: Any) -> [String: Kernel] {
    var result: [String: Kernel] = [:]
    for case (let name?, let value) in Mirror(reflecting: family).children { result[name] = value as? Kernel }
    return result
  }
}

/// The suites run with each set that the processor has; a set that it lacks is not tested, and that is said here.
@Suite struct InstructionSetTests {
  @Test func baseline() { #expect(KernelSet.all.first?.instructionSet == .baseline) }

  @Test(
    .enabled(if: InstructionSet.available.contains(.avx2), "this processor cannot run the AVX2 kernels: not tested"))
  func avx2() { #expect(KernelSet.all.contains { $0.instructionSet == .avx2 }) }

  @Test(
    .enabled(
      if: InstructionSet.available.contains(.avx512), "this processor cannot run the AVX-512 kernels: not tested")
  )
  func avx512() { #expect(KernelSet.all.contains { $0.instructionSet == .avx512 }) }

  @Test("Every kernel of a family is found under its name", arguments: KernelSet.all)
  func names(_ kernels: KernelSet) {
    #expect(kernels.unaryByName.count == Mirror(reflecting: kernels.unary).children.count)
    #expect(kernels.binaryByName.count == Mirror(reflecting: kernels.binary).children.count)
    #expect(kernels.unaryByName.count >= 17 && kernels.binaryByName.count >= 13)
  }
}

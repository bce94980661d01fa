import Testing

@testable import Tensor

@Suite struct KernelChoiceTests {
  @Test func environmentChooses() {
    #expect(InstructionSet.chosen(by: nil, best: .avx2) == .avx2)
    #expect(InstructionSet.chosen(by: "", best: .avx512) == .avx512)
    #expect(InstructionSet.chosen(by: "baseline", best: .avx512) == .baseline)
    #expect(InstructionSet.chosen(by: "avx2", best: .avx512) == .avx2)
    #expect(InstructionSet.chosen(by: "avx2", best: .avx2) == .avx2)
  }

  @Test func wrongNamesStop() async {
    await #expect(processExitsWith: .exitCode(2)) { _ = InstructionSet.chosen(by: "AVX2", best: .avx512) }
    await #expect(processExitsWith: .exitCode(2)) { _ = InstructionSet.chosen(by: "avx512", best: .avx2) }
  }

  @Test func selectFollowsTheSet() {
    #expect(InstructionSet.allCases.map { select(1, 2, 3, for: $0) } == [1, 2, 3])
    #expect(InstructionSet.available.first == .baseline)
    #expect(InstructionSet.available.contains(.current))
  }

  /// The copies are what their names say: tiles grow with the registers.
  @Test func copiesDiffer() {
    #if arch(x86_64)
      #expect(InstructionSet.allCases.map { GEMMKernels(for: $0).tileColumns } == [8, 16, 32])
    #endif
  }
}

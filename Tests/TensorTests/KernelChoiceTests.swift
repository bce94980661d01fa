import LatentSystem
import Testing

@testable import Tensor

@Suite struct KernelChoiceTests {
  @Test func environmentChooses() throws {
    #expect(try InstructionSet.chosen(by: "baseline", best: .avx512) == .baseline)
    #expect(try InstructionSet.chosen(by: "avx2", best: .avx512) == .avx2)
    #expect(try InstructionSet.chosen(by: "avx2", best: .avx2) == .avx2)
  }

  @Test(arguments: [
    ("AVX2", InstructionSet.avx512, "LATENT_KERNELS: 'AVX2' is not one of baseline, avx2, avx512"),
    ("avx512", .avx2, "LATENT_KERNELS: this processor cannot run 'avx512'; the best it can is 'avx2'"),
  ])
  func wrongNamesAreErrors(name: String, best: InstructionSet, message: String) {
    let error = #expect(throws: EnvironmentError.self) { try InstructionSet.chosen(by: name, best: best) }
    #expect(error?.description == message)
  }

  #if os(macOS) || os(Linux)
    @Test("The library warns once of a name that makes no sense, and takes the best set") func warning() async {
      let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
        setenv("LATENT_KERNELS", "fast", 1)
        for _ in 0..<2 { #expect(InstructionSet.current == InstructionSet.available.last) }
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      let warning = "warning: LATENT_KERNELS: 'fast' is not one of baseline, avx2, avx512; kernels: "
      #expect(text.split(separator: "\n").filter { $0.hasPrefix(warning) }.count == 1, "\(text)")
    }
  #endif

  @Test func setsAreInOrder() {
    #expect(InstructionSet.allCases.sorted() == [.baseline, .avx2, .avx512])
    #expect(InstructionSet.available.first == .baseline)
    #expect(InstructionSet.available.contains(.current))
  }

  /// The copies are what their names say: tiles grow with the registers.
  @Test func copiesDiffer() {
    #if arch(x86_64)
      #expect(InstructionSet.allCases.map { KernelSet(for: $0).tileColumns } == [8, 16, 32])
    #endif
  }
}

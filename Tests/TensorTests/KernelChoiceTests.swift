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

  @Test func cachesAreKnown() throws {
    #expect(try ProcessorCaches.chosen(by: "32,1024") == ProcessorCaches(bytes: [32 << 10, 1 << 20]))
    #expect(try ProcessorCaches.chosen(by: "48,2048,32768").description == "48 KB, 2048 KB, 32768 KB")
    for text in ["", "32,", "32K", "0", "32,-1", "1,2,3,4", "32,99999999999999999999"] {
      let error = #expect(throws: EnvironmentError.self) { try ProcessorCaches.chosen(by: text) }
      #expect(error?.description == "LATENT_CACHES: '\(text)' is not one to three sizes in kilobytes, as in 32,1024")
    }
    #if arch(x86_64) || canImport(Darwin)
      let (first, second) = (ProcessorCaches.current.level(1), ProcessorCaches.current.level(2))
      #expect((8 << 10...1 << 20).contains(first) && (first...1 << 30).contains(second), "\(first), \(second)")
    #endif
  }

  @Test("Blocks are as large as the second-level cache suggests, and whole tiles", arguments: InstructionSet.available)
  func blocksFollowCaches(_ set: InstructionSet) {
    func rows(_ kilobytes: Int...) -> Int {
      KernelSet(for: set, caches: ProcessorCaches(bytes: kilobytes.map { $0 << 10 })).blockRows
    }
    #expect(rows(32, 128) == 96 && rows(32, 512) == 192 && rows(32, 1024) == 384 && rows(32, 1 << 14) == 768)
    #expect(rows(32) == 192 && rows(32, 0) == 192)
    let tile = KernelSet(for: set).tileRows
    #expect([300, 700, 1300].allSatisfy { rows(32, $0) % tile == 0 })
  }

  /// The copies are what their names say: tiles grow with the registers.
  @Test func copiesDiffer() {
    #if arch(x86_64)
      #expect(InstructionSet.allCases.map { KernelSet(for: $0).tileColumns } == [8, 16, 32])
    #endif
  }
}

import Foundation
import Testing

@testable import Tensor

@Suite struct PhiloxTests {
  /// From the `kat_vectors` file of the authors' Random123.
  @Test(arguments: KernelSet.all)
  func knownAnswers(_ kernels: KernelSet) {
    var out = [UInt32](repeating: 0, count: 4)
    kernels.random.philoxBlock(0, 0, 0, 0, 0, 0, &out)
    #expect(out == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    let ones = UInt32.max
    kernels.random.philoxBlock(ones, ones, ones, ones, ones, ones, &out)
    #expect(out == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
  }

  @Test(arguments: KernelSet.all)
  func uniformsAreTheWordsOfTheBlocks(_ kernels: KernelSet) {
    let (key0, key1, stream): (UInt32, UInt32, UInt64) = (0xdead_beef, 7, 0x1234_5678_9abc_def0)
    for position in [UInt64(0), 0xffff_fffe, UInt64.max - 2] {
      for n in edgeSizes {
        let y = guarded(n) { y, _ in kernels.random.philoxUniform(key0, key1, stream, position, y, n) }
        var words = [UInt32](repeating: 0, count: 4)
        for i in 0..<n {
          let counter = position &+ UInt64(i / 4)
          kernels.random.philoxBlock(
            UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), UInt32(truncatingIfNeeded: stream),
            UInt32(stream >> 32), key0, key1, &words)
          #expect(y[i] == Float(words[i % 4] >> 8) / 16_777_216)
        }
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func normalsFollowBoxAndMuller(_ kernels: KernelSet) {
    let n = 10_000
    let u = guarded(n) { y, _ in kernels.random.philoxUniform(1, 2, 3, 4, y, n) }.map { Double($0) }
    let y = guarded(n) { y, _ in kernels.random.philoxNormal(1, 2, 3, 4, y, n) }
    let exact = (0..<n).map { i in
      let (radius, angle) = ((-2 * log(1 - u[i & ~1])).squareRoot(), 2 * Double.pi * u[i | 1])
      return radius * (i & 1 == 0 ? cos(angle) : sin(angle))
    }
    expectNear(y, exact, tolerance: 1e-6, "normal")
    #expect(abs(y.reduce(0, +) / Float(n)) < 0.04)
  }

  @Test(arguments: KernelSet.all)
  func splittingDoesNotMatter(_ kernels: KernelSet) {
    for fill in [kernels.random.philoxUniform, kernels.random.philoxNormal] {
      let n = 203
      let whole = guarded(n) { y, _ in fill(5, 6, 7, 8, y, n) }
      for split in [4, 20, 68, 200] {
        let parts = guarded(n) { y, _ in
          fill(5, 6, 7, 8, y, split)
          fill(5, 6, 7, 8 + UInt64(split / 4), y + split, n - split)
        }
        #expect(parts == whole)
      }
    }
  }
}

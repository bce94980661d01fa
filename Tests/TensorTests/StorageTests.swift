import Testing

@testable import Tensor

/// Values over shared storage, and the pool the storage comes from.
@Suite struct StorageTests {
  private func address(_ tensor: Tensor) -> UnsafePointer<Float> { tensor.pointer }

  @Test("A change is never seen through a copy") func copyOnWrite() {
    let original = Tensor([1, 2, 3])
    let changes: [(inout Tensor) -> Void] = [
      { $0 += Tensor([1, 1, 1]) }, { $0 -= Tensor(1) }, { $0 *= 2 }, { $0 += 1 }, { $0 /= 3 },
      { $0.withMutableScalars { $0[0] = 9 } }, { $0.add(Tensor([1, 2, 3]), scaledBy: 2) },
    ]
    for change in changes {
      var copy = original
      let reshaped = copy.reshaped(to: [3, 1])
      let detached = copy.detached()
      change(&copy)
      #expect(original == Tensor([1, 2, 3]) && reshaped == Tensor([[1], [2], [3]]) && detached == original)
      #expect(copy != original)
    }
  }

  @Test("Blocks begin at cache lines, large ones at large pages") func alignment() {
    for count in [1, 17, 1000, 1 << 19, 600_000] {
      let address = UInt(bitPattern: Storage(count: count).pointer)
      #expect(address.isMultiple(of: 64))
      #if os(Linux)
        if count >= 1 << 19 { #expect(address.isMultiple(of: 2 << 20)) }
      #endif
    }
  }

  @Test("A tensor nobody shares is changed where it is") func inPlace() {
    var x = Tensor([1, 2, 3])
    let before = address(x)
    x += Tensor([1, 1, 1])
    x -= Tensor([1, 1, 1])
    x *= 2
    x += 1
    x -= 1
    x.withMutableScalars { $0[0] = 7 }
    #expect(address(x) == before && x == Tensor([7, 4, 6]))
    let copy = x
    #expect(address(copy) == before, "copies share")
    x += 1
    #expect(address(x) != before && address(copy) == before)
  }

  @Test("Scalars a recording needs are not overwritten") func recordedScalars() {
    let x = Tensor([1, 2]).recorded()
    var y = x * 3
    let z = y.square().sum()
    y.withMutableScalars { $0[0] = 100 }
    #expect(!y.isRecorded)
    #expect(z.gradient(at: x) == Tensor([18, 36]))
    var leaf = x
    leaf.withMutableScalars { $0[1] = 50 }
    #expect(x == Tensor([1, 2]) && z.gradient(at: x) == Tensor([18, 36]))
  }

  @Test("Errors and results pass through the closures") func closures() throws {
    struct Stop: Error {}
    var x = Tensor([1, 2])
    #expect(x.withScalars { $0.count } == 2)
    #expect(x.withMutableScalars { $0.reduce(0, +) } == 3)
    #expect(throws: Stop.self) { try x.withScalars { _ in throw Stop() } }
    #expect(throws: Stop.self) {
      try x.withMutableScalars { scalars in
        scalars[0] = 5
        throw Stop()
      }
    }
    #expect(x == Tensor([5, 2]))
  }

  @Test("A class of blocks knows its size") func sizeOfAClass() {
    for count in [1, 16, 17, 64, 65, 80, 81, 128, 129, 1000, 4097, 1 << 20, (1 << 20) + 1] {
      let sizeClass = SizeClass(holding: count)
      #expect(SizeClass.floatCount(at: sizeClass.index) == sizeClass.floatCount)
    }
  }

  @Test("Blocks are aligned, large enough, and waste little") func sizeClasses() {
    var last = SizeClass(holding: 0)
    for count in Array(0...5000) + (13...24).flatMap({ [(1 << $0) - 1, 1 << $0, (1 << $0) + 1] }) {
      let own = SizeClass(holding: count)
      #expect(own.floatCount >= count && own.floatCount % SizeClass.unit == 0)
      #expect(count < 128 || Double(own.floatCount) <= 1.25 * Double(count) + 16)
      if count <= 5000 {
        #expect(own.index == last.index && own.floatCount == last.floatCount || own.index == last.index + 1)
        last = own
      }
    }
    for count in [0, 1, 17, 1000] {
      #expect(Int(bitPattern: Tensor(uninitialized: [count]).pointer) % 64 == 0)
    }
  }

  @Test(
    "Idle blocks are bounded by the machine's memory",
    arguments: [(1 << 12, 1 << 15), (1 << 16, 1 << 15), (1 << 20, 1 << 17)])
  func idleMemory(held: Int, memory: Int) throws {
    // As many bytes at one time, in four blocks, then all idle.
    let pool = StoragePool(memory: memory)
    let sizeClass = SizeClass(holding: held / 16)
    for _ in 0..<2 {
      let blocks = try (0..<4).map { _ in try #require(pool.take(sizeClass)) }
      for block in blocks { pool.put(block, sizeClass) }
    }
    #expect(pool.allocationCount == 4, "what was held may be held again")
    // Blocks of other sizes take the place of those.
    for size in 1...16 {
      let other = SizeClass(holding: held / 64 * size)
      pool.put(try #require(pool.take(other)), other)
      #expect(pool.idleBytes <= max(memory / 8, held + held / 2))
      #expect(pool.idleBytes <= max(memory / 2, held))
    }
    pool.drain()
    #expect(pool.idleBytes == 0)
  }

  #if os(macOS) || os(Linux)
    @Test("A steady training step asks the system for nothing") func steadyState() async {
      // In a process of its own, where no other test allocates.
      await #expect(processExitsWith: .success) {
        var noise = TestNoise(71)
        var (w, v) = (noise.tensor([20, 32], in: -0.1...0.1), noise.tensor([32, 4], in: -0.1...0.1))
        var generator = RandomGenerator(seed: 1)
        Threads.count = 1
        func step() {
          let x = Tensor.normal([64, 20], using: &generator)
          let (a, b) = (w.recorded(), v.recorded())
          let input = x.recorded()
          let output = input.matmul(a).leakyReLU().matmul(b)
          let slope = output.sum().gradient(at: input, recording: true)
          let penalty = (slope.norm(axes: [1], epsilon: 1e-12) - 1).square().mean()
          let loss = output.logSumExp(axes: [1]).mean() + penalty
          let gradients = loss.gradients(at: [a, b])
          w.add(gradients[0], scaledBy: -0.1)
          v.add(gradients[1], scaledBy: -0.1)
        }
        for _ in 0..<5 { step() }
        let before = Tensor.systemAllocationCount
        for _ in 0..<100 { step() }
        #expect(Tensor.systemAllocationCount == before)
        #expect(before > 0 && w.isAllFinite && v.isAllFinite)
        Tensor.releaseIdleStorage()
        step()
        #expect(Tensor.systemAllocationCount > before, "nothing idle is left")
      }
    }

    @Test("Steps that need more than a gibibyte find it again") func largeSteps() async {
      await #expect(processExitsWith: .success) {
        // Never written, so the system gives no memory for it.
        func step() {
          let blocks = (0..<3).map { _ in Tensor(uninitialized: [1 << 27]) }
          withExtendedLifetime(blocks) {}
        }
        step()
        let before = Tensor.systemAllocationCount
        step()
        #expect(Tensor.systemAllocationCount == before)
        // Other sizes push out what is no longer used.
        for size in [1 << 26, 3 << 25] {
          let blocks = (0..<4).map { _ in Tensor(uninitialized: [size]) }
          withExtendedLifetime(blocks) {}
        }
        let later = Tensor.systemAllocationCount
        step()
        #expect(Tensor.systemAllocationCount > later)
      }
    }

    @Test("The peak counts what is held at one time") func peak() async {
      await #expect(processExitsWith: .success) {
        let kibibyte = 1024
        func hold(_ floats: Int) { withExtendedLifetime(Tensor.zeros([floats])) {} }
        let held = Tensor.zeros([256])
        // Whatever else the process holds already.
        let start = Tensor.peakStorageBytes {} - kibibyte
        let peak = Tensor.peakStorageBytes {
          for _ in 0..<5 { hold(1024) }
          let a = Tensor.zeros([2048])
          withExtendedLifetime(a) { hold(512) }
        }
        let peakOfNothing = Tensor.peakStorageBytes {}
        // 65 units of 64 bytes take a block of 80.
        let peakOfBlocks = Tensor.peakStorageBytes { hold(1040) }
        #expect(peak - start == (1 + 8 + 2) * kibibyte)
        #expect(peakOfNothing - start == kibibyte, "all released")
        #expect(peakOfBlocks - start == (1 + 5) * kibibyte)
        withExtendedLifetime(held) {}
      }
    }

    @Test("Results do not depend on the number of threads") func threads() async {
      await #expect(processExitsWith: .success) {
        var noise = TestNoise(72)
        let x = noise.tensor([600, 1003])
        let w = noise.tensor([1003, 64])
        func results() -> [[UInt32]] {
          var generator = RandomGenerator(seed: 2)
          let leaf = w.recorded()
          let loss = x.matmul(leaf).tanh().square().sum()
          let random = [
            Tensor.uniform([700, 1001], using: &generator), Tensor.normal([1_000_003], using: &generator),
          ]
          let computed = [
            x.sum(), x.sum(axes: [0]), x.sum(axes: [1]), x.flattened().reshaped(inferring: [-1]).sum(), x.mean(),
            x.variance(),
            x.logSumExp(axes: [0]), x.softmax(axis: 1), x.max(axes: [0]), x * 3 + x.exp(),
            x + Tensor.ramp(count: 1003), x.transposed(), x.cumulativeSum(axis: 0), loss, loss.gradient(at: leaf),
            Tensor(repeating: 0.1, shape: [3_000_000]).sum(),
          ]
          return (random + computed).map { bitPatterns($0) }
        }
        Threads.count = 1
        let expected = results()
        for count in [2, 3, 2] {
          Threads.count = count
          for (index, bits) in results().enumerated() {
            // Not inside the expectation, which would compute the difference of a million elements.
            let isSame = bits == expected[index]
            #expect(isSame, "result \(index) with \(count) threads")
          }
        }
      }
    }
  #endif
}

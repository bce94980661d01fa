import Testing

@testable import Tensor

/// Products against a plain sum in `Double`, for every copy of the kernels this processor can run.
@Suite struct GEMMTests {
  /// How the operands lie in memory.
  struct Layout: Sendable, CustomTestStringConvertible {
    var transposesA = false
    var transposesB = false
    /// Floats between the end of a row and the beginning of the next.
    var gap = 0
    /// Floats between neighbours of a row; 1 is contiguous.
    var spread = 1

    var testDescription: String {
      "A\(transposesA ? "ᵀ" : "") B\(transposesB ? "ᵀ" : ""), gap \(gap), spread \(spread)"
    }
  }

  static let layouts = [
    Layout(), Layout(transposesA: true), Layout(transposesB: true), Layout(transposesA: true, transposesB: true),
    Layout(gap: 3), Layout(transposesA: true, transposesB: true, gap: 5), Layout(gap: 1, spread: 2),
  ]

  /// Numbers in -1...1 that look random.
  static func numbers(_ count: Int, seed: UInt32) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(Int32(bitPattern: state)) / Float(Int32.max)
    }
  }

  /// Runs one product on memory that ends at inaccessible pages and compares it with the plain sum.
  static func check(
    _ m: Int, _ n: Int, _ k: Int, _ layout: Layout = Layout(), accumulate: Bool = false, on set: InstructionSet
  ) {
    let a = Operand(rows: m, columns: k, transposed: layout.transposesA, layout, seed: 1)
    let b = Operand(rows: k, columns: n, transposed: layout.transposesB, layout, seed: 2)
    let cStride = n + layout.gap
    // Up to the last element of C.
    let count = m > 0 && n > 0 ? (m - 1) * cStride + n : 0
    let before = accumulate ? numbers(count, seed: 3) : [Float](repeating: .nan, count: count)
    let c = guarded(count, a.scalars, b.scalars, initial: before) { c, operands in
      gemm(
        m: m, n: n, k: k, a: operands[0], aRowStride: a.rowStride, aColumnStride: a.columnStride,
        b: operands[1], bRowStride: b.rowStride, bColumnStride: b.columnStride,
        c: c, cRowStride: cStride, accumulate: accumulate, kernels: KernelSet(for: set))
    }
    var worst = 0.0
    for i in 0..<m {
      for j in 0..<n {
        var sum = accumulate ? Double(before[i * cStride + j]) : 0
        for p in 0..<k { sum += Double(a[i, p]) * Double(b[p, j]) }
        let error = abs(Double(c[i * cStride + j]) - sum)
        worst = error.isNaN ? .infinity : max(worst, error)
      }
    }
    // Each of k roundings is at most half a unit of a sum that stays near √k.
    #expect(worst <= 1e-6 * (2 + Double(k)), "\(m)×\(n)×\(k) \(layout) \(set)")
    for i in 0..<max(0, m - 1) where n > 0 {
      for j in n..<cStride {
        let (now, then) = (c[i * cStride + j], before[i * cStride + j])
        #expect(now.bitPattern == then.bitPattern, "\(m)×\(n)×\(k) \(layout) \(set): wrote between rows")
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func tileEdges(_ set: InstructionSet) {
    let kernels = KernelSet(for: set)
    let (mr, nr) = (kernels.tileRows, kernels.tileColumns)
    for m in Set([1, 2, 5, 6, 7, mr - 1, mr, mr + 1, 2 * mr - 1, 2 * mr + 5]) {
      for n in Set([1, 3, nr / 2, nr / 2 + 1, nr - 1, nr, nr + 1, 3 * nr - 1]) {
        for k in [1, 2, 3, 4, 5, 8, 17] { Self.check(m, n, k, on: set) }
      }
    }
  }

  @Test(arguments: InstructionSet.available, layouts)
  func layoutsAndBlockEdges(_ set: InstructionSet, _ layout: Layout) {
    let kernels = KernelSet(for: set)
    let (mr, nr, depth) = (kernels.tileRows, kernels.tileColumns, kernels.blockDepth)
    for accumulate in [false, true] {
      for (m, n, k) in [
        (mr + 1, nr + 3, depth - 1), (2 * mr, nr, depth), (mr - 1, 2 * nr - 1, depth + 1),
        (kernels.blockRows + 1, nr + 1, 9), (kernels.blockRows - 1, 70, 33), (1, 100, 30), (100, 1, 30),
        (7, 9, 2 * depth + 3),
        (64, 80, 50), (97, 131, 61), (129, 75, 20), (40, 512, 20), (5, 512, 20), (130, 1, 300), (1, 1, 1),
      ] {
        Self.check(m, n, k, layout, accumulate: accumulate, on: set)
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func zeroSizes(_ set: InstructionSet) {
    for layout in [Layout(), Layout(gap: 2)] {
      for accumulate in [false, true] {
        for (m, n, k) in [(3, 5, 0), (0, 5, 3), (3, 0, 5), (0, 0, 0), (40, 50, 0)] {
          Self.check(m, n, k, layout, accumulate: accumulate, on: set)
        }
      }
    }
  }

  /// More than is packed at a time, in each direction.
  @Test(arguments: [(2300, 33, 40), (33, 2300, 40), (20, 30, 4500), (600, 700, 2100)])
  func severalParts(_ m: Int, _ n: Int, _ k: Int) {
    let a = Self.numbers(m * k, seed: 4)
    let b = Self.numbers(k * n, seed: 5)
    for transposed in [false, true] {
      var c = [Float](repeating: .nan, count: m * n)
      gemm(
        m: m, n: n, k: k, a: a, aRowStride: transposed ? 1 : k, aColumnStride: transposed ? m : 1,
        b: b, bRowStride: transposed ? 1 : n, bColumnStride: transposed ? k : 1, c: &c, cRowStride: n,
        accumulate: false)
      // Freivalds' check: C · x = A · (B · x), row by row, in Double.
      let x = (0..<n).map { Double($0 % 7) - 3 }
      let bx = (0..<k).map { p in (0..<n).reduce(0.0) { $0 + Double(b[transposed ? $1 * k + p : p * n + $1]) * x[$1] } }
      for i in 0..<m {
        let expected = (0..<k).reduce(0.0) { $0 + Double(a[transposed ? $1 * m + i : i * k + $1]) * bx[$1] }
        let found = (0..<n).reduce(0.0) { $0 + Double(c[i * n + $1]) * x[$1] }
        #expect(abs(found - expected) <= 1e-6 * Double(k) * Double(n).squareRoot(), "row \(i)")
      }
    }
  }

  @Test func batches() {
    let sizes = [(1, 5, 6, 7), (7, 3, 4, 5), (300, 8, 9, 10), (3, 100, 90, 80), (2, 300, 260, 250), (0, 3, 3, 3)]
    for (count, m, n, k) in sizes {
      let a = Self.numbers(count * m * k, seed: 6)
      let b = Self.numbers(k * n, seed: 7)
      var c = [Float](repeating: .nan, count: count * m * n)
      gemmBatched(
        count: count, m: m, n: n, k: k, a: a, aStep: m * k, aRowStride: k, aColumnStride: 1,
        b: b, bStep: 0, bRowStride: n, bColumnStride: 1, c: &c, cStep: m * n, cRowStride: n, accumulate: false)
      var expected = [Float](repeating: 0, count: count * m * n)
      // One shared B: the batch is one tall product.
      gemm(
        m: count * m, n: n, k: k, a: a, aRowStride: k, aColumnStride: 1, b: b, bRowStride: n, bColumnStride: 1,
        c: &expected, cRowStride: n, accumulate: false)
      #expect(c == expected)
    }
  }

  /// Rows that chunks pack themselves, beside the same rows a few at a time: depths of several blocks and parts, and
  /// edges in each direction.
  @Test(arguments: InstructionSet.available)
  func tallProducts(_ set: InstructionSet) {
    let kernels = KernelSet(for: set)
    for (m, n, k) in [(1537, 33, 5), (1600, 70, 300), (2000, 1, 40), (1700, 9, 2100)] {
      let (a, b) = (Self.numbers(m * k, seed: 11), Self.numbers(k * n, seed: 12))
      for isTransposed in [false, true] {
        func product(_ rows: Range<Int>, _ c: UnsafeMutablePointer<Float>) {
          a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
              guard let a = a.baseAddress, let b = b.baseAddress else { return }
              let start = rows.lowerBound
              gemm(
                m: rows.count, n: n, k: k, a: a + (isTransposed ? start : start * k), aRowStride: isTransposed ? 1 : k,
                aColumnStride: isTransposed ? m : 1, b: b, bRowStride: n, bColumnStride: 1, c: c + start * n,
                cRowStride: n, accumulate: false, kernels: kernels)
            }
          }
        }
        var whole = [Float](repeating: .nan, count: m * n)
        var pieces = whole
        whole.withUnsafeMutableBufferPointer { c in if let c = c.baseAddress { product(0..<m, c) } }
        pieces.withUnsafeMutableBufferPointer { c in
          guard let c = c.baseAddress else { return }
          for start in stride(from: 0, to: m, by: 500) { product(start..<min(m, start + 500), c) }
        }
        #expect(whole == pieces, "\(m)×\(n)×\(k) \(isTransposed)")
      }
    }
  }

  @Test("The bits do not depend on the sizes of caches", arguments: InstructionSet.available)
  func cachesDoNotMatter(_ set: InstructionSet) {
    let (m, n, k) = (900, 70, 300)
    let (a, b) = (Self.numbers(m * k, seed: 9), Self.numbers(k * n, seed: 10))
    func product(_ kilobytes: Int) -> [Float] {
      let kernels = KernelSet(for: set, caches: ProcessorCaches(bytes: [32 << 10, kilobytes << 10]))
      var c = [Float](repeating: .nan, count: m * n)
      gemm(
        m: m, n: n, k: k, a: a, aRowStride: k, aColumnStride: 1, b: b, bRowStride: n, bColumnStride: 1, c: &c,
        cRowStride: n, accumulate: false, kernels: kernels)
      return c
    }
    let small = product(128)
    #expect(small == product(512) && small == product(4096))
  }

  @Test func productsWithEarlierRows() {
    for (rows, size) in [(1, 5), (13, 7), (100, 33), (700, 300), (1500, 64), (2, 0), (0, 3)] {
      let x = Tensor(Self.numbers(rows * size, seed: 8), shape: [rows, size])
      let (lower, whole) = (x.productsWithEarlierRows(), x.matmul(x, transposingOther: true))
      #expect(lower.shape == whole.shape)
      for row in 0..<rows { #expect(lower[row].scalars[...row] == whole[row].scalars[...row]) }
    }
  }

  @Test func ratesCountOperations() {
    for set in InstructionSet.available {
      let kernels = KernelSet(for: set)
      #expect(runMicroKernel(k: 10, repetitions: 3, kernels: kernels) == 60 * kernels.tileRows * kernels.tileColumns)
      #expect(runMultiplyAddPeak(iterations: 5, kernels: kernels) == 60 * kernels.tileColumns)
    }
  }
}

/// A matrix with its layout: exactly the scalars that may be read.
private struct Operand {
  let rowStride: Int
  let columnStride: Int
  let scalars: [Float]

  init(rows: Int, columns: Int, transposed: Bool, _ layout: GEMMTests.Layout, seed: UInt32) {
    let (outer, inner) = transposed ? (columns, rows) : (rows, columns)
    let long = inner * layout.spread + layout.gap
    (rowStride, columnStride) = transposed ? (layout.spread, long) : (long, layout.spread)
    let count = outer > 0 && inner > 0 ? (outer - 1) * long + (inner - 1) * layout.spread + 1 : 0
    scalars = GEMMTests.numbers(count, seed: seed)
  }

  subscript(row: Int, column: Int) -> Float { scalars[row * rowStride + column * columnStride] }
}

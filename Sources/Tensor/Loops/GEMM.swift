import LatentSystem

// Matrix multiplication: shapes, blocks and threads. The arithmetic is in `Kernels`.

/// C = A · B, or C += A · B, in single precision.
///
/// A is `[m, k]` and B is `[k, n]` with any strides, so transposes and sub-matrices are read where they are; C is
/// `[m, n]` with contiguous rows. The order in which an element of C is summed depends on the shape only, not on the
/// number of threads.
///
/// - Parameters:
///   - m: rows of A and C.
///   - n: columns of B and C.
///   - k: columns of A, rows of B. If zero, C becomes zero, or stays as it is when accumulating.
///   - a: element (i, p) is `a[i * aRowStride + p * aColumnStride]`.
///   - b: element (p, j) is `b[p * bRowStride + j * bColumnStride]`.
///   - c: element (i, j) is `c[i * cRowStride + j]`. Must not overlap A or B.
///   - accumulate: false overwrites C, which may hold anything, NaN too.
///   - kernels: the copy of the kernels to use.
/// - Precondition: sizes are not negative; `cRowStride >= n`. Strides of A and B may be anything, 0 too.
///
/// Reference: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.
func gemm(
  m: Int, n: Int, k: Int, a: UnsafePointer<Float>, aRowStride: Int, aColumnStride: Int,
  b: UnsafePointer<Float>, bRowStride: Int, bColumnStride: Int,
  c: UnsafeMutablePointer<Float>, cRowStride: Int, accumulate: Bool, kernels: KernelSet = .current
) {
  GEMMProblem(
    m: m, n: n, k: k, a: a, aRowStride: aRowStride, aColumnStride: aColumnStride, b: b, bRowStride: bRowStride,
    bColumnStride: bColumnStride, c: c, cRowStride: cRowStride, accumulate: accumulate, kernels: kernels
  ).run(parallel: true)
}

/// `count` products of one shape: C[i] = or += A[i] · B[i], where the i-th matrices lie `aStep`, `bStep` and `cStep`
/// floats after the first ones. A step of 0 uses the same A or B for all.
///
/// Small products are spread over the threads whole, large ones one after the other, each over all threads. For the
/// other parameters see ``gemm(m:n:k:a:aRowStride:aColumnStride:b:bRowStride:bColumnStride:c:cRowStride:accumulate:kernels:)``.
/// - Precondition: the C do not overlap.
func gemmBatched(
  count: Int, m: Int, n: Int, k: Int,
  a: UnsafePointer<Float>, aStep: Int, aRowStride: Int, aColumnStride: Int,
  b: UnsafePointer<Float>, bStep: Int, bRowStride: Int, bColumnStride: Int,
  c: UnsafeMutablePointer<Float>, cStep: Int, cRowStride: Int, accumulate: Bool, kernels: KernelSet = .current
) {
  guard count > 0 else { return }
  nonisolated(unsafe) let (a, b, c) = (a, b, c)
  func member(_ index: Int, parallel: Bool) {
    GEMMProblem(
      m: m, n: n, k: k, a: a + index * aStep, aRowStride: aRowStride, aColumnStride: aColumnStride,
      b: b + index * bStep, bRowStride: bRowStride, bColumnStride: bColumnStride, c: c + index * cStep,
      cRowStride: cRowStride, accumulate: accumulate, kernels: kernels
    ).run(parallel: parallel)
  }
  let work = m * n * k
  if count == 1 || work > kernels.sizes.products.largeWork {
    for index in 0..<count { member(index, parallel: true) }
    return
  }
  let membersPerChunk = max(1, kernels.sizes.products.smallWork / max(1, work))
  let chunks = (count + membersPerChunk - 1) / membersPerChunk
  Threads.parallelFor(chunks) { chunk in
    for index in chunk * membersPerChunk..<min(count, (chunk + 1) * membersPerChunk) {
      member(index, parallel: false)
    }
  }
}

/// Runs the micro-kernel alone on panels that stay in the first-level cache, for the benchmark of its rate.
///
/// - Parameters:
///   - k: depth of the panels, at least 1.
///   - repetitions: how many tiles to compute.
/// - Returns: The number of floating-point operations done.
@discardableResult
package func runMicroKernel(k: Int, repetitions: Int) -> Int {
  runMicroKernel(k: k, repetitions: repetitions, kernels: .current)
}

/// Runs nothing but multiply-adds in registers: the most this processor can do with the instruction set in use.
///
/// - Parameter iterations: rounds of 12 independent multiply-adds of one vector.
/// - Returns: The number of floating-point operations done.
@discardableResult
package func runMultiplyAddPeak(iterations: Int) -> Int {
  runMultiplyAddPeak(iterations: iterations, kernels: .current)
}

/// The same with a given copy of the kernels.
@discardableResult
func runMicroKernel(k: Int, repetitions: Int, kernels: KernelSet) -> Int {
  let (rows, columns) = (kernels.tileRows, kernels.tileColumns)
  GEMMScratch.shared.withFloats(k * (rows + columns) + rows * columns) { memory in
    let b = memory + rows * columns
    let a = b + k * columns
    memory.initialize(repeating: 0.5, count: k * (rows + columns) + rows * columns)
    kernels.products.runMicroKernel(k, repetitions, a, b, memory)
  }
  return 2 * rows * columns * k * repetitions
}

/// The same with a given copy of the kernels.
@discardableResult
func runMultiplyAddPeak(iterations: Int, kernels: KernelSet) -> Int {
  // The sum converges to 1; the comparison keeps the compiler from dropping the call.
  guard kernels.products.fmaPeak(iterations) >= 0 else { return 0 }
  return 12 * kernels.tileColumns * iterations
}

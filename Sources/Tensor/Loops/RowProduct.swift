import LatentSystem

extension GEMMProblem {
  /// Whether ``runRow(parallel:)`` can do it: a single row, and a B with contiguous rows.
  var isRow: Bool { m == 1 && bColumnStride == 1 }

  /// The product of a single row. It is bound by the bandwidth of memory, so B is read in the order in which it lies.
  ///
  /// Each scalar is summed as it would be in a product of many rows: in blocks of the same depth, joined in order.
  func runRow(parallel: Bool) {
    let sizes = kernels.sizes.rowProduct
    let strip = max(64, min(sizes.columns, sizes.chunkFloats / k / 64 * 64))
    let strips = (n + strip - 1) / strip
    let depth = equalBlockDepth
    func multiply(_ index: Int) {
      let first = index * strip
      let columns = min(strip, n - first)
      for p in stride(from: 0, to: k, by: depth) {
        let (count, a, b) = (min(depth, k - p), a + p * aColumnStride, b + p * bRowStride + first)
        if p == 0, !accumulate {
          kernels.products.rowProduct(count, columns, a, aColumnStride, b, bRowStride, c + first)
        } else {
          GEMMScratch.shared.withFloats(columns) { sums in
            kernels.products.rowProduct(count, columns, a, aColumnStride, b, bRowStride, sums)
            for column in 0..<columns { c[first + column] += sums[column] }
          }
        }
      }
      finish?.run(c + first, first: first, count: columns, kernels)
    }
    if parallel && n * k >= sizes.smallMatrix {
      Threads.parallelFor(strips, multiply)
    } else {
      for index in 0..<strips { multiply(index) }
    }
  }
}

/// How Winograd's algorithm goes about the images of one product: what depends on sizes alone, so that it can be kept for
/// other images and another weight.
struct WinogradPlan: Sendable {
  /// From an image to its combinations, `[slots][images][phases][channels]`.
  let imageTransform: RowCombinations
  /// From an image's products, `[slots][images][columns]`, to its result.
  let resultTransform: RowCombinations
  /// Images in a chunk.
  let images: Int
  /// Multiplications for one image and one pair of channels.
  let slots: Int
  /// For each of the transformed weights, which multiplications are with it.
  let slotsOfKinds: [[Int]]

  init(_ product: ConvolutionPatchProduct) {
    let rowAxis = WinogradAxis(outputs: product.windows.rows)
    let columnAxis = WinogradAxis(outputs: product.windows.columns)
    slots = rowAxis.products.count * columnAxis.products.count
    images = divideUp(product.kernels.sizes.winograd.chunkRows, slots)
    imageTransform = Self.imageTransform(product.windows, rowAxis, columnAxis, images)
    resultTransform = Self.resultTransform(product, rowAxis, columnAxis, images)
    slotsOfKinds = (0..<WinogradAxis.kinds2D).map { kind in
      sums(
        rowAxis.products(of: kind / WinogradAxis.kinds).map { $0 * columnAxis.products.count },
        columnAxis.products(of: kind % WinogradAxis.kinds))
    }
  }

  private static func imageTransform(
    _ windows: ConvolutionWindows, _ rowAxis: WinogradAxis, _ columnAxis: WinogradAxis, _ images: Int
  ) -> RowCombinations {
    var result = RowCombinations()
    let channels = windows.channels
    let phases = windows.strideY * windows.strideX
    for (p, row) in rowAxis.products.enumerated() {
      for (q, column) in columnAxis.products.enumerated() {
        for phase in 0..<phases {
          for (i, a) in row.inputs {
            let y = windows.originY + phase / windows.strideX + i * windows.strideY
            for (j, b) in column.inputs {
              let x = windows.originX + phase % windows.strideX + j * windows.strideX
              guard y >= 0 && y < windows.height && x >= 0 && x < windows.width else { continue }
              result.addTerm(a * b, (y * windows.width + x) * channels)
            }
          }
          result.endRow(((p * columnAxis.products.count + q) * images * phases + phase) * channels)
        }
      }
    }
    return result
  }

  private static func resultTransform(
    _ product: ConvolutionPatchProduct, _ rowAxis: WinogradAxis, _ columnAxis: WinogradAxis, _ images: Int
  ) -> RowCombinations {
    var result = RowCombinations()
    let target = product.target
    for (i, rowTerms) in rowAxis.outputs.enumerated() {
      for (j, columnTerms) in columnAxis.outputs.enumerated() {
        for (p, a) in rowTerms {
          for (q, b) in columnTerms {
            let slot = p * columnAxis.products.count + q
            result.addTerm(a * b, slot * images * product.weight.columns.count)
          }
        }
        result.endRow(i * target.rowStride + j * target.columnStride)
      }
    }
    return result
  }
}

// The part of the table that products and convolutions are in: see KernelTable.swift.

/// Matrix products.
package typealias ProductKernels = (
  /// rows, depth, source, rowStride, columnStride, target: see `gemmPackA`.
  packA: @Sendable (Int, Int, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void,
  /// columns, depth, source, rowStride, columnStride, target: see `gemmPackB`.
  packB: @Sendable (Int, Int, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void,
  /// rows, columns, depth, a, b, bPanelStride, bRowStride, c, cRowStride, accumulate: see `gemmMultiply`.
  multiply:
    @Sendable (
      Int, Int, Int, UnsafePointer<Float>, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>, Int, Bool
    ) -> Void,
  /// depth, columns, a, aStride, b, bRowStride, y: see `rowProduct`.
  rowProduct:
    @Sendable (
      Int, Int, UnsafePointer<Float>, Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>
    ) -> Void,
  /// depth, repetitions, a, b, c: see `gemmRunMicroKernel`.
  runMicroKernel:
    @Sendable (
      Int, Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void,
  /// iterations: see `fmaPeak`.
  fmaPeak: @Sendable (Int) -> Float,
  /// depth, a, b, c, cRowStride: see `addDoubleTile`.
  addDoubleTile:
    @Sendable (Int, UnsafePointer<Double>, UnsafePointer<Double>, UnsafeMutablePointer<Double>, Int) -> Void
)

let productKernels: ProductKernels = (
  packA: gemmPackA(rows:depth:source:rowStride:columnStride:target:),
  packB: gemmPackB(columns:depth:source:rowStride:columnStride:target:),
  multiply: gemmMultiply(rows:columns:depth:a:b:bPanelStride:bRowStride:c:cRowStride:accumulate:),
  rowProduct: rowProduct,
  runMicroKernel: gemmRunMicroKernel(depth:repetitions:a:b:c:),
  fmaPeak: fmaPeak(iterations:),
  addDoubleTile: addDoubleTile
)

/// Convolutions.
package typealias ConvolutionKernels = (
  /// lanes, depth, sources, panelStride, target: see `gemmPackLanesB`.
  packLanesB: @Sendable (Int, Int, RowPointers, Int, UnsafeMutablePointer<Float>) -> Void,
  /// depth, lanes, sources, firstLane, panelStride, target: see `gemmPackDepthA`.
  packDepthA: @Sendable (Int, Int, RowPointers, Int, Int, UnsafeMutablePointer<Float>) -> Void,
  /// depth, lanes, sources, firstLane, panelStride, target: see `gemmPackDepthB`.
  packDepthB: @Sendable (Int, Int, RowPointers, Int, Int, UnsafeMutablePointer<Float>) -> Void,
  /// rows, columns, segments, length, a, segmentStride, b, c, firstColumn, accumulate: see `gemmMultiplyRows`.
  multiplyRows:
    @Sendable (
      Int, Int, Int, Int, RowPointers, Int, UnsafePointer<Float>, UnsafePointer<UnsafeMutablePointer<Float>>, Int, Bool
    ) -> Void,
  /// pixels, length, taps, offsets, source, sourceStep, target, targetStep: see `sumTaps`.
  sumTaps:
    @Sendable (
      Int, Int, Int, UnsafePointer<Int>, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int
    ) -> Void,
  /// rows, length, sources, targets: see `addToRows`.
  addToRows: @Sendable (Int, Int, RowPointers, UnsafePointer<UnsafeMutablePointer<Float>>) -> Void,
  /// rows, length, starts, sources, coefficients, targets, source, target: see `combineRows`.
  combineRows:
    @Sendable (
      Int, Int, UnsafePointer<Int>, UnsafePointer<Int>, UnsafePointer<Float>, UnsafePointer<Int>, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>
    ) -> Void,
  /// rows, length, a, aStep, factors, y, yStep: see `addScaledRows`.
  addScaledRows:
    @Sendable (
      Int, Int, UnsafePointer<Float>, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int
    ) -> Void,
  /// rows, length, a, aStep, b, bStep, sums: see `addRowProducts`.
  addRowProducts:
    @Sendable (
      Int, Int, UnsafePointer<Float>, Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>
    ) -> Void
)

let convolutionKernels: ConvolutionKernels = (
  packLanesB: gemmPackLanesB(lanes:depth:sources:panelStride:target:),
  packDepthA: gemmPackDepthA(depth:lanes:sources:firstLane:panelStride:target:),
  packDepthB: gemmPackDepthB(depth:lanes:sources:firstLane:panelStride:target:),
  multiplyRows: gemmMultiplyRows(rows:columns:segments:length:a:segmentStride:b:c:firstColumn:accumulate:),
  sumTaps: sumTaps(pixels:length:taps:offsets:source:sourceStep:target:targetStep:),
  addToRows: addToRows(rows:length:sources:targets:),
  combineRows: combineRows(rows:length:starts:sources:coefficients:targets:source:target:),
  addScaledRows: addScaledRows(rows:length:a:aStep:factors:y:yStep:),
  addRowProducts: addRowProducts(rows:length:a:aStep:b:bStep:sums:)
)

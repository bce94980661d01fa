import Kernels
import KernelsAVX2
import KernelsAVX512
import LatentSystem

/// Pointers to rows of floats that lie anywhere.
typealias RowPointers = UnsafePointer<UnsafePointer<Float>>

/// One copy of the kernels of convolution, with those of matrix products. A class, because a copy of a structure with so
/// many functions is as many reference counts.
final class ConvolutionKernels: Sendable {
  let gemm: GEMMKernels
  /// lanes, depth, sources, panelStride, target: see `gemmPackLanesB`.
  let packLanesB: @Sendable (Int, Int, RowPointers, Int, UnsafeMutablePointer<Float>) -> Void
  /// depth, lanes, sources, firstLane, panelStride, target: see `gemmPackDepthA`.
  let packDepthA: @Sendable (Int, Int, RowPointers, Int, Int, UnsafeMutablePointer<Float>) -> Void
  /// depth, lanes, sources, firstLane, panelStride, target: see `gemmPackDepthB`.
  let packDepthB: @Sendable (Int, Int, RowPointers, Int, Int, UnsafeMutablePointer<Float>) -> Void
  /// rows, columns, segments, length, a, segmentStride, b, c, firstColumn, accumulate: see `gemmMultiplyRows`.
  let multiplyRows:
    @Sendable (
      Int, Int, Int, Int, RowPointers, Int, UnsafePointer<Float>, UnsafePointer<UnsafeMutablePointer<Float>>, Int, Bool
    ) -> Void
  /// pixels, length, taps, offsets, source, sourceStep, target, targetStep: see `sumTaps`.
  let sumTaps:
    @Sendable (
      Int, Int, Int, UnsafePointer<Int>, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int
    ) -> Void
  /// rows, length, sources, targets: see `addToRows`.
  let addToRows: @Sendable (Int, Int, RowPointers, UnsafePointer<UnsafeMutablePointer<Float>>) -> Void
  /// rows, length, starts, sources, coefficients, targets, source, target: see `combineRows`.
  let combineRows:
    @Sendable (
      Int, Int, UnsafePointer<Int>, UnsafePointer<Int>, UnsafePointer<Float>, UnsafePointer<Int>, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>
    ) -> Void
  /// rows, length, a, aStep, factors, y, yStep: see `addScaledRows`.
  let addScaledRows:
    @Sendable (
      Int, Int, UnsafePointer<Float>, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int
    ) -> Void
  /// rows, length, a, aStep, b, bStep, sums: see `addRowProducts`.
  let addRowProducts:
    @Sendable (
      Int, Int, UnsafePointer<Float>, Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>
    ) -> Void
  /// x, xRowStride, y, yRowStride, rows, columns: see `transpose2D`.
  let transpose: @Sendable (UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int, Int, Int) -> Void

  /// The copy for the instruction set in use.
  static let current = ConvolutionKernels(for: .current)

  /// The copy for `set`, which the processor must be able to run.
  init(for set: InstructionSet) {
    gemm = GEMMKernels(for: set)
    packLanesB = select(
      Kernels.gemmPackLanesB(lanes:depth:sources:panelStride:target:),
      KernelsAVX2.gemmPackLanesB(lanes:depth:sources:panelStride:target:),
      KernelsAVX512.gemmPackLanesB(lanes:depth:sources:panelStride:target:), for: set)
    packDepthA = select(
      Kernels.gemmPackDepthA(depth:lanes:sources:firstLane:panelStride:target:),
      KernelsAVX2.gemmPackDepthA(depth:lanes:sources:firstLane:panelStride:target:),
      KernelsAVX512.gemmPackDepthA(depth:lanes:sources:firstLane:panelStride:target:), for: set)
    packDepthB = select(
      Kernels.gemmPackDepthB(depth:lanes:sources:firstLane:panelStride:target:),
      KernelsAVX2.gemmPackDepthB(depth:lanes:sources:firstLane:panelStride:target:),
      KernelsAVX512.gemmPackDepthB(depth:lanes:sources:firstLane:panelStride:target:), for: set)
    multiplyRows = select(
      Kernels.gemmMultiplyRows(rows:columns:segments:length:a:segmentStride:b:c:firstColumn:accumulate:),
      KernelsAVX2.gemmMultiplyRows(rows:columns:segments:length:a:segmentStride:b:c:firstColumn:accumulate:),
      KernelsAVX512.gemmMultiplyRows(rows:columns:segments:length:a:segmentStride:b:c:firstColumn:accumulate:),
      for: set)
    sumTaps = select(
      Kernels.sumTaps(pixels:length:taps:offsets:source:sourceStep:target:targetStep:),
      KernelsAVX2.sumTaps(pixels:length:taps:offsets:source:sourceStep:target:targetStep:),
      KernelsAVX512.sumTaps(pixels:length:taps:offsets:source:sourceStep:target:targetStep:), for: set)
    addToRows = select(
      Kernels.addToRows(rows:length:sources:targets:), KernelsAVX2.addToRows(rows:length:sources:targets:),
      KernelsAVX512.addToRows(rows:length:sources:targets:), for: set)
    combineRows = select(
      Kernels.combineRows(rows:length:starts:sources:coefficients:targets:source:target:),
      KernelsAVX2.combineRows(rows:length:starts:sources:coefficients:targets:source:target:),
      KernelsAVX512.combineRows(rows:length:starts:sources:coefficients:targets:source:target:), for: set)
    addScaledRows = select(
      Kernels.addScaledRows(rows:length:a:aStep:factors:y:yStep:),
      KernelsAVX2.addScaledRows(rows:length:a:aStep:factors:y:yStep:),
      KernelsAVX512.addScaledRows(rows:length:a:aStep:factors:y:yStep:), for: set)
    addRowProducts = select(
      Kernels.addRowProducts(rows:length:a:aStep:b:bStep:sums:),
      KernelsAVX2.addRowProducts(rows:length:a:aStep:b:bStep:sums:),
      KernelsAVX512.addRowProducts(rows:length:a:aStep:b:bStep:sums:), for: set)
    transpose = select(Kernels.transpose2D, KernelsAVX2.transpose2D, KernelsAVX512.transpose2D, for: set)
  }

  /// `count` lanes, rounded up to whole panels of A.
  func wholeRows(_ count: Int) -> Int { roundUp(count, gemm.tileRows) }

  /// `count` lanes, rounded up to whole panels of B.
  func wholeColumns(_ count: Int) -> Int { roundUp(count, gemm.tileColumns) }

  /// Writes zeros to the last panel of B, if it is not filled by `columns`.
  func clearLastPanel(_ columns: Int, _ depth: Int, _ target: UnsafeMutablePointer<Float>) {
    clearLastPanel(columns, depth, gemm.tileColumns, target)
  }

  /// Writes zeros to the last panel of `width` lanes, if it is not filled by `lanes`.
  func clearLastPanel(_ lanes: Int, _ depth: Int, _ width: Int, _ target: UnsafeMutablePointer<Float>) {
    guard lanes % width != 0 else { return }
    (target + lanes / width * width * depth).update(repeating: 0, count: width * depth)
  }
}

/// `a / b`, rounded up, of numbers that are not negative.
@inline(__always)
func divideUp(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }

/// The least multiple of `b` that is not less than `a`.
@inline(__always)
func roundUp(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b * b }

/// Lends `body` room for `count` values, undefined.
@inline(__always)
func withRoom<Element>(for count: Int, of type: Element.Type, _ body: (UnsafeMutablePointer<Element>) -> Void) {
  withUnsafeTemporaryAllocation(of: type, capacity: max(1, count)) { buffer in
    if let base = buffer.baseAddress { body(base) }
  }
}

/// Runs `body` for each chunk, on several threads if `parallel`.
@inline(__always)
func forEachChunk(_ chunks: Int, parallel: Bool, _ body: (Int) -> Void) {
  if parallel {
    Threads.parallelFor(chunks, body)
  } else {
    for chunk in 0..<max(0, chunks) { body(chunk) }
  }
}

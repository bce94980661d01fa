import Kernels
import KernelsAVX2
import KernelsAVX512

/// One copy of the GEMM kernels with its sizes.
struct GEMMKernels: Sendable {
  let tileRows: Int
  let tileColumns: Int
  let blockRows: Int
  let blockDepth: Int
  /// rows, depth, source, rowStride, columnStride, target: see `gemmPackA`.
  let packA: @Sendable (Int, Int, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void
  /// columns, depth, source, rowStride, columnStride, target: see `gemmPackB`.
  let packB: @Sendable (Int, Int, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void
  /// rows, columns, depth, a, b, bPanelStride, bRowStride, c, cRowStride, accumulate: see `gemmMultiply`.
  let multiply:
    @Sendable (
      Int, Int, Int, UnsafePointer<Float>, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>, Int, Bool
    ) -> Void
  /// depth, columns, a, aStride, b, bRowStride, y: see `rowProduct`.
  let rowProduct:
    @Sendable (Int, Int, UnsafePointer<Float>, Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>) -> Void
  /// depth, repetitions, a, b, c: see `gemmRunMicroKernel`.
  let runMicroKernel:
    @Sendable (Int, Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  /// iterations: see `fmaPeak`.
  let fmaPeak: @Sendable (Int) -> Float
  /// Floating-point operations in one iteration of `fmaPeak`.
  var fmaPeakOperations: Int { 12 * tileColumns }

  /// The copy for the instruction set in use.
  static let current = GEMMKernels(for: .current)

  /// The copy for `set`, which the processor must be able to run.
  init(for set: InstructionSet) {
    tileRows = select(Kernels.gemmTileRows, KernelsAVX2.gemmTileRows, KernelsAVX512.gemmTileRows, for: set)
    tileColumns = select(
      Kernels.gemmTileColumns, KernelsAVX2.gemmTileColumns, KernelsAVX512.gemmTileColumns, for: set)
    blockRows = select(Kernels.gemmBlockRows, KernelsAVX2.gemmBlockRows, KernelsAVX512.gemmBlockRows, for: set)
    blockDepth = select(Kernels.gemmBlockDepth, KernelsAVX2.gemmBlockDepth, KernelsAVX512.gemmBlockDepth, for: set)
    packA = select(
      Kernels.gemmPackA(rows:depth:source:rowStride:columnStride:target:),
      KernelsAVX2.gemmPackA(rows:depth:source:rowStride:columnStride:target:),
      KernelsAVX512.gemmPackA(rows:depth:source:rowStride:columnStride:target:), for: set)
    packB = select(
      Kernels.gemmPackB(columns:depth:source:rowStride:columnStride:target:),
      KernelsAVX2.gemmPackB(columns:depth:source:rowStride:columnStride:target:),
      KernelsAVX512.gemmPackB(columns:depth:source:rowStride:columnStride:target:), for: set)
    multiply = select(
      Kernels.gemmMultiply(rows:columns:depth:a:b:bPanelStride:bRowStride:c:cRowStride:accumulate:),
      KernelsAVX2.gemmMultiply(rows:columns:depth:a:b:bPanelStride:bRowStride:c:cRowStride:accumulate:),
      KernelsAVX512.gemmMultiply(rows:columns:depth:a:b:bPanelStride:bRowStride:c:cRowStride:accumulate:), for: set)
    rowProduct = select(Kernels.rowProduct, KernelsAVX2.rowProduct, KernelsAVX512.rowProduct, for: set)
    runMicroKernel = select(
      Kernels.gemmRunMicroKernel(depth:repetitions:a:b:c:), KernelsAVX2.gemmRunMicroKernel(depth:repetitions:a:b:c:),
      KernelsAVX512.gemmRunMicroKernel(depth:repetitions:a:b:c:), for: set)
    fmaPeak = select(
      Kernels.fmaPeak(iterations:), KernelsAVX2.fmaPeak(iterations:), KernelsAVX512.fmaPeak(iterations:), for: set)
  }
}

import Testing

#if arch(x86_64)
  import _Builtin_intrinsics.intel.cpuid
#endif

typealias Input = UnsafePointer<Float>
typealias Output = UnsafeMutablePointer<Float>
typealias Unary = @Sendable (Input, Output, Int) -> Void
typealias Binary = @Sendable (Input, Int, Int, Input, Int, Int, Output, Int, Int) -> Void

/// The kernels of one instruction set.
struct KernelSet: Sendable, CustomTestStringConvertible {
  var name: String
  var unary: [String: Unary]
  var binary: [String: Binary]
  var leakyRelu: @Sendable (Input, Float, Output, Int) -> Void
  var clamp: @Sendable (Input, Float, Float, Output, Int) -> Void
  var fill: @Sendable (Float, Output, Int) -> Void
  var copy: Unary
  var scaleAdd: @Sendable (Input, Float, Float, Output, Int) -> Void
  var reluGradient: @Sendable (Input, Input, Output, Int) -> Void
  var leakyReluGradient: @Sendable (Input, Input, Float, Output, Int) -> Void
  var tanhGradient: @Sendable (Input, Input, Output, Int) -> Void
  var sigmoidGradient: @Sendable (Input, Input, Output, Int) -> Void
  var softplusGradient: @Sendable (Input, Input, Output, Int) -> Void
  var addScaled: @Sendable (Input, Input, Float, Output, Int) -> Void
  var select: @Sendable (Input, Int, Int, Input, Int, Int, Input, Int, Int, Output, Int, Int) -> Void
  var sumOfSquares: @Sendable (Input, Int) -> Double
  var maximumMagnitude: @Sendable (Input, Int) -> Float
  var allFinite: @Sendable (Input, Int) -> Bool
  var sumMiddle: @Sendable (Input, Output, Int, Int, Int) -> Void
  var maxMiddle: @Sendable (Input, Output, Int, Int, Int) -> Void
  var argmaxMiddle: @Sendable (Input, UnsafeMutablePointer<Int>, Int, Int, Int) -> Void
  var softmaxRows: @Sendable (Input, Output, Int, Int) -> Void
  var logSumExpRows: @Sendable (Input, Output, Int, Int) -> Void
  var transpose2D: @Sendable (Input, Int, Output, Int, Int, Int) -> Void
  var cumulativeSumMiddle: @Sendable (Input, Output, Int, Int, Int, Bool) -> Void
  var gatherRows: @Sendable (Input, UnsafePointer<Int>, Int, Int, Output) -> Void
  var scatterAddRows: @Sendable (Input, UnsafePointer<Int>, Int, Int, Output) -> Void
  var bytesToFloats: @Sendable (UnsafePointer<UInt8>, Float, Float, Output, Int) -> Void
  var copyStrided2D: @Sendable (Input, Int, Int, Output, Int, Int, Int, Int) -> Void
  var philoxBlock: @Sendable (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UnsafeMutablePointer<UInt32>) -> Void
  var philoxUniform: @Sendable (UInt32, UInt32, UInt64, UInt64, Output, Int) -> Void
  var philoxNormal: @Sendable (UInt32, UInt32, UInt64, UInt64, Output, Int) -> Void
  var adam: @Sendable (Output, Output, Output, Input, Int, Float, Float, Float, Float, Float, Float) -> Void
  var sgd: @Sendable (Output, Output, Input, Int, Float, Float, Bool) -> Void
  var rmsProp: @Sendable (Output, Output, Input, Int, Float, Float, Float) -> Void
  var columnMoments: @Sendable (Input, Output, Output, Int, Int) -> Void
  var joinColumnMoments: @Sendable (Output, Output, Input, Input, Int, Int, Int) -> Void
  var columnGradientSums: @Sendable (Input, Input, Input, Output, Output, Int, Int) -> Void
  var normalizeColumns: @Sendable (Input, Input, Input, Input, Output, Int, Int) -> Void
  var normalizeColumnsGradient: @Sendable (Input, Input, Input, Input, Input, Input, Output, Int, Int) -> Void
  var rowProduct: @Sendable (Int, Int, Input, Int, Input, Int, Output) -> Void

  var testDescription: String { name }

  /// Those that this processor can run.
  static let all: [KernelSet] = {
    var sets = [baseline]
    if processorHasAVX2 { sets.append(avx2) }
    if processorHasAVX512 { sets.append(avx512) }
    return sets
  }()
}

/// Feature bits of CPUID leaf 7, with those of leaf 1 that the copies need too; 0 on other architectures.
private let features: UInt32 = {
  #if arch(x86_64)
    var (a, b, c, d): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    let fusedAndSaved: UInt32 = 1 << 12 | 1 << 27
    guard __get_cpuid(1, &a, &b, &c, &d) == 1, c & fusedAndSaved == fusedAndSaved else { return 0 }
    guard __get_cpuid_count(7, 0, &a, &b, &c, &d) == 1 else { return 0 }
    return b
  #else
    return 0
  #endif
}()

private var processorHasAVX2: Bool { features & 1 << 5 != 0 }

private var processorHasAVX512: Bool {
  let needed: UInt32 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31
  return processorHasAVX2 && features & needed == needed
}

import Kernels
import KernelsAVX2
import KernelsAVX512

/// The instruction sets the kernels are compiled for.
enum InstructionSet: String {
  /// What every processor of the architecture has: SSE2 on x86-64, NEON on arm64.
  case baseline
  case avx2
  case avx512
}

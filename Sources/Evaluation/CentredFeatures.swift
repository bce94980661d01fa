import LatentSystem
import Tensor

/// Feature vectors without their mean, in double precision, some at a time: what covariances and projections are made
/// of.
struct CentredFeatures {
  private let features: Tensor
  let count: Int
  let size: Int
  /// The mean, `[size]`.
  let mean: [Double]

  /// Vectors that are converted at a time.
  private static let slice = 1024

  /// - Parameter features: `[count, size]`.
  init(_ features: Tensor) {
    self.features = features
    (count, size) = (features.shape[0], features.shape[1])
    mean = Self.mean(of: features)
  }

  /// The mean of `features`, `[count, size]`, over the vectors.
  static func mean(of features: Tensor) -> [Double] {
    let (count, size) = (features.shape[0], features.shape[1])
    var sums = [Double](repeating: 0, count: size)
    guard count > 0, size > 0 else { return sums }
    // Columns side by side stay in registers or nearly so.
    let width = 64
    sums.withUnsafeMutableBufferPointer { sums in
      features.withScalars { scalars in
        Threads.parallelFor((size + width - 1) / width) { chunk in
          let columns = chunk * width..<min(size, (chunk + 1) * width)
          for row in 0..<count {
            for column in columns { sums[column] += Double(scalars[row * size + column]) }
          }
          for column in columns { sums[column] /= Double(count) }
        }
      }
    }
    return sums
  }

  /// Calls `body` with the centred vectors, `[rows, size]`, some rows after the other.
  private func forEachSlice(_ body: (_ rows: Int, UnsafePointer<Double>) -> Void) {
    guard count > 0, size > 0 else { return }
    let memory = UnsafeMutablePointer<Double>.allocate(capacity: min(count, Self.slice) * size)
    defer { memory.deallocate() }
    for first in stride(from: 0, to: count, by: Self.slice) {
      let rows = min(Self.slice, count - first)
      features.withScalars { scalars in
        mean.withUnsafeBufferPointer { mean in
          RowArithmetic.forEachChunk(of: 0..<rows, columns: size) { _, chunk in
            for row in chunk {
              for column in 0..<size {
                memory[row * size + column] = Double(scalars[(first + row) * size + column]) - mean[column]
              }
            }
          }
        }
      }
      body(rows, memory)
    }
  }

  /// The unbiased covariance, `[size, size]`.
  func covariance() -> Matrix {
    var result = Matrix(rows: size, columns: size)
    guard size > 0 else { return result }
    let (size, factor) = (size, 1 / Double(count - 1))
    result.withMutablePointer { sums in
      forEachSlice { rows, slice in
        let vectors = DoubleProduct.Operand(slice, rowStride: size)
        DoubleProduct.add(
          vectors.transposed, vectors, m: size, n: size, k: rows, to: sums, cRowStride: size, isLower: true)
      }
      for index in 0..<size * size { sums[index] *= factor }
    }
    result.copyLowerToUpper()
    return result
  }

  /// The centred vectors as a matrix, `[count, size]`.
  func matrix() -> Matrix {
    var scalars: [Double] = []
    scalars.reserveCapacity(count * size)
    forEachSlice { rows, slice in scalars += UnsafeBufferPointer(start: slice, count: rows * size) }
    return Matrix(rows: count, columns: size, scalars: scalars)
  }
}

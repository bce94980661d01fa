import LatentSystem
import Tensor

/// The kernel distance between two sets of feature vectors: the unbiased estimate of the squared maximum mean
/// discrepancy with the kernel `k(x, y) = (x·y / features + 1)³`, over subsets.
///
/// Its mean does not depend on the number of vectors, as the Fréchet distance does, and no distribution is taken for a
/// normal one. It is near 0, and may be negative, for samples of one distribution.
///
/// ```swift
/// let distance = KernelDistance(between: features(images), and: features(samples), using: &generator)
/// print(distance.mean, "±", distance.deviation)
/// ```
///
/// With features of the Inception network this is the KID. Products of vectors are formed in single precision of
/// features from which the mean is taken, all else in double: a figure is exact to about 10⁻⁶ of the kernel's spread.
///
/// Reference: Bińkowski et al., "Demystifying MMD GANs", arXiv:1801.01401.
public struct KernelDistance: Sendable, Hashable {
  /// The estimate of each subset.
  public let values: [Double]

  /// The mean of the subsets' estimates. NaN if a feature is not finite.
  public var mean: Double { values.mean }

  /// The standard deviation of the subsets' estimates, divided by their number as usual for this figure: how much one
  /// subset's estimate varies, not how exact the mean is.
  public var deviation: Double { values.deviation }

  /// The distance over random subsets, each drawn without replacement, from each set on its own.
  ///
  /// - Parameters:
  ///   - real: `[N, features]`.
  ///   - generated: `[M, features]`.
  ///   - subsets: how many subsets.
  ///   - subsetSize: vectors of each set in a subset; the size of the smaller set if that is less.
  /// - Precondition: equally many features, at least one; two vectors or more in each set and in a subset; one subset.
  /// - Complexity: O(subsets · subsetSize² · features).
  public init(
    between real: Tensor, and generated: Tensor, subsets: Int = 100, subsetSize: Int = 1000,
    using generator: inout RandomGenerator
  ) {
    requireFeatures(real, generated, "KernelDistance", atLeast: 2)
    require(
      subsets >= 1 && subsetSize >= 2,
      "KernelDistance: \(subsets) subsets of \(subsetSize) vectors; one of 2 is the least")
    let size = min(subsetSize, real.shape[0], generated.shape[0])
    let draws = (0..<subsets).map { _ in
      (
        real: generator.distinctIndices(size, of: real.shape[0]),
        generated: generator.distinctIndices(size, of: generated.shape[0])
      )
    }
    self.init(between: real, and: generated, subsets: draws)
  }

  /// The distance over all vectors at once, with a deviation of 0.
  /// - Precondition: equally many features, at least one; two vectors or more in each set.
  public init(between real: Tensor, and generated: Tensor) {
    requireFeatures(real, generated, "KernelDistance", atLeast: 2)
    self.init(
      between: real, and: generated, subsets: [(Array(0..<real.shape[0]), Array(0..<generated.shape[0]))])
  }

  /// The distance over the given subsets: the indices of their vectors in both sets.
  init(between real: Tensor, and generated: Tensor, subsets: [(real: [Int], generated: [Int])]) {
    guard real.isAllFinite, generated.isAllFinite else {
      values = [.nan]
      return
    }
    let space = KernelSpace(real, generated)
    values = subsets.map { space.distance($0.real, $0.generated) }
  }
}

/// Two sets of vectors without a common mean, and what their products need to become those of the vectors themselves.
private struct KernelSpace {
  private let real: ShiftedFeatures
  private let generated: ShiftedFeatures
  private let features: Double
  /// The product of the mean with itself.
  private let meanSquare: Double

  /// Rows of products at a time.
  private static let block = 256

  init(_ real: Tensor, _ generated: Tensor) {
    let mean = CentredFeatures.mean(of: real)
    self.real = ShiftedFeatures(real, mean: mean)
    self.generated = ShiftedFeatures(generated, mean: mean)
    features = Double(real.shape[1])
    meanSquare = self.real.meanSquare
  }

  /// The estimate for the vectors with the given indices.
  ///
  /// Both sets are one here, real ones first, of which the products with itself and with those before are formed: a
  /// product is needed once only.
  func distance(_ realIndices: [Int], _ generatedIndices: [Int]) -> Double {
    let (m, n) = (realIndices.count, generatedIndices.count)
    let vectors = Tensor.concatenated([
      real.vectors.gathered(at: realIndices), generated.vectors.gathered(at: generatedIndices),
    ])
    let withMean =
      realIndices.map { real.productsWithMean[$0] } + generatedIndices.map { generated.productsWithMean[$0] }
    var sums = (real: 0.0, generated: 0.0, both: 0.0)
    for first in stride(from: 0, to: m + n, by: Self.block) {
      let rows = first..<min(m + n, first + Self.block)
      let products = vectors[rows].matmul(vectors[..<rows.upperBound], transposingOther: true)
      for (row, sum) in rowSums(products, rows, split: m, withMean).enumerated() {
        if first + row < m {
          sums.real += sum.first
        } else {
          sums.both += sum.first
          sums.generated += sum.second
        }
      }
    }
    let (count, other) = (Double(m), Double(n))
    return 2 * sums.real / (count * (count - 1)) + 2 * sums.generated / (other * (other - 1))
      - 2 * sums.both / (count * other)
  }

  /// For each row the sums of the kernel with the vectors before it, those before `split` and the others.
  private func rowSums(
    _ products: Tensor, _ rows: Range<Int>, split: Int, _ withMean: [Double]
  ) -> [(first: Double, second: Double)] {
    var sums = [(first: Double, second: Double)](repeating: (0, 0), count: rows.count)
    let width = products.shape[1]
    products.withScalars { products in
      withMean.withUnsafeBufferPointer { withMean in
        sums.withUnsafeMutableBufferPointer { sums in
          RowArithmetic.forEachChunk(of: 0..<rows.count, columns: width) { _, chunk in
            for row in chunk {
              let index = rows.lowerBound + row
              let own = UnsafeBufferPointer(rebasing: products[row * width..<row * width + index])
              let offset = withMean[index] + meanSquare
              sums[row] = (
                kernelSum(own, 0..<min(split, index), offset, withMean),
                kernelSum(own, min(split, index)..<index, offset, withMean)
              )
            }
          }
        }
      }
    }
    return sums
  }

  private func kernelSum(
    _ products: UnsafeBufferPointer<Float>, _ range: Range<Int>, _ offset: Double,
    _ withMean: UnsafeBufferPointer<Double>
  ) -> Double {
    let scale = 1 / features
    // Four sums, so that one addition need not wait for the one before.
    var sums = SIMD4<Double>.zero
    var index = range.lowerBound
    while index + 4 <= range.upperBound {
      var product = SIMD4(
        Double(products[index]), Double(products[index + 1]), Double(products[index + 2]), Double(products[index + 3]))
      product += SIMD4(withMean[index], withMean[index + 1], withMean[index + 2], withMean[index + 3])
      let base = (product + offset) * scale + 1
      sums += base * base * base
      index += 4
    }
    var sum = sums.sum()
    while index < range.upperBound {
      let base = (Double(products[index]) + withMean[index] + offset) * scale + 1
      sum += base * base * base
      index += 1
    }
    return sum
  }
}

/// Vectors from which a mean was taken, in single precision, and their products with it.
private struct ShiftedFeatures {
  let vectors: Tensor
  /// For each shifted vector its product with the mean, of which it was taken.
  let productsWithMean: [Double]
  let meanSquare: Double

  init(_ features: Tensor, mean: [Double]) {
    // The mean that is taken is one of floats, so that what is left is known exactly.
    let rounded = mean.map { Float($0) }
    vectors = features.detached() - Tensor(rounded)
    let size = rounded.count
    let exact = rounded.map { Double($0) }
    meanSquare = exact.reduce(0) { $0 + $1 * $1 }
    var products = [Double](repeating: 0, count: features.shape[0])
    vectors.withScalars { scalars in
      products.withUnsafeMutableBufferPointer { products in
        RowArithmetic.forEachChunk(of: 0..<products.count, columns: size) { _, rows in
          for row in rows {
            var sum = 0.0
            for column in 0..<size { sum += Double(scalars[row * size + column]) * exact[column] }
            products[row] = sum
          }
        }
      }
    }
    productsWithMean = products
  }
}

extension RandomGenerator {
  /// `size` different numbers below `count`, in random order (the beginning of Fisher and Yates's shuffle).
  fileprivate mutating func distinctIndices(_ size: Int, of count: Int) -> [Int] {
    var indices = Array(0..<count)
    for place in 0..<size { indices.swapAt(place, Int.random(in: place..<count, using: &self)) }
    return Array(indices.prefix(size))
  }
}

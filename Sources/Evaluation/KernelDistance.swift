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
  /// - Parameter strip: vectors whose products with each other are formed at a time; by default 64 MB of products.
  init(
    between real: Tensor, and generated: Tensor, subsets: [(real: [Int], generated: [Int])], strip: Int = 4096
  ) {
    guard real.isAllFinite, generated.isAllFinite else {
      values = [.nan]
      return
    }
    let space = KernelSpace(real, generated, strip: strip)
    values = subsets.map { space.distance($0.real, $0.generated) }
  }
}

/// Two sets of vectors without a common mean, and what their products need to become those of the vectors themselves.
private struct KernelSpace {
  /// Both sets, real ones first.
  private let vectors: Tensor
  private let realCount: Int
  /// For each vector its product with the mean, of which it was taken.
  private let productsWithMean: [Double]
  private let features: Double
  /// The product of the mean with itself.
  private let meanSquare: Double

  /// Vectors whose products with each other are formed at a time.
  private let strip: Int

  init(_ real: Tensor, _ generated: Tensor, strip: Int) {
    self.strip = strip
    // The mean that is taken is one of floats, so that what is left is known exactly.
    let mean = CentredFeatures.mean(of: real).map { Float($0) }
    let exact = mean.map { Double($0) }
    vectors = .concatenated([real.detached(), generated.detached()]) - Tensor(mean)
    realCount = real.shape[0]
    productsWithMean = Self.products(of: vectors, with: exact)
    features = Double(mean.count)
    meanSquare = exact.reduce(0) { $0 + $1 * $1 }
  }

  private static func products(of vectors: Tensor, with mean: [Double]) -> [Double] {
    var products = [Double](repeating: 0, count: vectors.shape[0])
    vectors.withScalars { scalars in
      products.withUnsafeMutableBufferPointer { products in
        RowArithmetic.forEachChunk(of: 0..<products.count, columns: mean.count) { _, rows in
          for row in rows {
            var sum = 0.0
            for column in 0..<mean.count { sum += Double(scalars[row * mean.count + column]) * mean[column] }
            products[row] = sum
          }
        }
      }
    }
    return products
  }

  /// The estimate for the vectors with the given indices.
  ///
  /// Both sets are one here, real ones first, of which the products with those before are formed: a product is needed
  /// once only.
  func distance(_ realIndices: [Int], _ generatedIndices: [Int]) -> Double {
    let indices = realIndices + generatedIndices.map { realCount + $0 }
    let (m, n) = (Double(realIndices.count), Double(generatedIndices.count))
    var sums = KernelSums()
    let starts = Array(stride(from: 0, to: indices.count, by: strip))
    for first in starts {
      let rows = first..<min(indices.count, first + strip)
      let own = vectors.gathered(at: Array(indices[rows]))
      for start in starts where start <= first {
        let columns = start..<min(indices.count, start + strip)
        let products =
          start == first
          ? own.productsWithEarlierRows()
          : own.matmul(vectors.gathered(at: Array(indices[columns])), transposingOther: true)
        sums += kernelSums(products, rows, columns, indices, split: realIndices.count)
      }
    }
    return 2 * sums.real / (m * (m - 1)) + 2 * sums.generated / (n * (n - 1)) - 2 * sums.both / (m * n)
  }

  /// The sums of the kernel of the vectors `indices[rows]` with those of `indices[columns]` that come before them.
  /// - Parameter split: the place of the first generated vector.
  private func kernelSums(
    _ products: Tensor, _ rows: Range<Int>, _ columns: Range<Int>, _ indices: [Int], split: Int
  ) -> KernelSums {
    let withMean = indices.map { productsWithMean[$0] }
    var sums = [KernelSums](repeating: KernelSums(), count: rows.count)
    products.withScalars { products in
      withMean.withUnsafeBufferPointer { withMean in
        sums.withUnsafeMutableBufferPointer { sums in
          RowArithmetic.forEachChunk(of: 0..<rows.count, columns: columns.count) { _, chunk in
            for row in chunk {
              let place = rows.lowerBound + row
              let before = columns.clamped(to: 0..<place)
              let start = row * columns.count - columns.lowerBound
              let offset = withMean[place] + meanSquare
              let toReal = kernelSum(products, start, before.clamped(to: 0..<split), offset, withMean)
              if place < split {
                sums[row].real = toReal
              } else {
                sums[row].both = toReal
                sums[row].generated = kernelSum(
                  products, start, before.clamped(to: split..<max(split, place)), offset, withMean)
              }
            }
          }
        }
      }
    }
    return sums.reduce(into: KernelSums()) { $0 += $1 }
  }

  /// The sum of the kernel over some places, the product of each of which is `products[start + place]`.
  private func kernelSum(
    _ products: UnsafeBufferPointer<Float>, _ start: Int, _ range: Range<Int>, _ offset: Double,
    _ withMean: UnsafeBufferPointer<Double>
  ) -> Double {
    guard !range.isEmpty else { return 0 }
    let products = UnsafeBufferPointer(
      rebasing: products[(start + range.lowerBound)..<(start + range.upperBound)])
    let withMean = UnsafeBufferPointer(rebasing: withMean[range])
    let scale = 1 / features
    // Four sums, so that one addition need not wait for the one before.
    var sums = SIMD4<Double>.zero
    var index = 0
    while index + 4 <= range.count {
      var product = SIMD4(
        Double(products[index]), Double(products[index + 1]), Double(products[index + 2]), Double(products[index + 3]))
      product += SIMD4(withMean[index], withMean[index + 1], withMean[index + 2], withMean[index + 3])
      let base = (product + offset) * scale + 1
      sums += base * base * base
      index += 4
    }
    var sum = sums.sum()
    while index < range.count {
      let base = (Double(products[index]) + withMean[index] + offset) * scale + 1
      sum += base * base * base
      index += 1
    }
    return sum
  }
}

/// Sums of the kernel over pairs of vectors.
private struct KernelSums {
  var real = 0.0
  var generated = 0.0
  var both = 0.0

  static func += (sums: inout KernelSums, other: KernelSums) {
    sums.real += other.real
    sums.generated += other.generated
    sums.both += other.both
  }
}

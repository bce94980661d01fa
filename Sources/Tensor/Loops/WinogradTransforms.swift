/// Winograd's algorithm along one axis: outputs `y[i] = d[i] * g[0] + d[i + 1] * g[1]`, three at a time, the last ones
/// fewer.
struct WinogradAxis {
  /// One multiplication: a combination of inputs with one of ``taps``.
  struct Product {
    let kind: Int
    let inputs: [(index: Int, coefficient: Float)]
  }

  /// The combinations of the two taps that inputs are multiplied with.
  static let taps: [[(index: Int, coefficient: Float)]] = [
    [(0, 1)], [(0, 0.5), (1, 0.5)], [(0, 0.5), (1, -0.5)], [(1, 1)],
  ]
  /// How many of them there are, along one axis and along two.
  static let kinds = 4
  static let kinds2D = 16

  private(set) var products: [Product] = []
  /// For each output the products it is the sum of.
  private(set) var outputs: [[(product: Int, coefficient: Float)]] = []

  /// The multiplications with one of ``taps``.
  func products(of kind: Int) -> [Int] { products.indices.filter { products[$0].kind == kind } }

  init(outputs count: Int) {
    var first = 0
    while first < count {
      let (next, d) = (products.count, first)
      switch count - first {
      case 1:
        products += [Product(kind: 0, inputs: [(d, 1)]), Product(kind: 3, inputs: [(d + 1, 1)])]
        outputs.append([(next, 1), (next + 1, 1)])
      case 2:
        products += [
          Product(kind: 0, inputs: [(d, 1), (d + 1, -1)]), Product(kind: 1, inputs: [(d + 1, 2)]),
          Product(kind: 3, inputs: [(d + 2, 1), (d + 1, -1)]),
        ]
        outputs += [[(next, 1), (next + 1, 1)], [(next + 1, 1), (next + 2, 1)]]
      default:
        products += [
          Product(kind: 0, inputs: [(d, 1), (d + 2, -1)]), Product(kind: 1, inputs: [(d + 1, 1), (d + 2, 1)]),
          Product(kind: 2, inputs: [(d + 1, 1), (d + 2, -1)]), Product(kind: 3, inputs: [(d + 3, 1), (d + 1, -1)]),
        ]
        outputs += [
          [(next, 1), (next + 1, 1), (next + 2, -1)], [(next + 1, 1), (next + 2, 1)],
          [(next + 1, 1), (next + 2, -1), (next + 3, 1)],
        ]
      }
      first += 3
    }
  }
}

/// Linear combinations of rows, as offsets from where the rows begin: made once, used for each image.
struct RowCombinations: Sendable {
  private var starts: [Int] = [0]
  private var sources: [Int] = []
  private var coefficients: [Float] = []
  private var targets: [Int] = []

  /// Adds a term to the current row.
  mutating func addTerm(_ coefficient: Float, _ source: Int) {
    coefficients.append(coefficient)
    sources.append(source)
  }

  /// Ends the current row, which goes to `target`.
  mutating func endRow(_ target: Int) {
    starts.append(sources.count)
    targets.append(target)
  }

  /// Computes all rows, each of `length` floats.
  func run(
    length: Int, from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>,
    _ kernels: KernelSet
  ) {
    starts.withUnsafeBufferPointer { starts in
      sources.withUnsafeBufferPointer { sources in
        coefficients.withUnsafeBufferPointer { coefficients in
          targets.withUnsafeBufferPointer { targets in
            guard let starts = starts.baseAddress, let sources = sources.baseAddress,
              let coefficients = coefficients.baseAddress, let first = targets.baseAddress
            else { return }
            kernels.convolution.combineRows(targets.count, length, starts, sources, coefficients, first, source, target)
          }
        }
      }
    }
  }
}

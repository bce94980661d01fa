import Testing

@testable import Tensor

/// Products that are finished in the same pass, recorded: their derivatives have the bits of the operations one by one, and
/// those of second order are the same but for rounding.
@Suite struct FinishedDerivativeTests {
  /// A product of two tensors in both ways.
  struct Product: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var factors: [Tensor.Shape]
    var plain: @Sendable (Tensor, Tensor) -> Tensor
    var finished: @Sendable (Tensor, Tensor, ChannelFinish) -> Tensor
  }

  private static func convolution(
    _ name: String, _ input: Tensor.Shape, _ weight: Tensor.Shape, groups: Int = 1, isTransposed: Bool = false
  ) -> Product {
    let geometry = Tensor.ConvolutionGeometry(kernel: .init(weight[1]), stride: 2, padding: 1, dilation: 1)
    return Product(testDescription: name, factors: [input, weight]) {
      isTransposed
        ? $0.convTranspose2d($1, stride: 2, padding: 1, groups: groups)
        : $0.conv2d($1, stride: 2, padding: 1, groups: groups)
    } finished: {
      isTransposed
        ? $0.convTranspose2d($1, geometry, outputPadding: 0, groups: groups, finish: $2)
        : $0.conv2d($1, geometry, padding: 1, groups: groups, finish: $2)
    }
  }

  private static func matrices(_ name: String, _ a: Tensor.Shape, _ b: Tensor.Shape) -> Product {
    Product(testDescription: name, factors: [a, b], plain: { $0.matmul($1) }, finished: { $0.matmul($1, finish: $2) })
  }

  static let products = [
    matrices("matmul", [5, 7], [7, 40]), matrices("batches", [2, 3, 7], [7, 4]), matrices("one row", [1, 7], [7, 4]),
    matrices("no rows", [0, 7], [7, 4]), matrices("no depth", [3, 0], [0, 4]),
    matrices("many rows", [900, 6], [6, 33]),
    convolution("conv2d", [2, 6, 6, 3], [5, 4, 4, 3]), convolution("no images", [0, 6, 6, 3], [5, 4, 4, 3]),
    // Few positions and many channels, which are cut.
    convolution("columns", [1, 6, 6, 3], [150, 4, 4, 3]),
    convolution("groups", [2, 6, 6, 4], [6, 4, 4, 2], groups: 2),
    convolution("depthwise", [2, 6, 6, 4], [4, 4, 4, 1], groups: 4),
    convolution("convTranspose2d", [2, 3, 3, 3], [5, 4, 4, 3], isTransposed: true),
  ]

  static let functions: [ChannelFinish.Function?] = [nil, .relu, .leakyReLU(slope: 0.2), .tanh, .sigmoid]

  @Test(arguments: products, functions) func derivatives(of product: Product, then function: ChannelFinish.Function?) {
    for hasBias in [false, true] {
      var noise = TestNoise(11)
      let columns = product.factors[1][product.factors[0].rank == 4 ? 0 : 1]
      let inputs = product.factors.map { noise.tensor($0) } + (hasBias ? [noise.tensor([columns])] : [])
      let weights = noise.tensor(product.plain(inputs[0], inputs[1]).shape)
      let finished = derivatives(at: inputs, weights) {
        product.finished($0[0], $0[1], ChannelFinish(columns: columns, bias: hasBias ? $0[2] : nil, function: function))
      }
      let oneByOne = derivatives(at: inputs, weights) {
        let sum = hasBias ? product.plain($0[0], $0[1]) + $0[2] : product.plain($0[0], $0[1])
        return switch function {
        case .relu: sum.relu()
        case .leakyReLU(let slope): sum.leakyReLU(slope: slope)
        case .tanh: sum.tanh()
        case .sigmoid: sum.sigmoid()
        case nil: sum
        }
      }
      #expect(finished.count == oneByOne.count && finished.count == 2 * inputs.count)
      for (index, (a, b)) in zip(finished, oneByOne).enumerated() {
        if index < inputs.count {
          #expect(haveSameBits(a, b), "bias \(hasBias)")
        } else {
          let (distance, largest) = ((a - b).maximumMagnitude, max(1, b.maximumMagnitude))
          #expect(a.shape == b.shape && distance <= 1e-5 * largest, "bias \(hasBias): \(distance) of \(largest)")
        }
      }
    }
  }

  /// The gradients of Σ weights · y, and those of the sum of their squares.
  private func derivatives(
    at inputs: [Tensor], _ weights: Tensor, _ function: ([Tensor]) -> Tensor
  ) -> [Tensor] {
    var first: [Tensor] = []
    let second = Tensor.valueAndGradients(at: inputs) { inputs in
      first = Tensor.valueAndGradients(at: inputs) { (function($0) * weights).sum() }.gradients
      return first.reduce(Tensor(0)) { $0 + $1.square().sum() }
    }.gradients
    return first + second
  }

  /// Only what is recorded gets a gradient: a network that is judged by another, which stays as it is.
  @Test func onlyTheInputIsRecorded() {
    var noise = TestNoise(12)
    let (x, w, bias) = (noise.tensor([4, 5]).recorded(), noise.tensor([5, 3]), noise.tensor([3]))
    let y = x.matmul(w, finish: ChannelFinish(columns: 3, bias: bias, function: .tanh))
    let expected = (x.matmul(w) + bias).tanh()
    #expect(y.isRecorded && haveSameBits(y, expected))
    #expect(haveSameBits(y.sum().gradient(at: x), expected.sum().gradient(at: x)))
    let constant = x.detached().matmul(w, finish: ChannelFinish(columns: 3, bias: bias))
    #expect(!constant.isRecorded)
    let ofBias = bias.recorded()
    let z = x.detached().matmul(w, finish: ChannelFinish(columns: 3, bias: ofBias))
    #expect(z.sum().gradient(at: ofBias).scalars == [4, 4, 4])
  }

  @Test func normalizationsAreRecordedByThemselves() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let ones = Tensor.ones([3])
      let finish = ChannelFinish(columns: 3, normalization: (ones, ones, ones, ones, 1e-5))
      _ = Tensor.ones([2, 4]).recorded().matmul(.ones([4, 3]), finish: finish)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("matmul: a normalization with given statistics is recorded by itself"), "\(text)")
  }
}

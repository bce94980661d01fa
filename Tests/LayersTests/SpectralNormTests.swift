import Foundation
import Tensor
import Testing

@testable import Layers

/// A transform by a factor of its own.
private final class Scaling: WeightTransforming {
  let factor = Parameter([], .ones)
  func callAsFunction(_ weight: Tensor, in context: Context) -> Tensor { weight * context[factor] }
}

@Suite struct SpectralNormTests {
  /// Ways to hold the golden matrix of 4 outputs and 6 others.
  static let layouts: [Tensor.Shape] = [[4, 6], [4, 1, 2, 3], [6, 4]]

  /// A matrix with the output axis first in the layout `shape`, whose output axis has 4 outputs.
  private func arranged(_ matrix: Tensor, as shape: Tensor.Shape) -> Tensor {
    shape[0] == 4 ? matrix.reshaped(to: shape) : matrix.transposed()
  }

  private func module(_ shape: Tensor.Shape, iterations: Int) -> SpectralNorm {
    SpectralNorm(shape, outputAxis: shape[0] == 4 ? 0 : shape.rank - 1, iterations: iterations)
  }

  @Test(arguments: layouts) func valueAndGradientAsPyTorch(_ shape: Tensor.Shape) throws {
    let golden = try Golden.load().spectralNorm
    let norm = module(shape, iterations: golden.iterations)
    let context = Context(
      Network(norm), State(["u": golden.u0.tensor, "v": Tensor.zeros([6])]), mode: .training,
      random: RandomGenerator(seed: 0))
    let weight = arranged(golden.weight.tensor, as: shape).recorded()
    let normalized = norm(weight, in: context)
    let expected = arranged(golden.normalized.tensor, as: shape)
    #expect(normalized.shape == shape)
    #expect(isClose(normalized, expected.scalars.map { Double($0) }, tolerance: 1e-6), "\(normalized)")
    #expect(isClose(Tensor(weight.scalars[0] / normalized.scalars[0]), [golden.sigma], tolerance: 1e-6))
    #expect(isClose(context[norm.u], golden.u.data, tolerance: 1e-6))
    #expect(isClose(context[norm.v], golden.v.data, tolerance: 1e-6))
    let gradient = normalized.pullback(arranged(golden.upstream.tensor, as: shape), at: [weight])[0]
    let expectedGradient = arranged(golden.gradient.tensor, as: shape)
    #expect(isClose(gradient, expectedGradient.scalars.map { Double($0) }, tolerance: 1e-5), "\(gradient)")
  }

  @Test(arguments: layouts) func estimateBecomesTheLargestSingularValue(_ shape: Tensor.Shape) throws {
    let golden = try Golden.load().spectralNorm
    let norm = module(shape, iterations: 1)
    let weight = arranged(golden.weight.tensor, as: shape)
    var random = RandomGenerator(seed: 4)
    var state = Network(norm).initialState(using: &random)
    var sigma: Float = 0
    for _ in 0..<100 {
      let context = Context(Network(norm), state, mode: .training, random: RandomGenerator(seed: 0))
      sigma = weight.scalars[0] / norm(weight, in: context).scalars[0]
      state.merge(context.bufferUpdates)
    }
    #expect(isClose(Tensor(sigma), [golden.largestSingularValue], tolerance: 1e-6), "\(sigma)")
    for name in ["u", "v"] { #expect(abs(try #require(state[name]).norm().scalars[0] - 1) < 1e-6) }
  }

  @Test func manyIterationsAtOnceFindTheLargestSingularValue() throws {
    var random = RandomGenerator(seed: 6)
    for (rows, columns) in [(1, 7), (7, 1), (5, 5), (12, 30), (40, 9)] {
      let weight = Tensor.normal([rows, columns], using: &random)
      let norm = SpectralNorm([rows, columns], outputAxis: 0, iterations: 500)
      let state = Network(norm).initialState(using: &random)
      let normalized = norm(
        weight, in: Context(Network(norm), state, mode: .training, random: RandomGenerator(seed: 0)))
      let sigma = weight.scalars[0] / normalized.scalars[0]
      #expect(isClose(Tensor(sigma), [largestSingularValue(of: weight)], tolerance: 1e-5), "\(rows) × \(columns)")
    }
  }

  /// From the powers of `M = WᵀW`: its largest eigenvalue is the limit of `trace(M^n)^(1/n)`, here with n = 2^40.
  private func largestSingularValue(of matrix: Tensor) -> Double {
    let (rows, columns, w) = (matrix.shape[0], matrix.shape[1], matrix.scalars.map { Double($0) })
    let each = 0..<columns
    var power = each.map { i in
      each.map { j in (0..<rows).reduce(0) { $0 + w[$1 * columns + i] * w[$1 * columns + j] } }
    }
    var (logarithm, exponent) = (0.0, 1.0)
    for _ in 0...40 {
      let trace = each.reduce(0) { $0 + power[$1][$1] }
      logarithm += Foundation.log(trace) / exponent
      let unit = power.map { row in row.map { $0 / trace } }
      power = each.map { i in each.map { j in each.reduce(0) { $0 + unit[i][$1] * unit[$1][j] } } }
      exponent *= 2
    }
    return Foundation.exp(logarithm / 2)
  }

  /// With `G = c / σ - (c · W) / σ² · uvᵀ`, the gradient of `(W / σ · c)` at W, against differences of `|G|² / 2`.
  @Test func secondDerivatives() throws {
    let golden = try Golden.load().spectralNorm
    let norm = module([4, 6], iterations: 1)
    let (c, u, v) = (golden.upstream.data, golden.u.data, golden.v.data)
    let context = Context(
      Network(norm), State(["u": golden.u.tensor, "v": golden.v.tensor]), mode: .inference)
    let weight = golden.weight.tensor.recorded()
    let gradient = (norm(weight, in: context) * golden.upstream.tensor).sum().gradient(at: weight, recording: true)
    let second = (gradient.square().sum() * 0.5).gradient(at: weight)

    func energy(_ w: [Double]) -> Double {
      let outer = (0..<24).map { u[$0 / 6] * v[$0 % 6] }
      let sigma = zip(w, outer).reduce(0) { $0 + $1.0 * $1.1 }
      let product = zip(w, c).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(c, outer).reduce(0) { sum, pair in
        let slope = pair.0 / sigma - product / (sigma * sigma) * pair.1
        return sum + slope * slope / 2
      }
    }
    let differences = (0..<24).map { index in
      var (above, below) = (golden.weight.data, golden.weight.data)
      above[index] += 1e-5
      below[index] -= 1e-5
      return (energy(above) - energy(below)) / 2e-5
    }
    #expect(isClose(second, differences, tolerance: 1e-5), "\(second), expected \(differences)")
  }

  /// A gradient penalty through layers with spectral norm has gradients at the raw weights.
  @Test func penaltyThroughLayers() throws {
    let layers = Sequential(
      Conv2D(from: 1, to: 3, kernelSize: 3, transforms: [.spectralNorm()]), .tanh, .flatten,
      Dense(from: 12, to: 1, transforms: [.spectralNorm()]))
    let network = Network(layers)
    var random = RandomGenerator(seed: 8)
    let state = network.initialState(using: &random)
    let context = Context(
      network, state, mode: .training, differentiating: network.parameterNames, random: RandomGenerator(seed: 0))
    let input = Tensor.normal([2, 4, 4, 1], using: &random).recorded()
    let slopes = layers(input, in: context).sum().gradient(at: input, recording: true)
    let gradients = context.gradients(of: (slopes.norm(axes: [1, 2, 3]) - 1).square().mean())
    for name in ["layers.0.weight", "layers.3.weight"] {
      let (gradient, weight) = try (#require(gradients[name]), #require(state[name]))
      #expect(gradient.isAllFinite && gradient.norm().scalars[0] > 1e-3)
      // With `u` and `v` constant, W / σ does not change with the length of W, so nor does the penalty.
      #expect(abs((gradient * weight).sum().scalars[0]) < 1e-5, "\(name)")
    }
  }

  @Test func vectorsRestInInference() throws {
    let layer = Dense(from: 3, to: 2, hasBias: false, transforms: [.spectralNorm(iterations: 2)])
    let network = Network(layer)
    var random = RandomGenerator(seed: 5)
    var state = network.initialState(using: &random)
    let input = Tensor.identity(3)

    let training = Context(network, state, mode: .training, random: RandomGenerator(seed: 0))
    _ = layer(input, in: training)
    let trained = layer(input, in: training)
    #expect(training.bufferUpdates.names == ["transforms.0.u", "transforms.0.v"])
    #expect(state["transforms.0.v"] == Tensor.zeros([3]))

    state.merge(training.bufferUpdates)
    let inference = Context(network, state, mode: .inference)
    #expect(layer(input, in: inference) == trained)
    #expect(layer(input, in: inference) == trained)
    #expect(inference.bufferUpdates == State())
  }

  @Test func untrainedNetworkCanBeUsed() {
    let layer = Dense(from: 30, to: 20, transforms: [.spectralNorm()])
    let network = Network(layer)
    var random = RandomGenerator(seed: 5)
    let state = network.initialState(using: &random)
    let inference = Context(network, state, mode: .inference)
    let output = layer(Tensor.identity(30), in: inference)
    #expect(
      output
        == layer(Tensor.identity(30), in: Context(network, state, mode: .training, random: RandomGenerator(seed: 0))))
    #expect(inference.bufferUpdates == State())
  }

  @Test func transformsApplyInOrderAndTheParameterKeepsItsName() {
    let scaling = WeightTransform { shape, outputAxis in
      #expect(shape == [1, 1, 1, 1] && outputAxis == 0)
      return Scaling()
    }
    let layer = Conv2D(from: 1, to: 1, kernelSize: 1, hasBias: false, transforms: [.spectralNorm(), scaling])
    let network = Network(layer)
    #expect(network.parameters.map(\.name) == ["weight", "transforms.1.factor"])
    let state = State([
      "weight": Tensor(repeating: 5, shape: [1, 1, 1, 1]), "transforms.1.factor": Tensor(3),
      "transforms.0.u": Tensor([1]), "transforms.0.v": Tensor([0]),
    ])
    let context = Context(
      network, state, mode: .training, differentiating: network.parameterNames, random: RandomGenerator(seed: 0))
    let output = layer(Tensor.ones([1, 1, 1, 1]), in: context)
    // 5 / |5| · 3; the other way around the factor would cancel.
    #expect(output.detached() == Tensor(repeating: 3, shape: [1, 1, 1, 1]))
    let gradients = context.gradients(of: output.sum())
    #expect(gradients["transforms.1.factor"] == Tensor(1))
    #expect(gradients["weight"] == Tensor.zeros([1, 1, 1, 1]))
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SpectralNorm([3], outputAxis: 0)
    }
    expect(
      result, saysWhy: "SpectralNorm: a weight of shape [3]; two axes or more are needed, and none may be empty")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SpectralNorm([3, 4, 5], outputAxis: 1)
    }
    expect(
      result,
      saysWhy: "SpectralNorm: output axis 1 of a weight of shape [3, 4, 5]; it must be the first or the last")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dense(from: 3, to: 4, transforms: [.spectralNorm(iterations: 0)])
    }
    expect(result, saysWhy: "SpectralNorm: 0 iterations; the least is 1")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let norm = SpectralNorm([3, 4], outputAxis: 0)
      _ = norm(
        Tensor.ones([4, 3]), in: Context(Network(norm), State(), mode: .training, random: RandomGenerator(seed: 0)))
    }
    expect(result, saysWhy: "SpectralNorm: the weight has shape [4, 3], the module was made for [3, 4]")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layers = Sequential(.relu, Dense(from: 3, to: 4, initializer: .zeros, transforms: [.spectralNorm()]))
      var random = RandomGenerator(seed: 1)
      let state = Network(layers).initialState(using: &random)
      _ = layers(Tensor.ones([2, 3]), in: Context(Network(layers), state, mode: .training, random: random))
    }
    expect(
      result,
      saysWhy: """
        SpectralNorm: the weight layers.1.weight is zero everywhere, so there is no direction to stretch; give it \
        another initializer
        """)
  }
}

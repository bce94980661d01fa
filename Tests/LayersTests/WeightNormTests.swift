import Tensor
import Testing

@testable import Layers

@Suite struct WeightNormTests {
  /// Lengths are those of the gains whatever the raw weight's are, and directions stay.
  @Test(arguments: [0, 1]) func lengthsAreTheGains(outputAxis: Int) throws {
    var random = RandomGenerator(seed: 1)
    let shape: Tensor.Shape = outputAxis == 0 ? [3, 2, 4] : [4, 3]
    let norm = WeightNorm(shape, outputAxis: outputAxis)
    let network = Network(norm)
    var state = network.initialState(using: &random)
    #expect(state["gain"] == .ones([3]))
    state["gain"] = [0.5, 2, 3]
    let raw = Tensor.normal(shape, using: &random)
    let context = Context(network, state, mode: .inference)
    let weight = norm(raw, in: context)
    let rows = { (tensor: Tensor) in
      outputAxis == 0 ? tensor.reshaped(to: [3, 8]) : tensor.transposed()
    }
    #expect(rows(weight).norm(axis: 1).isApproximatelyEqual(to: [0.5, 2, 3]))
    let cosines = (rows(weight) * rows(raw)).sum(axes: [1]) / (rows(weight).norm(axis: 1) * rows(raw).norm(axis: 1))
    #expect(cosines.isApproximatelyEqual(to: .ones([3])))
    #expect(norm(raw * 7, in: context).isApproximatelyEqual(to: weight))
  }

  /// The gradient at the raw weight is at right angles to it, since its length changes nothing (equation 3).
  @Test func gradients() {
    var random = RandomGenerator(seed: 2)
    let dense = Dense(from: 5, to: 4, transforms: [.weightNorm()])
    let network = Network(dense)
    let state = network.initialState(using: &random)
    let input = Tensor.normal([6, 5], using: &random)
    let context = Context(network, state, mode: .training, differentiating: network.parameterNames, random: random)
    let gradients = context.gradients(of: dense(input, in: context).square().sum())
    let (weight, gradient) = (state["weight"] ?? [], gradients["weight"] ?? [])
    #expect(gradient.maximumMagnitude > 0.1)
    #expect((weight * gradient).sum(axes: [0]).maximumMagnitude < 1e-4)
    #expect(gradients["transforms.0.gain"]?.maximumMagnitude ?? 0 > 0.1)
  }

  @Test func noiseIsInTrainingOnly() {
    let noise = GaussianNoise(0.5)
    let network = Network(noise)
    let input = Tensor.ones([200, 50])
    #expect(noise(input, in: Context(network, State(), mode: .inference)) == input)
    let noisy = noise(input, in: Context(network, State(), mode: .training, random: RandomGenerator(seed: 1))) - input
    #expect(abs(noisy.mean().scalar) < 0.02 && abs(noisy.square().mean().scalar.squareRoot() - 0.5) < 0.02)
  }
}

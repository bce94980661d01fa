import Tensor
import Testing

@testable import Layers

/// A whole WGAN-GP critic loss: the gradient penalty takes every layer to its second derivatives.
@Suite struct CriticLossTests {
  /// The names of the golden parameters, in the order of the network's.
  private let names = [
    ("w1", "layers.0.weight"), ("b1", "layers.0.bias"), ("w2", "layers.2.weight"), ("b2", "layers.2.bias"),
    ("w3", "layers.5.weight"), ("b3", "layers.5.bias"),
  ]

  @Test func lossAndAllGradientsAsPyTorch() throws {
    let golden = try Golden.find("wganGPCriticLoss")
    let parameters = golden.params
    let critic = Sequential(
      Conv2D(from: 1, to: 3, kernelSize: 4, stride: 2, padding: 1), .leakyReLU(slope: try #require(parameters.slope)),
      Conv2D(from: 3, to: 4, kernelSize: 4, stride: 2, padding: 1), .leakyReLU(slope: try #require(parameters.slope)),
      .flatten, Dense(from: 16, to: 1))
    let network = Network(critic)
    #expect(network.parameters.map(\.name) == names.map(\.1))
    let state = State(
      try Dictionary(uniqueKeysWithValues: names.map { ($1, try #require(golden.inputs[$0]).tensor) }))
    let context = Context(
      network, state, mode: .training, differentiating: network.parameterNames, random: RandomGenerator(seed: 0))

    let real = try #require(parameters.real).tensor
    let fake = try #require(parameters.fake).tensor
    let mix = try #require(parameters.mix).tensor
    let mixed = (mix * real + (1 - mix) * fake).recorded()
    let slopes = critic(mixed, in: context).sum().gradient(at: mixed, recording: true)
    let penalty = (slopes.norm(axes: [1, 2, 3]) - 1).square().mean()
    let loss =
      critic(fake, in: context).mean() - critic(real, in: context).mean()
      + penalty * (try #require(parameters.penaltyWeight))

    #expect(isClose(loss, golden.output.data, tolerance: 1e-5), "loss \(loss), expected \(golden.output.data)")
    let gradients = context.gradients(of: loss)
    #expect(golden.gradients.count == names.count)
    for (theirs, ours) in names {
      let (gradient, expected) = try (#require(gradients[ours]), #require(golden.gradients[theirs]))
      #expect(gradient.shape.sizes == expected.shape)
      #expect(isClose(gradient, expected.data, tolerance: 1e-5), "\(ours): \(gradient), expected \(expected.data)")
    }
  }
}

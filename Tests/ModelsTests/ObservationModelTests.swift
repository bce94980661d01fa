import Foundation
import Layers
import Tensor
import Testing

@testable import Models

/// What holds for every distribution of samples given a decoder's output.
@Suite struct ObservationModelTests {
  private static let observations: [any ObservationModel] = [
    BernoulliObservation(), GaussianObservation(standardDeviation: 0.5), LearnedGaussianObservation(),
    CategoricalObservation(levels: 4), DiscretizedLogisticObservation(levels: 4),
  ]

  /// No samples have no likelihoods, of one draw and of several.
  @Test func withoutSamples() {
    for observation in Self.observations {
      let output = Tensor.zeros([0, 2, 2, observation.parametersPerScalar]).recorded()
      for draws in [1, 3] {
        let losses = observation.negativeLogLikelihood(of: .zeros([0, 2, 2, 1]), draws: draws, given: output)
        #expect(losses.shape == [0], "\(observation)")
        #expect(losses.sum().gradients(at: [output])[0].shape == output.shape)
      }
      #expect(observation.mean(given: output).shape == [0, 4])
    }
    let (samples, logits) = (Tensor.zeros([0, 2, 2, 1]), Tensor.zeros([0, 2, 2, 5]))
    let values = PixelValues.grey(levels: 5)
    #expect(values.negativeLogLikelihood(of: samples, seenAs: samples, given: logits).shape == [0])
  }

  /// Nor have they densities or places after flows.
  @Test func latentsWithoutSamples() {
    final class Parts: Module {
      let planar = PlanarFlow(2, featureCount: 3)
      let inverse = InverseAutoregressiveFlow(
        AutoregressiveNetwork(.inputs(2), hiddenSizes: [4], outputsPerInput: 2, conditionSize: 3))
    }
    let none = Tensor.zeros([0, 2])
    #expect(DiagonalGaussian(mean: none, logVariance: none).logDensities(at: none)?.shape == [0, 2])
    let parts = Parts()
    let network = Network(parts)
    var random = RandomGenerator(seed: 1)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    for flow in [parts.planar, parts.inverse] as [any LatentFlow] {
      let step = flow(none, given: .zeros([0, 3]), in: context)
      #expect(step.latents.shape == [0, 2] && step.logDeterminant.shape == [0])
    }
  }

  /// Several draws are so many times the samples.
  @Test func severalDraws() {
    var random = RandomGenerator(seed: 5)
    let samples = Tensor.uniform([2, 2, 2, 1], using: &random)
    for observation in Self.observations {
      let output = Tensor.normal([6, 2, 2, observation.parametersPerScalar], using: &random)
      let together = observation.negativeLogLikelihood(of: samples, draws: 3, given: output)
      let apart = (0..<3).map {
        observation.negativeLogLikelihood(of: samples, given: output[2 * $0..<2 * $0 + 2])
      }
      #expect(together.isApproximatelyEqual(to: .concatenated(apart)), "\(observation)")
    }
  }

  /// Half-way between two levels is the even one, whoever asks.
  @Test func ties() {
    // ½ lies between levels 0 and 1 of two, and between 1 and 2 of four.
    let half = Tensor([0.5], shape: [1, 1, 1, 1])
    for (levels, level) in [(2, 0), (4, 2)] {
      #expect(PixelValues.grey(levels: levels).places(of: half) == [level])
      #expect(PixelValues.grey(levels: levels).input(of: half).scalar == Float(level) / Float(levels - 1))
      let grey = Tensor([Float(level) / Float(levels - 1)], shape: [1, 1, 1, 1])
      var random = RandomGenerator(seed: 2)
      for observation in [CategoricalObservation(levels: levels), DiscretizedLogisticObservation(levels: levels)]
        as [any ObservationModel]
      {
        let output = Tensor.normal([1, 1, 1, observation.parametersPerScalar], using: &random)
        #expect(
          observation.negativeLogLikelihood(of: half, given: output)
            == observation.negativeLogLikelihood(of: grey, given: output))
      }
    }
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GaussianObservation(standardDeviation: 0)
    }
    expect(result, saysWhy: "GaussianObservation: a standard deviation of 0.0; it must be a positive number")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GaussianObservation(standardDeviation: .nan)
    }
    expect(result, saysWhy: "GaussianObservation: a standard deviation of nan; it must be a positive number")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CategoricalObservation(levels: 4).negativeLogLikelihood(of: Tensor([[1.5]]), given: .zeros([1, 4]))
    }
    expect(result, saysWhy: "CategoricalObservation: a sample has a scalar outside of 0...1")
  }
}

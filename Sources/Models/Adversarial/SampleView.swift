import Layers
import Tensor
import Training

/// What a discriminator is shown in a training in the place of samples: noise on them, an augmentation.
///
/// Real samples and generated ones are shown alike, in the updates of both networks, and gradients reach the generator
/// through it. Terms see samples as they are shown too, so a penalty is one of the gradient where the discriminator is
/// asked. In use, samples are judged as they are.
public protocol SampleView: NamedChoice {
  /// Whether it needs scores that are above 0 where a sample is taken for real.
  var needsSignedScores: Bool { get }

  /// Tensors that it keeps from step to step, as they are before the first one. They are part of a training's memory.
  func makeMemory() -> State

  /// What is shown in the place of `samples`, `[N, …]`, of their shape, recorded.
  ///
  /// - Parameters:
  ///   - samples: real or generated ones.
  ///   - step: the number of steps done before.
  ///   - memory: that of the training.
  ///   - random: random numbers for the samples; what one gets depends on it and its place alone.
  func shown(_ samples: Tensor, step: Int, memory: State, random: inout SampleRandom) -> Tensor

  /// Learns, after an update of the discriminator, how it scored the real samples of the whole batch.
  ///
  /// - Parameters:
  ///   - meanSign: of the scores, in -1...1.
  ///   - count: the number of samples.
  ///   - memory: that of the training.
  func remember(meanSign: Float, of count: Int, in memory: inout State)

  /// What it has come to, for the training's metrics.
  func metrics(_ memory: State) -> [Metrics.Entry]

  /// Checks its numbers.
  /// - Throws: ``ConfigurationError`` without the model's name.
  func validate() throws
}

extension SampleView {
  public var needsSignedScores: Bool { false }
  public func makeMemory() -> State { State() }
  public func remember(meanSign: Float, of count: Int, in memory: inout State) {}
  public func metrics(_ memory: State) -> [Metrics.Entry] { [] }
  public func validate() throws {}
}

/// Normal noise on samples, whose deviation falls to 0 in equal steps, so that the two distributions overlap early on.
///
/// References: Sønderby et al., "Amortised MAP inference for image super-resolution", arXiv:1610.04490;
/// Arjovsky and Bottou, "Towards principled methods for training generative adversarial networks", arXiv:1701.04862.
public struct InstanceNoise: SampleView {
  public static let name = "instanceNoise"
  /// The deviation at the first step, above 0; pixels are in -1...1.
  public var deviation: Float
  /// After how many steps there is no noise any more, 1 or more.
  public var steps: Int

  /// Noise of the given deviation that is gone after so many steps.
  public init(deviation: Float = 0.1, steps: Int = 10_000) {
    self.deviation = deviation
    self.steps = steps
  }

  /// The deviation after `step` steps.
  public func deviation(after step: Int) -> Float {
    step >= steps ? 0 : deviation * Float(1 - Double(step) / Double(steps))
  }

  public func shown(_ samples: Tensor, step: Int, memory: State, random: inout SampleRandom) -> Tensor {
    let deviation = deviation(after: step)
    return deviation == 0 ? samples : samples + random.normal(samples.shape) * deviation
  }

  public func validate() throws {
    guard deviation > 0, deviation.isFinite else {
      throw ConfigurationError("the deviation of the instance noise is \(deviation), expected a positive number")
    }
    guard steps >= 1 else {
      throw ConfigurationError("the instance noise ends after \(steps) steps, expected 1 or more")
    }
  }
}

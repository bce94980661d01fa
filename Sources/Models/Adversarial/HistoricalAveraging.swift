import LatentSystem
import Layers
import Tensor
import Training

/// `weight · ‖θ - θ̄‖²` for the parameters θ of both networks, where θ̄ is the mean of what they were before each update so
/// far: it keeps networks that circle around each other from doing so.
///
/// Nothing is recorded: `2 · weight · (θ - θ̄)` is added to the gradients. The means are part of a training's memory, so a
/// training has to begin with that of ``AdversarialTraining/makeMemory()``.
///
/// Reference: Salimans et al., "Improved techniques for training GANs", arXiv:1606.03498, section 3.3.
public struct HistoricalAveraging: AdversarialTerm {
  public static let name = "historicalAveraging"
  /// The weight of the distance, 0 or more.
  public var weight: Float

  /// A term of the given weight.
  public init(weight: Float = 1) { self.weight = weight }

  public func makeMemory(for parameters: [String: Tensor.Shape]) -> State {
    var memory = State()
    for (name, shape) in parameters { memory[Self.meanName(name)] = .zeros(shape) }
    for optimizer in [AdversarialTraining.OptimizerName.generator, AdversarialTraining.OptimizerName.discriminator] {
      memory[Self.countName(optimizer)] = Tensor(0)
    }
    return memory
  }

  public func gradients(at parameters: State, of optimizer: String, _ memory: inout State) -> Gradients {
    let count = Self.required(memory[Self.countName(optimizer)], Self.countName(optimizer)).scalar
    var gradients = Gradients()
    for (name, parameter) in parameters.tensors {
      var mean = Self.required(memory.take(Self.meanName(name)), Self.meanName(name))
      // Before the first update there is no past.
      if count > 0 { gradients[name] = (parameter - mean) * (2 * weight) }
      let share = 1 / (count + 1)
      mean *= 1 - share
      mean.add(parameter, scaledBy: share)
      memory[Self.meanName(name)] = mean
    }
    memory[Self.countName(optimizer)] = Tensor(count + 1)
    return gradients
  }

  public func validate() throws { try validate(weight: weight) }

  static func meanName(_ parameter: String) -> String { "history.mean.\(parameter)" }
  static func countName(_ optimizer: String) -> String { "history.updates.\(optimizer)" }

  private static func required(_ tensor: Tensor?, _ name: String) -> Tensor {
    requireSome(
      tensor,
      "HistoricalAveraging: the training's memory has no \(name); start from AdversarialTraining.makeMemory()")
  }
}

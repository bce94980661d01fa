import Datasets
import Layers
import Tensor
import Training

/// A model with two optimizers whose names share a beginning. It learns the mean of all samples, in two halves.
struct TwoRules: GenerativeModel {
  struct Configuration: Codable, Sendable, Equatable {
    var schedule: LearningRateSchedule?
  }

  static let kind = "two-rules"
  let configuration: Configuration
  let network: Network
  private let part = Part()

  private final class Part: Module {
    let upper = Parameter([2, 3], .zeros)
    let lower = Parameter([2, 3], .zeros)
  }

  init(_ configuration: Configuration) throws {
    self.configuration = configuration
    network = Network(part)
  }

  var inputs: [InputRequirement] { [InputRequirement([2, 3])] }

  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    var rows = RowRule(learningRate: learningRate ?? 0.1)
    rows.schedule = configuration.schedule
    return ["rule": Adam(learningRate: learningRate ?? 0.1), "rule/rows": rows]
  }

  func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let samples = feed.next().samples
    func loss(_ parameter: Parameter, _ context: Context) -> Tensor { (samples - context[parameter]).square().mean() }
    let (upper, _) = try training.descend(with: "rule", network, at: ["upper"]) { (loss(part.upper, $0), ()) }
    let (lower, _) = try training.descend(with: "rule/rows", network, at: ["lower"]) { (loss(part.lower, $0), ()) }
    let factor = training.optimizers["rule/rows"]?.progress.rateFactor ?? .nan
    return ["loss": upper.loss + lower.loss, "factor": Double(factor)]
  }
}

/// Steps of one size for all scalars of a row: a rule with a moment for each row.
private struct RowRule: Optimizer {
  var learningRate: Float
  var weightDecay: Float = 0
  var groups: [ParameterGroup] = []
  var progress = OptimizerProgress()

  mutating func move(
    _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float
  ) {
    var rows = takeMoment(name + ".rows", like: parameter[.all, 0])
    rows.add(gradient.square().sum(axes: [1]), scaledBy: 1)
    parameter.add(gradient / (rows.squareRoot() + 1e-6).expanded(axis: 1), scaledBy: -rate)
    progress.moments[name + ".rows"] = rows
  }

  func momentShape(_ word: String, of shape: Tensor.Shape) -> Tensor.Shape {
    word == "rows" ? Tensor.Shape(Array(shape.sizes.dropLast())) : shape
  }
}

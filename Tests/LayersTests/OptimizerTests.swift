import Foundation
import Tensor
import Testing

@testable import Layers

@Suite struct OptimizerTests {
  private func optimizer(_ name: String, _ settings: Golden.Settings) throws -> any Optimizer {
    switch name {
    case "sgd", "sgd-momentum", "sgd-nesterov":
      return SGD(
        learningRate: settings.rate, momentum: settings.momentum ?? 0, isNesterov: settings.nesterov ?? false,
        weightDecay: settings.weightDecay)
    case "adam", "adamw":
      let (betas, epsilon) = try (#require(settings.betas), #require(settings.eps))
      return Adam(
        learningRate: settings.rate, beta1: betas[0], beta2: betas[1], epsilon: epsilon,
        weightDecay: settings.weightDecay, isDecayDecoupled: name == "adamw")
    case "adagrad", "adagrad-all":
      return try Adagrad(
        learningRate: settings.rate, rateDecay: #require(settings.rateDecay), initialSum: #require(settings.initial),
        epsilon: #require(settings.eps), weightDecay: settings.weightDecay)
    case "lion", "lion-all":
      let betas = try #require(settings.betas)
      return Lion(learningRate: settings.rate, beta1: betas[0], beta2: betas[1], weightDecay: settings.weightDecay)
    default:
      return try RMSProp(
        learningRate: settings.rate, decay: #require(settings.alpha), epsilon: #require(settings.eps),
        weightDecay: settings.weightDecay)
    }
  }

  @Test(
    "Ten steps as PyTorch's, Lion's as its paper's",
    arguments: [
      "sgd", "sgd-momentum", "sgd-nesterov", "adam", "adamw", "rmsprop", "adagrad", "adagrad-all", "lion", "lion-all",
    ])
  func tenSteps(_ name: String) throws {
    let all = try Golden.load().optimizers + Golden.furtherOptimizers()
    let golden = try #require(all.first { $0.name == name })
    var optimizer = try optimizer(name, golden.settings)
    var state = State(["x": Tensor(golden.start.map { Float($0) })])
    #expect(golden.gradients.count == 10 && golden.trajectory.count == 10)
    for (step, (gradient, expected)) in zip(golden.gradients, golden.trajectory).enumerated() {
      optimizer.update(&state, with: Gradients(["x": Tensor(gradient.map { Float($0) })]))
      let value = try #require(state["x"])
      for (ours, theirs) in zip(value.scalars, expected) {
        #expect(abs(Double(ours) - theirs) <= 1e-5 * max(abs(theirs), 0.1), "step \(step): \(value), \(expected)")
      }
    }
    #expect(optimizer.progress.step == 10)
  }

  @Test func weightDecayIsAPenaltyOrAShrinking() throws {
    let gradient = Gradients(["x": Tensor([0.5])])
    var state = State(["x": Tensor([2])])
    var sgd = SGD(learningRate: 0.1, weightDecay: 0.25)
    sgd.update(&state, with: gradient)
    #expect(state["x"]?.isApproximatelyEqual(to: Tensor([1.9])) == true)
    state = State(["x": Tensor([2])])
    var adamW = Adam.adamW(learningRate: 0.1, epsilon: 0, weightDecay: 0.25)
    adamW.update(&state, with: gradient)
    #expect(state["x"]?.isApproximatelyEqual(to: Tensor([1.85])) == true)
    state = State(["x": Tensor([2])])
    var rmsProp = RMSProp(learningRate: 0.1, decay: 0, epsilon: 0, weightDecay: 0.25)
    rmsProp.update(&state, with: gradient)
    #expect(state["x"]?.isApproximatelyEqual(to: Tensor([1.9])) == true)
  }

  @Test func groupsHaveTheirOwnSettings() {
    let names = ["decoder.weight", "encoder.0.bias", "encoder.0.weight", "frozen.weight"]
    var state = State(Dictionary(uniqueKeysWithValues: names.map { ($0, Tensor([1])) }))
    let gradients = Gradients(Dictionary(uniqueKeysWithValues: names.map { ($0, Tensor([1])) }))
    var optimizer = SGD(learningRate: 0.5, weightDecay: 1)
    optimizer.groups = [
      ParameterGroup("*.bias", weightDecay: 0), ParameterGroup("encoder.*", learningRate: 0.25),
      ParameterGroup("frozen.*", isFrozen: true), ParameterGroup("frozen.weight", learningRate: 9),
    ]
    optimizer.update(&state, with: gradients)
    #expect(state["decoder.weight"] == Tensor([0]))
    #expect(state["encoder.0.bias"] == Tensor([0.5]))
    #expect(state["encoder.0.weight"] == Tensor([0.5]))
    #expect(state["frozen.weight"] == Tensor([1]))
  }

  @Test(arguments: [
    ("*", "anything.at.all", true), ("*", "", true), ("a.weight", "a.weight", true), ("a.weight", "b.a.weight", false),
    ("*.weight", "a.weight", true), ("*.weight", "weight", false), ("a.*", "a.b.c", true), ("a.*", "ab.c", false),
    ("a*b", "ab", true), ("a*a", "a", false), ("a*b*c", "a-b-c", true), ("a*b*c", "a-c-b", false),
    ("*b*b*", "abab", true), ("*b*b*", "aba", false), ("ab*ba", "aba", false), ("**.w", "x.w", true), ("", "", true),
    ("", "x", false), ("*x*yx*", "yxx", false), ("*x*yx*", "xxyx", true),
  ])
  func patterns(_ pattern: String, _ name: String, _ matches: Bool) {
    #expect(ParameterGroup(pattern).matches(name) == matches)
  }

  @Test func updatesTouchNoOtherHolder() {
    let start = Tensor([1, 2])
    var state = State(["x": start])
    let snapshot = state
    var optimizer = Adam()
    optimizer.update(&state, with: Gradients(["x": Tensor([1, 1])]))
    let (once, onceOptimizer) = (state, optimizer)
    optimizer.update(&state, with: Gradients(["x": Tensor([1, -1])]))
    #expect(snapshot["x"] == Tensor([1, 2]) && start == Tensor([1, 2]))
    // A value that was put aside goes on as if nothing had happened.
    var (again, againOptimizer) = (once, onceOptimizer)
    againOptimizer.update(&again, with: Gradients(["x": Tensor([1, -1])]))
    #expect(again == state && againOptimizer.progress == optimizer.progress)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var state = State(["x": Tensor([1])])
      var optimizer = SGD(learningRate: 1)
      optimizer.update(&state, with: Gradients(["y": Tensor([1])]))
    }
    expect(result, saysWhy: "optimizer: the state has no parameter called y")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var state = State(["x": Tensor([1])])
      var optimizer = SGD(learningRate: 1)
      optimizer.update(&state, with: Gradients(["x": Tensor([1, 2])]))
    }
    expect(result, saysWhy: "optimizer: x has shape [1], its gradient [2]")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var state = State(["x": Tensor([1]), "y": Tensor([1, 2])])
      var optimizer = Adam()
      optimizer.update(&state, with: Gradients(["x": Tensor([1]), "y": Tensor([0, .nan])]))
    }
    expect(result, saysWhy: "optimizer: the gradient at y holds an infinity or NaN")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var state = State(["encoder.weight": Tensor([1]), "decoder.bias": Tensor([1]), "other": Tensor([1])])
      var optimizer = Adam()
      optimizer.groups = [ParameterGroup("*"), ParameterGroup("encodr.*", isFrozen: true)]
      optimizer.update(&state, with: Gradients(["other": Tensor([1])]))
    }
    expect(
      result,
      saysWhy: """
        ParameterGroup: "encodr.*" matches no tensor of the state; the nearest names are encoder.weight, decoder.bias, \
        other
        """)
  }

  @Test(arguments: Rate.allCases) func badRatesStop(_ rate: Rate) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [rate] in
      var state = State(["x": Tensor([1])])
      var optimizer = SGD(learningRate: 1)
      switch rate {
      case .zero: optimizer.learningRate = Float(1e-50)
      case .infinite: optimizer.learningRate = Float(1e50)
      case .negative: optimizer.learningRate = -1
      case .ofGroup: optimizer.groups = [ParameterGroup("x", learningRate: 0)]
      case .factor: optimizer.groups = [ParameterGroup("x", rateFactor: .nan)]
      case .decay: optimizer.weightDecay = -1
      }
      optimizer.update(&state, with: Gradients(["x": Tensor([1])]))
    }
    expect(result, saysWhy: rate.message)
  }

  enum Rate: String, Codable, Sendable, CaseIterable {
    case zero, infinite, negative, ofGroup, factor, decay

    var message: String {
      switch self {
      case .zero: "optimizer: the learning rate is 0.0 as Float; it must be positive and finite"
      case .infinite: "optimizer: the learning rate is inf as Float; it must be positive and finite"
      case .negative: "optimizer: the learning rate is -1.0 as Float; it must be positive and finite"
      case .ofGroup: "optimizer: the learning rate of group \"x\" is 0.0 as Float; it must be positive and finite"
      case .factor: "optimizer: the rate factor of group \"x\" is nan as Float; it must be positive and finite"
      case .decay: "optimizer: the weight decay is -1.0 as Float; it must be 0 or more and finite"
      }
    }
  }

  /// A rule of a user's own: the example of ``Optimizer``'s documentation.
  private struct Signum: Optimizer {
    var learningRate: Float = 1e-4
    var weightDecay: Float = 0
    var beta: Float = 0.9
    var groups: [ParameterGroup] = []
    var progress = OptimizerProgress()

    mutating func move(
      _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float
    ) {
      var mean = takeMoment(name + ".mean", like: parameter)
      mean *= beta
      mean.add(gradient, scaledBy: 1 - beta)
      parameter *= 1 - rate * weightDecay
      parameter.add(mean.sign(), scaledBy: -rate)
      progress.moments[name + ".mean"] = mean
    }
  }

  @Test func aRuleOfOnesOwn() {
    var signum = Signum(learningRate: 0.5)
    var state = State(["x": Tensor([1, 1])])
    signum.update(&state, with: Gradients(["x": Tensor([2, -3])]))
    #expect(state["x"] == Tensor([0.5, 1.5]))
    #expect(signum.progress.moments["x.mean"]?.isApproximatelyEqual(to: Tensor([0.2, -0.3])) == true)
    // 0.9 · 0.2 - 0.1 · 1 is positive still, 0.9 · -0.3 + 0.1 · 3 has turned.
    signum.update(&state, with: Gradients(["x": Tensor([-1, 3])]))
    #expect(state["x"] == Tensor([0, 1]))
  }

  /// A rule with a moment for each row: after Shazeer and Stern, "Adafactor", arXiv:1804.04235, in part.
  private struct RowRule: Optimizer {
    var learningRate: Float = 1
    var weightDecay: Float = 0
    var groups: [ParameterGroup] = []
    var progress = OptimizerProgress()
    /// What its moments are called, beside the parameter's name.
    var suffix = ".rows"

    mutating func move(
      _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float
    ) {
      var rows = takeMoment(name + suffix, like: parameter[.all, 0])
      rows.add(gradient.square().sum(axes: [1]), scaledBy: 1)
      parameter.add(gradient / rows.squareRoot().expanded(axis: 1), scaledBy: -rate)
      progress.moments[name + suffix] = rows
    }

    func momentShape(_ word: String, of shape: Tensor.Shape) -> Tensor.Shape {
      word == "rows" ? Tensor.Shape(Array(shape.sizes.dropLast())) : shape
    }
  }

  @Test func momentsOfTheirOwnShape() {
    var rule = RowRule()
    var state = State(["x": Tensor([[1, 1], [1, 1]])])
    rule.update(&state, with: Gradients(["x": Tensor([[3, 4], [0, 2]])]))
    #expect(state["x"]?.isApproximatelyEqual(to: Tensor([[0.4, 0.2], [1, 0]])) == true)
    #expect(rule.progress.moments["x.rows"] == Tensor([25, 4]))
  }

  @Test(arguments: [
    (".others", "optimizer: the moment x.others has shape [2], expected [2, 2]; momentShape(_:of:) can say otherwise"),
    ("rows", "optimizer: the moment xrows belongs to no parameter; it must be called as its parameter, a dot and a"),
  ])
  func momentsThatNoCheckpointTakesStop(_ suffix: String, _ message: String) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [suffix] in
      var rule = RowRule(suffix: suffix)
      var state = State(["x": Tensor([[1, 1], [1, 1]])])
      rule.update(&state, with: Gradients(["x": Tensor([[3, 4], [0, 2]])]))
    }
    expect(result, saysWhy: message)
  }

  @Test func aMomentOfAnotherShapeStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var optimizer = Adam()
      optimizer.progress.moments = State(["w.square": .zeros([0])])
      var state = State(["w": .zeros([100])])
      optimizer.update(&state, with: Gradients(["w": .ones([100])]))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("optimizer: parameter [100] and moment [0] must have one shape"))
  }

  @Test func descriptions() {
    var adam = Adam(learningRate: 0.5, weightDecay: 0.25)
    adam.progress.step = 12345
    #expect(
      "\(adam)"
        == "Adam(learningRate: 0.5, beta1: 0.9, beta2: 0.999, epsilon: 1e-08, weightDecay: 0.25) after 12,345 steps")
    #expect("\(Adam.adamW(weightDecay: 0.5))".hasSuffix("weightDecay: 0.5) after 0 steps, decoupled decay"))
    #expect(
      "\(SGD(learningRate: 1, isNesterov: true))" == "SGD(learningRate: 1.0, momentum: 0.0) after 0 steps, Nesterov")
    #expect("\(RMSProp())" == "RMSProp(learningRate: 0.01, decay: 0.99, epsilon: 1e-08) after 0 steps")
  }
}

@Suite struct ParameterGroupTests {
  @Test func aFactorHoldsForAnyRate() {
    var state = State(["a": Tensor(1), "b": Tensor(1), "c": Tensor(1)])
    var optimizer = SGD(learningRate: 0.5)
    optimizer.groups = [
      ParameterGroup("a", rateFactor: 0.25), ParameterGroup("b", learningRate: 1, rateFactor: 0.5),
    ]
    optimizer.learningRate = 0.25
    optimizer.progress.rateFactor = 0.5
    optimizer.update(&state, with: Gradients(["a": Tensor(1), "b": Tensor(1), "c": Tensor(1)]))
    #expect(state == State(["a": Tensor(1 - 0.03125), "b": Tensor(0.75), "c": Tensor(0.875)]))
  }

  /// A group of a file from before there was a factor.
  @Test func readsWhatHasNoFactor() throws {
    let old = Data(#"{"isFrozen":false,"learningRate":0.5,"pattern":"x.*"}"#.utf8)
    #expect(try JSONDecoder().decode(ParameterGroup.self, from: old) == ParameterGroup("x.*", learningRate: 0.5))
    let group = ParameterGroup("*", rateFactor: 0.5, weightDecay: 0, isFrozen: true)
    #expect(try JSONDecoder().decode(ParameterGroup.self, from: JSONEncoder().encode(group)) == group)
  }

  @Test(arguments: [
    ("abc", "abc", 0), ("abc", "ab", 1), ("abc", "axc", 1), ("", "abc", 3), ("abc", "", 3), ("*", "abc", 0),
    ("*", "", 0), ("a*c", "abbbc", 0), ("a*c", "abbbd", 1), ("encodr.*", "encoder.weight", 1), ("*.bais", "x.bias", 2),
    ("a*b*c", "a-c", 1),
  ])
  func distances(_ pattern: String, _ name: String, _ distance: Int) {
    #expect(ParameterGroup(pattern).distance(to: name) == distance)
    #expect(ParameterGroup(pattern).matches(name) == (distance == 0))
  }
}

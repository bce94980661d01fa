import Foundation
import Tensor
import Testing

@testable import Layers

@Suite struct OptimizerChoiceTests {
  private func read(_ text: String) throws -> OptimizerChoice {
    try JSONDecoder().decode(OptimizerChoice.self, from: Data(text.utf8))
  }

  private func text(_ choice: OptimizerChoice) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(choice), as: UTF8.self)
  }

  /// The form in which checkpoints have had them from the first version on.
  @Test func theirFormInFiles() throws {
    let adam = #"{"adam":{"beta1":0.5,"beta2":0.999}}"#
    #expect(try text(.adam(beta1: 0.5, beta2: 0.999)) == adam && read(adam) == .adam(beta1: 0.5, beta2: 0.999))
    #expect(try text(.rmsProp) == #"{"rmsProp":{}}"# && read(#"{"rmsProp":{}}"#) == .rmsProp)
    #expect(try read(#"{"nobody":{"x":1}}"#) == OptimizerChoice("nobody", ["x": 1]))
    for bad in ["{}", #"{"adam":{},"sgd":{}}"#, #"{"adam":1}"#, #""adam""#, #"{"adam":{"beta1":"x"}}"#] {
      #expect(throws: DecodingError.self, "\(bad)") { try read(bad) }
    }
  }

  @Test func oneThatNobodyCouldReadIsNotWritten() {
    let error = #expect(throws: UnregisteredError.self) { try text(OptimizerChoice("tests.nobody", ["x": 1])) }
    // Another test, which may run meanwhile, registers one of its own.
    #expect(
      error?.description.replacing(", tests.plain", with: "") == """
        no optimizer is registered as "tests.nobody"; there are adagrad, adam, adamW, lion, rmsProp, sgd; it takes \
        a call of OptimizerChoice.register("tests.nobody") { … } before
        """)
  }

  @Test func makesWhatIsBuiltIn() throws {
    let lion = try #require(OptimizerChoice.lion(beta1: 0.5, beta2: 0.75).makeOptimizer(learningRate: 0.1) as? Lion)
    #expect(lion.beta1 == 0.5 && lion.beta2 == 0.75 && lion.weightDecay == 0 && lion.learningRate == 0.1)
    let adagrad = try #require(OptimizerChoice.adagrad(epsilon: 1e-6).makeOptimizer(learningRate: 0.1) as? Adagrad)
    #expect(adagrad.epsilon == 1e-6 && adagrad.rateDecay == 0 && adagrad.initialSum == 0 && adagrad.weightDecay == 0)
    let adam = try #require(OptimizerChoice.adam(beta1: 0.5, beta2: 0.9).makeOptimizer(learningRate: 0.1) as? Adam)
    #expect(adam.beta1 == 0.5 && adam.beta2 == 0.9 && adam.learningRate == 0.1 && !adam.isDecayDecoupled)
    #expect(adam.epsilon == 1e-8 && adam.weightDecay == 0)
    let adamW = try #require(OptimizerChoice.adamW().makeOptimizer(learningRate: 0.1) as? Adam)
    #expect(adamW.isDecayDecoupled && adamW.weightDecay == 0.01)
    let rmsProp = try #require(OptimizerChoice.rmsProp.makeOptimizer(learningRate: 0.1) as? RMSProp)
    #expect(rmsProp.decay == 0.99 && rmsProp.epsilon == 1e-8 && rmsProp.learningRate == 0.1)
    let sgd = try #require(OptimizerChoice.sgd(momentum: 0.9, isNesterov: true).makeOptimizer(learningRate: 1) as? SGD)
    #expect(sgd.momentum == 0.9 && sgd.isNesterov)
    #expect("\(OptimizerChoice.adam(beta1: 0.5))" == "adam(beta1: 0.5, beta2: 0.999)")
    #expect("\(OptimizerChoice.rmsProp)" == "rmsProp")
  }

  @Test func aRuleOfOnesOwn() throws {
    OptimizerChoice.register("tests.plain") { settings, learningRate in
      try SGD(learningRate: learningRate * settings.number("factor", default: 2, in: 1...4))
    }
    let choice = OptimizerChoice("tests.plain", ["factor": 3])
    #expect(try read(text(choice)) == choice)
    #expect(try choice.makeOptimizer(learningRate: 2).learningRate == 6)
    #expect(try OptimizerChoice("tests.plain").makeOptimizer(learningRate: 2).learningRate == 4)
    #expect(throws: OptimizerChoiceError("factor of the optimizer tests.plain is 5.0, expected 1.0 to 4.0")) {
      try OptimizerChoice("tests.plain", ["factor": 5]).makeOptimizer(learningRate: 1)
    }
  }

  @Test(arguments: [
    (OptimizerChoice("adam", ["beta": 0.5]), "the optimizer adam has no setting called beta; it has beta1, beta2"),
    (.adam(beta1: 1), "beta1 of the optimizer adam is 1.0, expected at least 0.0 and below 1.0"),
    (OptimizerChoice("adam", ["epsilon": -1]), "epsilon of the optimizer adam is -1.0, expected 0.0 or more"),
    (OptimizerChoice("sgd", ["momentum": .nan]), "momentum of the optimizer sgd is nan"),
  ])
  func badChoices(_ choice: OptimizerChoice, _ message: String) throws {
    let error = try #require(throws: OptimizerChoiceError.self) { try choice.makeOptimizer(learningRate: 1) }
    #expect(error.description.hasPrefix(message), "\(error)")
  }
}

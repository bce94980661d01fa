import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// A CycleGAN of single numbers, whose translators are straight lines: what its losses see, and what they do not.
@Suite struct CycleGANOfNumbersTests {
  private final class Line: Layer {
    let slope = Parameter([1], .ones)
    let shift = Parameter([1], .zeros)

    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor { input * context[slope] + context[shift] }
  }

  /// Straight in a number and its square: enough to tell means and variances.
  private final class Parabola: Layer {
    let slopes = Parameter([2], .zeros)
    let shift = Parameter([1], .zeros)

    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      let slopes = context[slopes]
      return input * slopes[0..<1] + input.square() * slopes[1..<2] + context[shift]
    }
  }

  private final class Parts: Module {
    let toB = Line()
    let toA = Line()
    let discriminatorA = Parabola()
    let discriminatorB = Parabola()

    var procedure: CycleGANTraining {
      CycleGANTraining(
        network: Network(self), toB: toB, toA: toA, discriminatorA: discriminatorA, discriminatorB: discriminatorB)
    }
  }

  /// What a network does not look into.
  private final class Hidden: Sendable {
    let parabola: Parabola
    init(_ parabola: Parabola) { self.parabola = parabola }
  }

  /// A discriminator that learns what it should, but leaves translations, which are recorded, to another.
  private final class Exchanged: Layer {
    let own: Parabola
    private let other: Hidden

    init(_ own: Parabola, _ other: Parabola) { (self.own, self.other) = (own, Hidden(other)) }

    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      input.isRecorded ? other.parabola(input, in: context) : own(input, in: context)
    }
  }

  /// Whose translators listen to the wrong discriminator.
  private final class ExchangedParts: Module {
    let toB = Line()
    let toA = Line()
    let discriminatorA: Exchanged
    let discriminatorB: Exchanged

    init() {
      let (a, b) = (Parabola(), Parabola())
      (discriminatorA, discriminatorB) = (Exchanged(a, b), Exchanged(b, a))
    }

    var procedure: CycleGANTraining {
      CycleGANTraining(
        network: Network(self), toB: toB, toA: toA, discriminatorA: discriminatorA, discriminatorB: discriminatorB)
    }
  }

  private func start(_ procedure: CycleGANTraining, seed: UInt64) -> TrainingState {
    let rule = Adam(learningRate: 0.05, beta1: 0.5)
    return TrainingState(
      procedure.network, optimizers: ["generator": rule, "discriminator": rule], seed: seed
    ) { _ in procedure.makeMemory(shapeA: [1], shapeB: [1]) }
  }

  /// What 2000 steps come to that begin with x of N(0, 1) and y of N(5, 1).
  private func trained(_ procedure: CycleGANTraining) throws -> State {
    var procedure = procedure
    (procedure.identityWeight, procedure.cycleWeight) = (0, 1)
    var training = start(procedure, seed: 1)
    var random = RandomGenerator(seed: 1)
    for _ in 0..<2000 {
      let (a, b) = (Tensor.normal([64, 1], using: &random), Tensor.normal([64, 1], using: &random) + 5)
      _ = try procedure.trainingStep(&training, a: a, b: b)
      training.step += 1
    }
    return training.state
  }

  /// From N(0, 1) to N(5, 1) it finds x + 5, and back y - 5. The errors that are left are those of 2000 steps of this size.
  @Test func findsTheWay() throws {
    let state = try trained(Parts().procedure)
    for (name, expected, tolerance) in [
      ("toB.slope", 1, 0.35), ("toB.shift", 5, 0.7), ("toA.slope", 1, 0.35), ("toA.shift", -5, 1.4),
    ] as [(String, Float, Float)] {
      let found = try #require(state[name]).scalars[0]
      #expect(abs(found - expected) < tolerance, "\(name) \(found)")
    }
  }

  /// With the discriminators exchanged, each translator is told to make what it is given: in the mean neither comes even
  /// half of the way.
  @Test func exchangedDiscriminators() throws {
    let state = try trained(ExchangedParts().procedure)
    func number(_ name: String) throws -> Float { try #require(state[name]).scalars[0] }
    let (toB, toA) = (try number("toB.shift"), try number("toA.slope") * 5 + number("toA.shift"))
    #expect(toB < 2.5, "\(toB)")
    #expect(toA > 2.5, "\(toA)")
  }

  /// Of N(0, 1) and N(½, 1) both x + ½ and ½ - x lead to the other and back, and their results look the same to any
  /// discriminator. The identity loss tells them apart: |y + ½ - y| = ½, but |½ - 2y| is 1.645 in the mean.
  @Test func onlyIdentityTellsTheSign() throws {
    let procedure = Parts().procedure
    var random = RandomGenerator(seed: 7)
    // Each number with its mirror image, so that both ways give the same numbers in another order.
    let (some, others) = (Tensor.normal([10_000, 1], using: &random), Tensor.normal([10_000, 1], using: &random))
    let (a, b) = (Tensor.concatenated([some, -some]), Tensor.concatenated([others, -others]) + 0.5)
    func metrics(_ values: [String: Float]) throws -> Round {
      var training = start(procedure, seed: 1)
      let judged: [String: [Float]] = [
        "discriminatorA.slopes": [0.3, -0.2], "discriminatorA.shift": [0.4], "discriminatorB.slopes": [-0.1, 0.2],
        "discriminatorB.shift": [0.1],
      ]
      for (name, value) in values { training.state[name] = Tensor([value]) }
      for (name, numbers) in judged { training.state[name] = Tensor(numbers) }
      var memory = training.memory
      return procedure.round(&training, &memory, a: a, b: b)
    }
    let straight = try metrics(["toB.slope": 1, "toB.shift": 0.5, "toA.slope": 1, "toA.shift": -0.5])
    let turned = try metrics(["toB.slope": -1, "toB.shift": 0.5, "toA.slope": -1, "toA.shift": 0.5])
    for round in [straight, turned] { #expect(try #require(round["cycle_loss"]) < 1e-6) }
    let adversarial = try [straight, turned].map { try #require($0["adversarial_loss"]) }
    #expect(abs(adversarial[0] - adversarial[1]) < 1e-3, "\(adversarial)")
    #expect(try abs(#require(straight["identity_loss"]) - 1) < 1e-5)
    #expect(try abs(#require(turned["identity_loss"]) - 2 * 1.645) < 0.06)
  }
}

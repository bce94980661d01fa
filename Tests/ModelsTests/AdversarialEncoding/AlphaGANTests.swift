import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct AlphaGANTests {
  private final class Parts: Module {
    let encoder = GoldenNetworks.Coder()
    let generator = GoldenNetworks.Decoder()
    let discriminator = GoldenNetworks.Critic()
    let codeDiscriminator = GoldenNetworks.CodeCritic()
  }

  @Test(arguments: ["softplus", "linear"]) func golden(_ form: String) throws {
    let golden = try EncodingGolden.cases("alphaGAN/\(form)")[0]
    let parts = Parts()
    let network = Network(parts)
    var procedure = AlphaGANTraining(
      network: network, encoder: parts.encoder, generator: parts.generator, discriminator: parts.discriminator,
      codeDiscriminator: parts.codeDiscriminator, prior: FixedPrior(latents: try golden.input("zPrior")))
    procedure.reconstructionWeight = try #require(golden.params.lambda)
    procedure.fooling = form == "linear" ? .logRatio : .nonSaturating
    var training = TrainingState(
      state: try golden.state(network), optimizers: [:], random: RandomGenerator(seed: 1))
    let round = procedure.round(try golden.input("x"), &training)
    let losses = [
      ("encoder", "encoderLoss"), ("generator", "decoderLoss"), ("discriminator", "discriminatorLoss"),
      ("code_discriminator", "codeLoss"),
    ]
    for (player, loss) in losses {
      let move = try #require(round.move(player))
      #expect(try abs(Double(move.loss.scalar) - golden.output(loss)) < 1e-5)
      try golden.check(move)
    }
    #expect(try abs(#require(round["reconstruction_error"]) - golden.output("l1")) < 1e-6)
    #expect(try abs(2 * #require(round["discriminator_loss"]) - golden.output("discriminatorLoss")) < 1e-5)
  }

  /// An encoder that gives every sample the same code, which it learns.
  private final class OneCode: Layer {
    let code = Parameter([1], .ones)
    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      context[code].broadcast(to: [input.shape[0], 1])
    }
  }

  private final class Line: Generator {
    let scale = Dense(from: 1, to: 1)
    func callAsFunction(_ latents: Tensor, given: Condition, in context: Context) -> Tensor {
      scale(latents, in: context)
    }
  }

  /// A discriminator that scores everything by its bias.
  private final class Bias: Discriminator {
    let bias = Parameter([1], .zeros)
    func callAsFunction(_ samples: Tensor, given: Condition, in context: Context) -> DiscriminatorOutput {
      DiscriminatorOutput(scores: context[bias].broadcast(to: [samples.shape[0]]))
    }
  }

  private final class SmallParts: Module {
    let encoder = OneCode()
    let generator = Line()
    let discriminator = Bias()
    let codeDiscriminator = Sequential(
      Dense(from: 1, to: 16), .leakyReLU(slope: 0.2), Dense(from: 16, to: 1), .reshape(to: []))
  }

  private func small() -> (AlphaGANTraining, TrainingState) {
    let parts = SmallParts()
    var procedure = AlphaGANTraining(
      network: Network(parts), encoder: parts.encoder, generator: parts.generator, discriminator: parts.discriminator,
      codeDiscriminator: parts.codeDiscriminator, prior: NormalPrior(1))
    procedure.reconstructionWeight = 0
    var training = TrainingState(
      procedure.network,
      optimizers: [
        "encoder": SGD(learningRate: 0.1), "code_discriminator": Adam(learningRate: 0.02),
      ], seed: 1)
    training.state["encoder.code"] = Tensor([3])
    return (procedure, training)
  }

  /// Codes at 3, where the prior has hardly any, are moved towards 0: with the two kinds of codes confused in the loss of
  /// their discriminator, as in the paper's first version, they would go on to 4.
  @Test func codesGoWhereThePriorIs() throws {
    var (procedure, training) = small()
    for _ in 0..<200 {
      let round = procedure.round(.zeros([32, 1]), &training)
      try training.descend([try #require(round.move("code_discriminator"))])
    }
    let round = procedure.round(.zeros([32, 1]), &training)
    try training.descend([try #require(round.move("encoder"))])
    let code = try #require(training.state["encoder.code"]).scalars[0]
    #expect(code < 3 && code > 0, "\(code)")
  }

  /// Where the discriminator scores everything 0 its bias rests: two kinds of generated samples weigh as much as the real
  /// ones. So does that of codes.
  @Test func realSamplesWeighAsMuchAsBothKindsOfGeneratedOnes() throws {
    var (procedure, training) = small()
    for name in training.state.names where name.hasPrefix("codeDiscriminator") {
      training.state[name] = training.state[name].map { $0 * 0 }
    }
    let round = procedure.round(.ones([8, 1]), &training)
    let bias = try #require(round.move("discriminator")?.gradients["discriminator.bias"]).scalars[0]
    #expect(abs(bias) < 1e-6)
    let codes = try #require(round.move("code_discriminator")?.gradients["codeDiscriminator.layers.2.bias"])
    #expect(abs(codes.scalars[0]) < 1e-6)
    #expect(try abs(#require(round["discriminator_loss"]) - 2 * 0.693_147) < 1e-5)
    #expect(try abs(#require(round["code_loss"]) - 2 * 0.693_147) < 1e-5)
  }

  /// Codes that are all told from those of the prior are told of.
  @Test func codesApart() throws {
    let model = try AlphaGAN(EncodingGANTests.tinyAlpha())
    func warnings(_ loss: Double) -> [String] {
      var trend = TrainingTrend()
      for _ in 0..<50 { trend.add(["code_loss": loss]) }
      return model.warnings(for: trend).map(\.kind)
    }
    #expect(warnings(1e-4) == [AlphaGAN.WarningKind.codesApart] && warnings(1) == [])
  }
}

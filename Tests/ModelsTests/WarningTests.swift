import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// What the rules make of metrics, on both sides of their bounds. Trainings that fail are in ``FailingTrainingsTests``.
@Suite struct WarningTests {
  private static let healthy = [
    "discriminator_loss": 0.9, "generator_loss": 1.1, "real_score": 0.5, "fake_score": -0.5,
    "generator_gradient_norm": 0.8, "real_spread": 0.5, "fake_spread": 0.45, "reconstruction": 90, "kl": 20,
  ]

  private func trend(_ changes: [String: Double], first: [String: Double] = [:], steps: Int = 100) -> TrainingTrend {
    var trend = TrainingTrend()
    for step in 0..<steps {
      let all = Self.healthy.merging(changes) { $1 }.merging(step == 0 ? first : [:]) { $1 }
      trend.add(Metrics(all.sorted { $0.key < $1.key }.map { Metrics.Entry(name: $0.key, value: $0.value) }))
    }
    return trend
  }

  private func kinds(_ warnings: [TrainingWarning]) -> [String] { warnings.map(\.kind) }

  @Test func aHealthyTrainingHasNone() throws {
    #expect(try DCGAN().warnings(for: trend([:])).isEmpty)
    #expect(try WGANGP().warnings(for: trend(["discriminator_loss": -12, "penalty": 1.2])).isEmpty)
    #expect(try VAE(VAE.Configuration()).warnings(for: trend([:])).isEmpty)
    #expect(trend(["loss": 110], first: ["loss": 550]).warnings.isEmpty)
    #expect(try DCGAN().warnings(for: trend(["fake_spread": 0], steps: 29)).isEmpty)
  }

  @Test func samplesThatAreAlike() throws {
    let dcgan = try DCGAN()
    let collapsed = dcgan.warnings(for: trend(["fake_spread": 0.01]))
    #expect(kinds(collapsed) == ["collapse"] && collapsed.first?.text.contains("2.0% as much") == true)
    #expect(dcgan.warnings(for: trend(["fake_spread": 0.051])).isEmpty)
    let green = ["real_hue_spread": 0.3, "fake_hue_spread": 0.02]
    #expect(kinds(dcgan.warnings(for: trend(green, steps: 300))) == ["hue-collapse"])
    #expect(dcgan.warnings(for: trend(green, steps: 299)).isEmpty)
    #expect(dcgan.warnings(for: trend(["real_hue_spread": 0.3, "fake_hue_spread": 0.04], steps: 300)).isEmpty)
    // Grey photographs in three channels.
    #expect(dcgan.warnings(for: trend(["real_hue_spread": 0.01, "fake_hue_spread": 0], steps: 300)).isEmpty)
  }

  @Test func gamesThatOneSideWins() throws {
    let (dcgan, wgan) = (try DCGAN(), try WGANGP())
    let won = dcgan.warnings(for: trend(["discriminator_loss": 0.001]))
    #expect(kinds(won) == ["discriminator-won"] && won.first?.text.contains("or a regularizer may help") == true)
    #expect(dcgan.warnings(for: trend(["discriminator_loss": 0.011])).isEmpty)
    #expect(
      kinds(dcgan.warnings(for: trend(["discriminator_loss": 0.001, "fake_spread": 0])))
        == ["collapse", "discriminator-won"])
    // What is vanishing is vanishing because the discriminator has won: one warning, with what helps.
    let vanished = trend(
      ["discriminator_loss": 0.001, "generator_gradient_norm": 0.0049], first: ["generator_gradient_norm": 1])
    #expect(kinds(dcgan.warnings(for: vanished)) == ["vanishing-gradient"])
    let minimax = try DCGAN(GANConfiguration(loss: .minimax))
    #expect(minimax.warnings(for: vanished).first?.text.contains("the non-saturating loss") == true)
    let small = trend(["generator_gradient_norm": 0.0051], first: ["generator_gradient_norm": 1])
    #expect(dcgan.warnings(for: small).isEmpty)
    #expect(kinds(wgan.warnings(for: trend(["generator_gradient_norm": 1e-9]))) == ["vanishing-gradient"])
  }

  @Test func gamesThatDiverge() throws {
    let (dcgan, wgan) = (try DCGAN(), try DCGAN(GANConfiguration(loss: .wasserstein)))
    // Guessing costs 2 log 2.
    #expect(dcgan.warnings(for: trend(["discriminator_loss": 13.8])).isEmpty)
    #expect(kinds(dcgan.warnings(for: trend(["discriminator_loss": 13.9]))) == ["divergence"])
    let scores: [String: Double] = ["discriminator_loss": -9, "real_score": -5001, "fake_score": -5010]
    #expect(kinds(wgan.warnings(for: trend(scores))) == ["divergence"])
    #expect(wgan.warnings(for: trend(["discriminator_loss": -9, "real_score": 4999, "fake_score": 4990])).isEmpty)
    // A training knows what guessing costs with the loss that it has.
    let guessing = AdversarialLoss.leastSquares.ignorance(0)
    #expect(abs(AdversarialLoss.nonSaturating.ignorance(0) - 2 * log(2)) < 1e-6 && guessing < 1.2)
    let squares = try DCGAN(GANConfiguration(loss: .leastSquares))
    #expect(kinds(squares.warnings(for: trend(["discriminator_loss": 10.01 * guessing]))) == ["divergence"])
    #expect(squares.warnings(for: trend(["discriminator_loss": 9.99 * guessing])).isEmpty)
    let penalized = try WGANGP()
    #expect(kinds(penalized.warnings(for: trend(scores.merging(["penalty": 1000]) { $1 }))) == ["divergence"])
    #expect(penalized.warnings(for: trend(["penalty": 89])).isEmpty)
    // A penalty of the discriminator's loss is not its own.
    let regularized = try DCGAN(GANConfiguration(regularizer: .gradientPenalty(weight: 10), normalization: .none))
    #expect(regularized.warnings(for: trend(["discriminator_loss": 40, "penalty": 39])).isEmpty)
  }

  /// Scores of real samples that go above and below those of generated ones.
  private func game(steps: Int, lead: (Int) -> Double) -> TrainingTrend {
    var trend = TrainingTrend()
    for step in 0..<steps {
      trend.add(["real_score": lead(step), "fake_score": 0, "discriminator_loss": 1.4, "generator_gradient_norm": 1])
    }
    return trend
  }

  @Test(arguments: [80.0, 100, 150, 180]) func oscillation(period: Double) throws {
    let gan = try DCGAN()
    func isSeen(_ steps: Int, _ lead: (Int) -> Double) -> Bool {
      kinds(gan.warnings(for: game(steps: steps, lead: lead))) == ["oscillation"]
    }
    func wave(_ step: Int) -> Double { sin(Double(step) * 2 * .pi / period) }
    #expect(isSeen(400, wave) && isSeen(1000, wave) && !isSeen(299, wave))
    // A discriminator that is better than chance all the time, swings that die away, and noise are no trouble.
    #expect(!isSeen(400) { wave($0) + 1 })
    #expect(!isSeen(400) { wave($0) * exp(-Double($0) / 150) })
    for seed in 1...5 as ClosedRange<UInt64> {
      var random = RandomGenerator(seed: seed)
      #expect(!isSeen(400) { _ in Double(random.uniform()) - 0.5 })
    }
  }

  @Test func whatGoesWrongWithAVAE() throws {
    let vae = try VAE(VAE.Configuration())
    #expect(kinds(vae.warnings(for: trend(["reconstruction": 600]))) == ["divergence"])
    #expect(kinds(vae.warnings(for: trend(["kl": 0.001]))) == ["posterior-collapse"])
    #expect(kinds(try VAEGAN().warnings(for: trend(["kl": 0.001]))) == ["posterior-collapse"])
    #expect(try VAEGAN().warnings(for: trend([:])).isEmpty)
    // Latents that begin to tell something.
    var beginning = TrainingTrend()
    for step in 0..<40 { beginning.add(["reconstruction": 300, "kl": 0.01 * exp(0.1 * Double(step))]) }
    #expect(beginning["kl"] ?? 1 < 0.1 && vae.warnings(for: beginning).isEmpty)
  }

  /// What is 0, or nothing but rounding on either side of it, is the worst collapse: it is told, and without a break.
  @Test(arguments: [0, 1e-12, 1e-8, 1e-4]) func nothingIsLeft(rounding: Double) throws {
    let (vae, dcgan) = (try VAE(VAE.Configuration()), try DCGAN())
    var trend = TrainingTrend()
    for step in 0..<400 {
      let noise = rounding * sin(1.7 * Double(step) * Double(step))
      trend.add([
        "reconstruction": 200, "kl": noise, "real_spread": 0.5, "fake_spread": 0.4, "real_hue_spread": 0.3,
        "fake_hue_spread": abs(noise),
      ])
      if step >= 29 { #expect(kinds(vae.warnings(for: trend)) == ["posterior-collapse"], "step \(step)") }
      if step >= 299 { #expect(kinds(dcgan.warnings(for: trend)) == ["hue-collapse"], "step \(step)") }
    }
  }

  @Test func lossesThatRise() {
    func kinds(_ losses: [Double], first: Double) -> [String] {
      var trend = TrainingTrend()
      trend.add(["loss": first])
      for loss in losses { for _ in 0..<50 { trend.add(["loss": loss]) } }
      return trend.warnings.map(\.kind)
    }
    #expect(kinds([600], first: 550) == ["divergence"] && kinds([570], first: 550) == [])
    // Half of what was gained is lost.
    #expect(kinds([300, 100, 330], first: 550) == ["divergence"] && kinds([300, 100, 320], first: 550) == [])
    // Losses may be negative.
    #expect(kinds([-300, -100], first: 10) == ["divergence"] && kinds([-100, -300], first: 10) == [])
    #expect(kinds([-1], first: -2) == ["divergence"])
    // Nothing was learned, but nothing is lost either.
    #expect(kinds([2.31, 2.29, 2.33], first: 2.3) == [])
  }

  @Test func figuresThatRise() {
    func kinds(_ figures: [Double], loss: (Int) -> Double = { 100 - Double($0) }) -> [String] {
      var trend = TrainingTrend()
      for (epoch, figure) in figures.enumerated() {
        for _ in 0..<50 { trend.add(["loss": loss(epoch)]) }
        trend.add(heldOut: ["figure": figure, "other": 0])
      }
      return trend.warnings.map(\.kind)
    }
    #expect(kinds([150, 120, 110, 105, 108, 112, 117]) == ["overfitting"])
    // Three epochs after the lowest figure it is told.
    #expect(kinds([150, 120, 110, 105, 108, 112]) == [])
    // The loss does not fall.
    #expect(kinds([150, 120, 110, 105, 108, 112, 117]) { _ in 100 } == [])
    // A slow rise within the scatter, and one that is small beside what was gained.
    #expect(kinds([150, 120, 110, 105, 109, 105, 109, 106, 110, 107, 111]) == [])
    #expect(kinds([150, 120, 110, 105, 105.1, 105.2, 105.3, 105.4, 105.5]) == [])
    #expect(kinds([105, 106]) == [])
  }

  /// A warning is new once, however long it lasts, and again after it was over.
  @Test func theTrainerTellsOnce() throws {
    let schedule = LearningRateSchedule.linear(to: 0, steps: 200)
    let trainer = Trainer(
      try Recorder(Recorder.Configuration()), length: .steps(300), batchSize: 3, learningRate: 1, schedule: schedule)
    var seen: [(step: Int, isNew: Bool)] = []
    _ = try trainer.train(on: tinyImages(10)) { progress in
      // The schedule's end has a warning of its own.
      func isSlow(_ warning: TrainingWarning) -> Bool { warning.kind == "slow" }
      if progress.warnings.contains(where: isSlow) {
        seen.append((progress.step, progress.newWarnings.contains(where: isSlow)))
      }
    }
    #expect(seen.filter(\.isNew).count == 1 && seen.first?.isNew == true)
    #expect(seen.map(\.step) == Array((seen.first?.step ?? 0)...300) && seen.count > 50)
  }

  @Test("A semi-supervised training that has no variety, or is worse than guessing") func semiSupervised() throws {
    let model = try SemiSupervisedGAN(SemiSupervisedGAN.Configuration(classCount: 10))
    #expect(model.warnings(for: trend([:])).isEmpty)
    #expect(kinds(model.warnings(for: trend(["fake_spread": 0.01]))) == ["collapse"])
    // Ten classes and whether it is real: ln 10 + ln 2 = 3.00 nats.
    #expect(kinds(model.warnings(for: trend(["discriminator_loss": 30]))) == ["divergence"])
    #expect(model.warnings(for: trend(["discriminator_loss": 29.9])).isEmpty)
  }

  @Test("Codes of which anything would be guessed better") func codes() throws {
    let model = try VQVAE(VQVAE.Configuration())
    let worst = 49 * log(Double(model.configuration.codeCount))
    #expect(kinds(model.warnings(for: trend(["prior": worst + 1]))) == ["divergence"])
    #expect(model.warnings(for: trend(["prior": worst - 1])).isEmpty && model.warnings(for: trend([:])).isEmpty)
  }

  @Test("Pixels of which anything would be guessed better") func pixelModels() throws {
    var configuration = PixelCNN.Configuration(features: 8, layerCount: 2, headFeatures: 16)
    (configuration.height, configuration.width) = (4, 4)
    let model = try PixelCNN(configuration)
    // 16 pixels of ln 2 nats each.
    #expect(kinds(model.warnings(for: trend(["loss": 11.1]))) == ["divergence"])
    #expect(model.warnings(for: trend(["loss": 11.0])).isEmpty)
  }
}

import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct WarningTests {
  private func metrics(_ changes: [String: Double]) -> Metrics {
    let healthy = [
      "discriminator_loss": 0.9, "generator_loss": 1.1, "real_score": 0.5, "fake_score": -0.5,
      "generator_gradient_norm": 0.8, "real_spread": 0.5, "fake_spread": 0.45, "reconstruction": 90, "kl": 20,
    ]
    let all = healthy.merging(changes) { $1 }.sorted { $0.key < $1.key }
    return Metrics(all.map { Metrics.Entry(name: $0.key, value: $0.value) })
  }

  @Test func aHealthyTrainingHasNone() throws {
    #expect(try DCGAN().warnings(for: metrics([:])).isEmpty)
    #expect(try WGANGP().warnings(for: metrics(["discriminator_loss": -12, "penalty": 1.2])).isEmpty)
    #expect(try VAE(VAE.Configuration()).warnings(for: metrics([:])).isEmpty)
  }

  @Test func whatGoesWrongWithAGAN() throws {
    let (dcgan, wgan) = (try DCGAN(), try WGANGP())
    let collapsed = dcgan.warnings(for: metrics(["fake_spread": 0.01]))
    #expect(collapsed.map(\.kind) == ["collapse"] && collapsed.first?.text.contains("2.0% as much") == true)
    #expect(dcgan.warnings(for: metrics(["discriminator_loss": 0.001])).map(\.kind) == ["discriminator-won"])
    #expect(
      dcgan.warnings(for: metrics(["discriminator_loss": 0.001, "fake_spread": 0])).map(\.kind)
        == ["collapse", "discriminator-won"])
    #expect(wgan.warnings(for: metrics(["generator_gradient_norm": 1e-9])).map(\.kind) == ["discriminator-won"])
    #expect(wgan.warnings(for: metrics(["penalty": 1000])).map(\.kind) == ["penalty"])
  }

  @Test func whatGoesWrongWithAVAE() throws {
    let vae = try VAE(VAE.Configuration())
    #expect(vae.warnings(for: metrics(["reconstruction": 600])).map(\.kind) == ["divergence"])
    #expect(vae.warnings(for: metrics(["kl": 0.001])).map(\.kind) == ["posterior-collapse"])
  }

  @Test func recentMetricsAreMedians() {
    var recent = RecentMetrics()
    for step in 1..<30 {
      recent.add(["a": Double(step)])
      #expect(recent.metrics == nil)
    }
    recent.add(["a": 30])
    #expect(recent.metrics == ["a": 16])
    for _ in 0..<26 { recent.add(["a": 3]) }
    // One wild step moves nothing, and fifty steps later all is forgotten.
    recent.add(["a": 1e9])
    #expect(recent.metrics == ["a": 3])
    for _ in 0..<50 { recent.add(["a": 7]) }
    #expect(recent.metrics == ["a": 7])
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
}

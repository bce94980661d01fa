import Datasets
import Evaluation
import LatentFormats
import LatentTestSupport
import Layers
import Tensor
import Testing
import Training

@testable import Models

@Suite struct SeriesVAETests {
  /// A small model with its first values.
  private static func tiny(
    channels: Int = 2, means: [Float]? = nil, deviations: [Float]? = nil, seed: UInt64 = 1
  ) throws -> TrainedModel {
    var configuration = SeriesVAE.Configuration(
      length: 32, channels: channels, means: means, deviations: deviations)
    (configuration.latentSize, configuration.features) = (3, 4)
    let model = try SeriesVAE(configuration)
    return TrainedModel(model: model, state: model.makeTraining(seed: seed).state)
  }

  private static func windows(_ count: Int, channels: Int = 2, length: Int = 32) -> Tensor {
    var random = RandomGenerator(seed: 8)
    return .normal([count, length, channels], using: &random)
  }

  @Test("A batch is its rows")
  func shapes() throws {
    let trained = try Self.tiny()
    let windows = Self.windows(5)
    let (codes, again) = (try trained.encode(windows), try trained.reconstruct(windows))
    let drawn = try trained.sample(4)
    #expect(codes.shape == [5, 3] && again.shape == windows.shape && drawn.shape == [4, 32, 2])
    let scores = try trained.anomalyScores(of: windows)
    #expect(scores.shape == [5] && Set(scores.scalars).count == 5)
    for row in 0..<5 {
      #expect((try trained.encode(windows[row..<row + 1])[0] - codes[row]).maximumMagnitude < 1e-5)
    }
    #expect(try trained.features(of: windows) == codes)
    #expect(throws: CapabilityError.self) { try trained.encode(Self.windows(1, channels: 1)) }
  }

  @Test("Units make no difference but for the density: a model brings channels to deviation 1 itself")
  func units() throws {
    let plain = try Self.tiny()
    let scaled = try Self.tiny(means: [100, -7], deviations: [20, 0.5])
    let windows = Self.windows(3)
    let measured = windows * Tensor([20, 0.5]) + Tensor([100, -7])
    #expect((try scaled.encode(measured) - plain.encode(windows)).maximumMagnitude < 1e-4)
    let made = try scaled.reconstruct(measured)
    let expected = try plain.reconstruct(windows) * Tensor([20, 0.5]) + Tensor([100, -7])
    #expect((made - expected).maximumMagnitude < 1e-2)
    let volume = Tensor([20, 0.5]).log().sum() * 32
    let difference =
      try scaled.logLikelihoods(of: measured, seed: 3) - plain.logLikelihoods(of: windows, seed: 3) + volume
    #expect(difference.maximumMagnitude < 0.5)
    let model = try #require(scaled.model as? SeriesVAE)
    let scores = model.timeScores(of: measured, given: measured + Tensor([20, 1]))
    #expect(scores.shape == [3, 32] && (scores - 2.5).maximumMagnitude < 1e-3)
  }

  @Test("The density of a reconstruction is the normal distribution's")
  func observation() {
    let observation = NormalObservation(standardDeviation: 0.5)
    let (samples, output) = (Tensor([1, -2], shape: [1, 2, 1]), Tensor([1.5, -2], shape: [1, 2, 1]))
    // ½ (0.5 / 0.5)² + 2 log(0.5 √(2π))
    let expected = 0.5 + 2 * (-0.693_147_18 + 0.918_938_53)
    #expect(abs(Double(observation.negativeLogLikelihood(of: samples, given: output).scalars[0]) - expected) < 1e-5)
    #expect(observation.mean(given: output).scalars == [1.5, -2])
  }

  @Test("A series of any length is what its windows are, laid over time")
  func analysis() throws {
    let trained = try Self.tiny()
    let model = try #require(trained.model as? SeriesVAE)
    let values = Self.windows(1, length: 77)[0]
    let analysis = try trained.analyse(Series(name: "a", values: values), stride: 10, smoothing: 0)
    #expect(analysis.reconstruction.shape == [77, 2] && analysis.scores.count == 77)
    let starts = SeriesWindows.starts(in: 77, length: 32, stride: 10)
    #expect(starts == [0, 10, 20, 30, 40, 45])
    for time in [0, 9, 31, 44, 76] {
      var (sum, score, total) = (Tensor.zeros([2]), 0.0, 0.0)
      for start in starts where (start..<start + 32).contains(time) {
        let window = values[start..<start + 32].expanded(axis: 0)
        let made = try trained.reconstruct(window)
        let weight = Double(min(time - start + 1, 32 - time + start))
        sum = sum + made[0][time - start] * Float(weight)
        score += weight * Double(model.timeScores(of: window, given: made)[0][time - start].scalar)
        total += weight
      }
      #expect((sum / Float(total) - analysis.reconstruction[time]).maximumMagnitude < 1e-5, "\(time)")
      #expect(abs(score / total - analysis.scores[time]) < 1e-5, "\(time)")
    }
    #expect(analysis.highestScore == analysis.scores.max())
    // A series of one window is that window.
    let one = try trained.analyse(Series(name: "a", values: values[0..<32]))
    #expect(
      (one.reconstruction - (try trained.reconstruct(values[0..<32].expanded(axis: 0)))[0]).maximumMagnitude < 1e-6)
    for (bad, text) in [
      (Self.windows(1, channels: 1)[0], "series-vae cannot analyse b: expected 2 channels, found 1"),
      (values[0..<31], "series-vae cannot analyse b: expected 32 times or more, the length of a window, found 31"),
    ] {
      let error = #expect(throws: CapabilityError.self) { try trained.analyse(Series(name: "b", values: bad)) }
      #expect(error?.description == text)
    }
    let vae = try VAE(VAE.Configuration(latentSize: 2, hiddenSize: 4))
    let other = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    #expect(throws: CapabilityError.self) { try other.analyse(Series(name: "b", values: values)) }
  }

  @Test("A score is a mean over neighbours, which count the less the further away they are")
  func smoothing() async throws {
    let trained = try Self.tiny()
    let series = Series(name: "a", values: Self.windows(1, length: 40)[0])
    let own = try trained.analyse(series, smoothing: 0)
    for reach in [1, 2, 50] {
      let smoothed = try trained.analyse(series, smoothing: reach)
      #expect(smoothed.reconstruction == own.reconstruction)
      for time in [0, 1, 17, 38, 39] {
        let weights = (0..<40).map { max(0, 1 - Double(abs($0 - time)) / Double(reach + 1)) }
        let expected = zip(weights, own.scores).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
        #expect(abs(smoothed.scores[time] - expected) < 1e-9 * expected, "\(reach) \(time)")
      }
    }
    // A 32nd of a window.
    #expect(try trained.analyse(series) == trained.analyse(series, smoothing: 1))
    await #expect(processExitsWith: .failure) {
      let trained = try Self.tiny()
      _ = try trained.analyse(Series(name: "a", values: .ones([40, 2])), smoothing: -1)
    }
  }

  @Test func ratios() {
    let clean = Tensor([0, 5, 2, 5], shape: [2, 2])
    // Variance of both channels together 2, squared error 0.02.
    let ratio = SignalToNoise.ratio(of: clean + Tensor([0.1, 0]), to: clean)
    #expect(abs(ratio - 20) < 1e-4)
    #expect(SignalToNoise.ratio(of: clean, to: clean) == .infinity)
  }

  /// A model after a short training on built-in signals, of which the encoder sees noisy ones.
  private static let trained: Result<TrainedModel, any Error> = Result {
    let signals = BuiltInSignals(count: 4000, length: 64)
    let (means, deviations) = signals.channelStatistics()
    var configuration = SeriesVAE.Configuration(length: 64, means: means, deviations: deviations)
    (configuration.features, configuration.latentSize, configuration.noise) = (16, 10, 0.6)
    return try Trainer(
      SeriesVAE(configuration), length: .steps(900), batchSize: 64, seed: 1, schedule: .cosine(steps: 900)
    ).train(on: signals)
  }

  @Test("After a short training, strange times have higher scores")
  func findsAnomalies() throws {
    let trained = try Self.trained.get()
    let test = BuiltInSignals(count: 200, length: 64, seed: 9, anomalyShare: 0.5)
    let series = (0..<200).map { test.series(at: $0) }
    let analyses = try series.map { try trained.analyse($0) }
    let ofTimes = RankingQuality(
      scores: analyses.flatMap(\.scores), isPositive: series.flatMap { $0.truth ?? [] })
    let ofSeries = RankingQuality(
      scores: analyses.map(\.highestScore), isPositive: (0..<200).map { test.anomaly(at: $0) != nil })
    print("AUROC of times \(ofTimes.auroc), of series \(ofSeries.auroc)")
    #expect(ofTimes.auroc > 0.8 && ofSeries.auroc > 0.8)
    // A planted anomaly shows the orientation.
    let normal = BuiltInSignals(count: 1, length: 64, seed: 10).series(at: 0)
    var values = normal.values
    values[scalarAt: 30, 0] += 5
    let scores = try trained.analyse(Series(name: "planted", values: values)).scores
    #expect(scores.indices.max { scores[$0] < scores[$1] } == 30)
  }

  @Test("After a short training, noise is removed better than by the best moving average")
  func removesNoise() throws {
    let trained = try Self.trained.get()
    var random = RandomGenerator(seed: 3)
    let test = BuiltInSignals(count: 100, length: 64, seed: 11)
    var (noisy, restored) = (0.0, 0.0)
    var averaged = [Int: Double]()
    for index in 0..<100 {
      let clean = test.series(at: index).values
      let series = Series(name: "noisy", values: clean + .normal(clean.shape, standardDeviation: 0.5, using: &random))
      noisy += SignalToNoise.ratio(of: series.values, to: clean) / 100
      restored += SignalToNoise.ratio(of: try trained.analyse(series).reconstruction, to: clean) / 100
      for width in [3, 5, 7, 9, 11] {
        averaged[width, default: 0] +=
          SignalToNoise.ratio(of: series.movingAverage(width: width).values, to: clean) / 100
      }
    }
    let best = try #require(averaged.values.max())
    print("noisy \(noisy) dB, best moving average \(best) dB, model \(restored) dB")
    #expect(best > noisy + 2 && restored > best + 1)
  }

  @Test("A training and its checkpoint give the same numbers on any number of threads")
  func checkpoint() throws {
    func train(_ threads: Int) throws -> TrainedModel {
      try withThreads(threads) {
        let model = try #require(try Self.tiny(channels: 1).model as? SeriesVAE)
        return try Trainer(model, length: .steps(3), batchSize: 8, seed: 2)
          .train(on: BuiltInSignals(count: 64, length: 32))
      }
    }
    let trained = try train(1)
    #expect(try train(2).state.tensors == trained.state.tensors)
    try withTemporaryFolder { folder in
      try trained.save(to: folder + "/model.safetensors")
      let opened = try ModelRegistry.standard.load(folder + "/model.safetensors")
      let windows = Self.windows(2, channels: 1)
      #expect(try opened.encode(windows) == trained.encode(windows))
    }
    let data = TrainingData(BuiltInSignals(count: 20, length: 32))
    let figures = trained.model.evaluate(on: data, with: trained.state)
    #expect(figures.entries.map(\.name) == ["loss", "reconstruction", "kl", "squared_error"])
    #expect(figures.firstNonFinite == nil)
    let preview = try #require(try trained.model.preview(with: trained.state, from: data) { _ in })
    #expect((preview.images.count, preview.images.width, preview.images.height) == (1, 900, 900))
  }

  /// The picture shows the channel that is furthest off, whatever its unit.
  @Test func furthestChannel() throws {
    let model = try #require(
      try Self.tiny(channels: 3, means: [0, 0, 0], deviations: [1, 100, 1]).model as? SeriesVAE)
    let window = Self.windows(1, channels: 3)[0]
    #expect(model.furthestChannel(window, window + [0.1, 5, 0.2]) == 2)
    #expect(model.furthestChannel(window, window - [0.1, 50, 0.2]) == 1)
  }

  @Test func configurations() {
    func fails(_ text: String, _ change: (inout SeriesVAE.Configuration) -> Void) {
      var configuration = SeriesVAE.Configuration()
      change(&configuration)
      let error = #expect(throws: ConfigurationError.self) { try SeriesVAE(configuration) }
      #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    }
    fails("length is 100, expected a multiple of 8 times, as windows are halved 3 times") { $0.length = 100 }
    fails("depth is 0") { $0.depth = 0 }
    fails("latentSize is 0") { $0.latentSize = 0 }
    fails("deviation is 0") { $0.deviation = 0 }
    fails("noise is -1") { $0.noise = -1 }
    fails("learningRate is 0.0, expected a positive number") { $0.learningRate = 0 }
    fails("2 means and 1 deviations of 1 channels") { $0.means = [0, 0] }
    fails("channel 0 has the mean 0.0 and the deviation 0.0, expected finite numbers, the second positive") {
      $0.deviations = [0]
    }
  }
}

@Suite struct SeriesPanelTests {
  @Test("Curves, marks and gaps are drawn, and pictures of any size are whole")
  func panels() {
    let curve = SeriesPanel.Curve("wave", (0..<200).map { Float($0 % 20) })
    let panel = SeriesPanel(name: "a", curves: [curve], marks: (0..<200).map { $0 / 50 == 1 })
    func ink(_ panels: [SeriesPanel]) -> Int {
      SeriesPanel.render(panels, width: 600, height: 200).pixels.count { $0 != 255 }
    }
    let plain = SeriesPanel(name: "a", curves: [curve])
    #expect(ink([panel]) > ink([plain]) + 10_000 && ink([plain]) > 2000)
    #expect(ink([SeriesPanel(name: "a", curves: [SeriesPanel.Curve("", [.nan, .infinity])])]) == 0)
    for (width, height) in [(1, 1), (79, 59), (300, 20), (1000, 300)] {
      let picture = SeriesPanel.render([panel, plain, panel], width: width, height: height)
      #expect(picture.pixels.count == width * height * 3)
    }
  }
}

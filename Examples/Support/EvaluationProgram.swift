import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What `evaluate` does.
public struct EvaluationProgram {
  let models: [String]
  let against: String?
  let data: String?
  let judge: String
  let count: Int
  let draws: Int
  let seed: UInt64
  let isAveraged: Bool
  let out: String?
  let picture: String
  let threads: Int?
  let isQuiet: Bool

  /// An evaluation as the options of the program ask for it.
  public init(
    models: [String], against: String?, data: String?, judge: String, count: Int, draws: Int, seed: UInt64,
    isAveraged: Bool, out: String?, picture: String, threads: Int?, isQuiet: Bool
  ) {
    (self.models, self.against, self.data, self.judge) = (models, against, data, judge)
    (self.count, self.draws, self.seed, self.isAveraged) = (count, draws, seed, isAveraged)
    (self.out, self.picture, self.threads, self.isQuiet) = (out, picture, threads, isQuiet)
  }

  /// One column of the table.
  struct Column: Encodable {
    let name: String
    let samples: SampleReport?
    let likelihood: LikelihoodReport?
    /// Some of the samples, for the picture.
    let images: ImageSet?

    private enum CodingKeys: CodingKey { case name }

    /// All figures beside each other.
    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(name, forKey: .name)
      try likelihood?.encode(to: encoder)
      try samples?.encode(to: encoder)
    }
  }

  /// Prints the table and writes the files.
  public func run() throws {
    guard !models.isEmpty || against != nil else {
      throw UsageError("--model: expected the path of a checkpoint, or --against the path of images")
    }
    if let threads { Threads.count = threads }
    let opened = try models.map { try open($0) }
    let data = try ComparisonData(data)
    let reference = try reference(data)
    var columns: [Column] = []
    for (name, trained) in opened { columns.append(try column(name, trained, data, reference)) }
    if let against {
      let images = try ImageSet.load(against)
      let some = images.subset(0..<min(images.count, Self.pictured))
      columns.append(
        Column(name: against, samples: try reference.report(on: images, limit: count), likelihood: nil, images: some))
    }
    print(table(columns))
    try writePicture(columns, data)
    if let out { try writeFigures(columns, to: out) }
  }

  private func open(_ path: String) throws -> (String, TrainedModel) {
    let trained = try ModelRegistry.standard.load(path)
    guard isAveraged else { return (path, trained) }
    guard let averaged = trained.averaged else { throw UsageError("--ema: \(path) has no moving average") }
    return (path, averaged)
  }

  private func reference(_ data: ComparisonData) throws -> SampleReference {
    guard FileManager.default.fileExists(atPath: judge) else {
      throw UsageError(
        "--judge: expected a trained classifier, found no file \(judge); train-classifier with the same --data makes one"
      )
    }
    let judge = try Judge(ModelRegistry.standard.load(judge))
    say("\(data.description); the judge is \(judge.trained) with the checksum \(judge.checksum)")
    if judge.classCount == nil { say("it knows no classes: images are compared by the features of an autoencoder") }
    let smallest = min(data.test.count, data.training.count, count)
    if smallest <= judge.featureCount {
      say("warning: \(smallest) images are few for \(judge.featureCount) features; distances are too large")
    }
    return try SampleReference(test: data.test, training: data.training, judge: judge, limit: count)
  }

  private func column(
    _ name: String, _ trained: TrainedModel, _ data: ComparisonData, _ reference: SampleReference
  ) throws -> Column {
    var report: SampleReport?
    var pixels: [Tensor] = []
    if trained.model is any Sampling {
      var progress = CountProgress(total: count, unit: "samples", isQuiet: isQuiet)
      defer { progress.finish() }
      var made = 0
      report = try reference.report(on: trained, count: count, seed: seed) { batch in
        if made < Self.pictured { pixels.append(batch[0..<min(batch.shape[0], Self.pictured - made)]) }
        made += batch.shape[0]
        progress.add(batch.shape[0])
      }
    }
    var progress = CountProgress(total: 1000, unit: "‰ of likelihoods", isQuiet: isQuiet)
    var done = 0
    let likelihood = try LikelihoodReport(on: trained, data.test, draws: draws, limit: count, seed: seed) { share in
      progress.add(Int(share * 1000) - done)
      done = Int(share * 1000)
    }
    progress.finish()
    let images = try pixels.isEmpty ? nil : ImageSet(Tensor.concatenated(pixels))
    return Column(name: name, samples: report, likelihood: likelihood, images: images)
  }

  private func say(_ text: String) {
    if !isQuiet { print(text) }
  }

  /// Samples of a model in the picture.
  private static let pictured = 64
}

// MARK: - What comes out

extension EvaluationProgram {
  private func table(_ columns: [Column]) -> String {
    var table = Table(columns: columns.map(\.name))
    func add(_ name: String, _ figure: (SampleReport) -> Double?) {
      table.add(name, columns.map { $0.samples.flatMap(figure) })
    }
    func addLikelihood(_ name: String, _ figure: (LikelihoodReport) -> Double?) {
      table.add(name, columns.map { $0.likelihood.flatMap(figure) })
    }
    add("Fréchet distance") { $0.fid }
    add("  of training images") { $0.fidFloor }
    table.add(
      "kernel distance",
      columns.map { column in
        column.samples.map {
          DecimalText.significant($0.kid, digits: 4) + " ± " + DecimalText.significant($0.kidDeviation, digits: 2)
        }
      })
    add("  of training images") { $0.kidFloor }
    add("precision") { $0.precision }
    add("recall") { $0.recall }
    add("density") { $0.density }
    add("coverage") { $0.coverage }
    add("classifier score") { $0.classifierScore }
    table.add("classes that occur", columns.map { $0.samples?.modes.map(String.init) })
    add("rarest class") { $0.classShares?.min() }
    add("divergence of classes, nats") { $0.classKl }
    add("of the class asked for") { $0.labelAccuracy }
    add("nearer to training images") { $0.nearerToTraining }
    addLikelihood("negative log-likelihood, nats") { $0.negativeLogLikelihood }
    addLikelihood("  standard error") { $0.standardError }
    table.add("  which is", columns.map { $0.likelihood.flatMap(Self.kind) })
    addLikelihood("negative ELBO, nats") { $0.negativeElbo }
    table.add(
      "active units",
      columns.map { column in
        guard let report = column.likelihood, let active = report.activeUnits, let size = report.latentSize else {
          return nil
        }
        return "\(active) of \(size)"
      })
    addLikelihood("reconstruction, dB") { $0.psnr }
    addLikelihood("reconstruction, SSIM") { $0.ssim }
    return table.text
  }

  /// What a likelihood is, in words.
  private static func kind(_ report: LikelihoodReport) -> String? {
    guard let kind = report.likelihoodKind else { return nil }
    let draws = report.likelihoodDraws.map { ", \($0) draws" } ?? ""
    let pixels = report.binarization.map { $0 == "none" ? "grey" : "\($0) binary" } ?? ""
    switch LikelihoodKind(rawValue: kind) {
    case .exact: return "exact, \(pixels)"
    case .lowerBound: return "a bound\(draws), \(pixels)"
    case .crossEntropyBound, nil: return "a cross-entropy bound\(draws), \(pixels)"
    }
  }

  private func writeFigures(_ columns: [Column], to path: String) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let contents = columns.count == 1 ? try encoder.encode(columns[0]) : try encoder.encode(columns)
    try AtomicFile.write(Array(contents) + [0x0A], to: path)
    say("wrote \(path)")
  }

  /// Blocks of eight images a row, with a grey column between them: real ones, then the samples of each column.
  private func writePicture(_ columns: [Column], _ data: ComparisonData) throws {
    let real = data.test.subset(0..<min(Self.pictured, data.test.count))
    let blocks = [real] + columns.compactMap(\.images)
    guard blocks.count > 1 else { return }
    let rows = blocks.map { ($0.count + 7) / 8 }.min() ?? 1
    let gap = Tensor(repeating: 0.375, shape: [1, real.height, real.width, real.channels])
    var images: [Tensor] = []
    for row in 0..<rows {
      for (index, block) in blocks.enumerated() {
        if index > 0 { images.append(gap) }
        images.append(block.batch(at: (0..<8).map { (row * 8 + $0) % block.count }).samples)
      }
    }
    try PNG.writeGrid(ImageSet(Tensor.concatenated(images)), columns: blocks.count * 9 - 1, to: picture)
    say("wrote \(picture)")
  }
}

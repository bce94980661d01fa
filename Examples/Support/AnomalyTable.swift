import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How well models tell the classes of images that they have learned from others, each class having its turn.
public struct AnomalyTable {
  /// A kind of model, with the score that it is compared by.
  public enum Kind: String, CaseIterable, Sendable {
    /// A variational autoencoder of convolutions, by the squared error of its reconstructions.
    case vae
    /// The same network without a prior, a plain autoencoder, by the same.
    case autoencoder
    /// A WGAN-GP with an encoder, by ``FAnoGANTraining``'s score.
    case fAnoGAN = "f-anogan"

    var evidence: AnomalyEvidence { self == .fAnoGAN ? .model : .reconstruction }
  }

  /// Which classes are learned.
  public var rule = AnomalyProtocol.oneNormal
  /// Updates of an autoencoder.
  public var updates = 1500
  /// Updates of a GAN's generator.
  public var ganUpdates = 800
  /// Updates of an encoder.
  public var encoderUpdates = 1500
  /// The size of latents; each model's own if nil.
  public var latentSize: Int?
  /// Images in a batch.
  public var batchSize = 64
  /// Decides all randomness.
  public var seed: UInt64 = 0
  /// Where the models are.
  public var folder = ""
  /// Whether models that are there already are taken as they are.
  public var isResuming = false
  /// Whether nothing but the table is said.
  public var isQuiet = false

  /// A table with the usual numbers.
  public init() {}

  /// What is in the file.
  struct Figures: Encodable {
    let data: String
    let `protocol`: String
    let testCount: Int
    let seed: UInt64
    var rows: [Row] = []
  }

  /// The figures of one kind of model, a number for each class.
  struct Row: Encodable {
    let kind: String
    let score: String
    let updates: [Int]
    let classes: [Int]
    var auroc: [Double] = []
    var averagePrecision: [Double] = []
    var meanAuroc: Double { Self.mean(auroc) }
    var meanAveragePrecision: Double { Self.mean(averagePrecision) }

    static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: Key.self)
      try values.encode(kind, forKey: .kind)
      try values.encode(score, forKey: .score)
      try values.encode(updates, forKey: .updates)
      try values.encode(classes, forKey: .classes)
      try values.encode(auroc, forKey: .auroc)
      try values.encode(averagePrecision, forKey: .averagePrecision)
      try values.encode(meanAuroc, forKey: .meanAuroc)
      try values.encode(meanAveragePrecision, forKey: .meanAveragePrecision)
    }

    private enum Key: String, CodingKey {
      case kind, score, updates, classes, auroc, averagePrecision, meanAuroc, meanAveragePrecision
    }
  }
}

extension AnomalyTable {
  /// Trains a model of each kind for each class, or takes the one that is there, prints the table and writes the figures.
  ///
  /// - Parameters:
  ///   - kinds: the rows.
  ///   - classes: whose turn it is one after the other; all that occur if nil.
  ///   - data: images with labels, and test images with labels.
  public func run(_ kinds: [Kind], classes: [Int]?, on data: ComparisonData, named name: String) throws {
    let (train, test, labels) = try checked(data)
    let occurring = Set(labels).sorted()
    let classes = classes ?? occurring
    guard classes.allSatisfy(occurring.contains), occurring.count > 1 else {
      throw UsageError(
        "--classes: expected classes of the images, \(occurring.map(String.init).joined(separator: ",")), found "
          + classes.map(String.init).joined(separator: ","))
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(path: folder, expected: "a folder that can be created", found: "a place that takes none")
    }
    var figures = Figures(data: name, protocol: rule.rawValue, testCount: test.count, seed: seed)
    var table = Table(columns: classes.map { "\($0)" } + ["mean"])
    let records = AnomalyRecords(in: folder)
    for kind in kinds {
      var row = Row(kind: kind.rawValue, score: kind.evidence.rawValue, updates: updates(of: kind), classes: classes)
      for chosen in classes {
        let trained = try model(kind, chosen, train, records)
        let scores = try trained.anomalyScores(of: test, by: kind.evidence, seed: seed)
        let quality = RankingQuality(
          scores: scores, isPositive: labels.map { rule.isAnomaly($0, whenTurnOf: chosen) })
        row.auroc.append(quality.auroc)
        row.averagePrecision.append(quality.averagePrecision)
        say("\(kind.rawValue), class \(chosen): AUROC \(DecimalText.fixed(quality.auroc, decimals: 4))")
      }
      func cells(_ values: [Double]) -> [String?] {
        (values + [Row.mean(values)]).map { DecimalText.fixed($0, decimals: 3) }
      }
      table.add("\(kind.rawValue), AUROC", cells(row.auroc))
      table.add("\(kind.rawValue), average precision", cells(row.averagePrecision))
      figures.rows.append(row)
      // After each row: the next may take an hour.
      try JSONFile.write(figures, to: "\(folder)/\(rule.rawValue).json")
    }
    tell(table: table.text)
    say("wrote \(folder): \(rule.rawValue).json and a model for each class, which detect-anomalies takes")
  }

  private func checked(_ data: ComparisonData) throws -> (train: ImageSet, test: ImageSet, labels: [Int]) {
    guard let train = data.training else {
      throw UsageError("--data: expected images with test images beside them, found none of these")
    }
    guard train.labels != nil, let labels = data.test.labels else {
      let reason = train.missingConditions ?? data.test.missingConditions ?? ""
      throw UsageError("--data: expected images with labels, found none: \(reason)")
    }
    return (train, data.test, labels)
  }

  private func say(_ line: String) {
    guard !isQuiet else { return }
    tell(line)
    fflush(nil)
  }
}

// MARK: - Models

extension AnomalyTable {
  /// How many updates each network of a model gets.
  private func updates(of kind: Kind) -> [Int] { kind == .fAnoGAN ? [ganUpdates, encoderUpdates] : [updates] }

  /// What decides a model that learns from `images`, by the names of options.
  private func settings(of kind: Kind, _ images: ImageSet) throws -> AnomalyRecords.Settings {
    let isGAN = kind == .fAnoGAN
    let latents =
      try isGAN ? ganConfiguration(like: images).latentSize : configuration(of: kind, like: images).latentSize
    var settings = [
      "batch-size": "\(batchSize)", "seed": "\(seed)", "latent-size": "\(latents)",
      "data": AnomalyRecords.text(of: images),
    ]
    for (name, count) in zip(isGAN ? ["gan-steps", "encoder-steps"] : ["steps"], updates(of: kind)) {
      settings[name] = "\(count)"
    }
    return settings
  }

  /// The model for the turn of a class.
  private func model(
    _ kind: Kind, _ chosen: Int, _ images: ImageSet, _ records: AnomalyRecords
  ) throws -> TrainedModel {
    let name = "\(kind.rawValue)-\(rule.rawValue)-\(chosen)"
    let path = "\(folder)/\(name).safetensors"
    guard let normal = rule.normal(of: images, whenTurnOf: chosen) else {
      throw UsageError("--classes: there is nothing to learn when it is the turn of class \(chosen)")
    }
    let settings = try settings(of: kind, normal)
    if isResuming, AtomicFile.kind(of: path).exists {
      return try earlier(name, path, kind, normal, settings, before: records[name])
    }
    try records.remove(name)
    var progress = CountProgress(
      total: updates(of: kind).reduce(0, +), unit: "updates, class \(chosen)", isQuiet: isQuiet)
    defer { progress.finish() }
    let trained: TrainedModel
    switch kind {
    case .vae, .autoencoder: trained = try autoencoder(kind, normal) { progress.add(1) }
    case .fAnoGAN: trained = try fAnoGAN(normal) { progress.add(1) }
    }
    try trained.save(to: path)
    try records.set(name, to: settings)
    return trained
  }

  /// The model that is there, if it is what would be trained now.
  /// - Parameter before: what it was trained with.
  private func earlier(
    _ name: String, _ path: String, _ kind: Kind, _ images: ImageSet, _ settings: AnomalyRecords.Settings,
    before: AnomalyRecords.Settings?
  ) throws -> TrainedModel {
    let expected = updates(of: kind).last ?? 0
    func refuse(_ found: String, _ helps: String) -> UsageError {
      UsageError(
        "--resume: expected a model of the kind \(kind.rawValue) and of the same settings after "
          + "\(counted(expected, "update")) in \(path), found \(found); \(helps)")
    }
    guard let before else {
      throw refuse(
        "one of which \(AnomalyRecords.fileName(of: name)) says nothing",
        "without \(name).safetensors it is trained again")
    }
    let differences = AnomalyRecords.differences(from: before, to: settings)
    guard differences.isEmpty else {
      throw refuse("another: " + differences.joined(separator: ", "), "another --out, or what it was, helps")
    }
    let trained = try openModel(path)
    let isWanted =
      switch kind {
      case .vae, .autoencoder: (trained.model as? VAE)?.configuration == configuration(of: kind, like: images)
      case .fAnoGAN:
        try (trained.model as? FAnoGAN)?.configuration == FAnoGAN.Configuration(ganConfiguration(like: images))
      }
    guard isWanted, trained.step == expected else {
      throw refuse("\(trained)", "without that file it is trained again")
    }
    return trained
  }

  private func configuration(of kind: Kind, like images: ImageSet) -> VAE.Configuration {
    VAE.Configuration(
      height: images.height, width: images.width, channels: images.channels, latentSize: latentSize ?? 20,
      architecture: .convolutional, beta: kind == .autoencoder ? 0 : 1)
  }

  private func ganConfiguration(like images: ImageSet) throws -> GANConfiguration {
    var configuration = GANConfiguration.wganGP
    (configuration.height, configuration.width, configuration.channels) = (images.height, images.width, images.channels)
    if let latentSize { configuration.latentSize = latentSize }
    return configuration
  }

  private func autoencoder(_ kind: Kind, _ images: ImageSet, _ onUpdate: () -> Void) throws -> TrainedModel {
    try Trainer(
      VAE(configuration(of: kind, like: images)), length: .steps(updates), batchSize: batchSize, seed: seed,
      schedule: .cosine(steps: updates)
    ).train(on: images) { _ in onUpdate() }
  }

  private func fAnoGAN(_ images: ImageSet, _ onUpdate: () -> Void) throws -> TrainedModel {
    let gan = try Trainer(
      WGANGP(ganConfiguration(like: images)), length: .steps(ganUpdates), batchSize: batchSize, seed: seed
    ).train(on: images) { _ in onUpdate() }
    let model = try FAnoGAN(over: gan)
    var trainer = Trainer(
      model, length: .steps(encoderUpdates), batchSize: batchSize, seed: seed, schedule: .cosine(steps: encoderUpdates))
    trainer.initialState = try model.initialState(over: gan, seed: seed)
    return try trainer.train(on: images) { _ in onUpdate() }
  }
}

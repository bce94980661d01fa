import Latent
import LatentSystem

/// What `explore` draws.
public struct Exploration {
  let trained: TrainedModel
  let data: ComparisonSource
  let count: Int
  let rows: Int
  let path: LatentPath
  let variables: [Int]?
  let told: Condition?
  let given: Double
  let layer: Int?
  let seed: UInt64
  let isQuiet: Bool

  /// What the options of the program ask for.
  /// - Parameter told: what samples should be, as the condition of one; nil if nothing was said.
  public init(
    trained: TrainedModel, data: ComparisonSource, count: Int, rows: Int, path: LatentPath, variables: [Int]?,
    told: Condition?, given: Double, layer: Int? = nil, seed: UInt64, isQuiet: Bool
  ) {
    (self.trained, self.data, self.count, self.rows, self.path) = (trained, data, count, rows, path)
    (self.variables, self.told, self.given, self.layer) = (variables, told, given, layer)
    (self.seed, self.isQuiet) = (seed, isQuiet)
  }

  /// The questions.
  public enum Mode: String, Sendable, CaseIterable {
    case reconstruct
    case interpolate
    case traverse
    case manifold
    case neighbours
    case project
    case saliency
    case attribution
    case directions
    case complete
    case mix

    /// Whether it makes samples that can be told what to be: of one class, or of a caption.
    public var takesCondition: Bool {
      [.interpolate, .traverse, .manifold, .neighbours, .saliency, .attribution, .directions, .complete].contains(self)
    }

    /// What each draws.
    public static let help = """
      reconstruct: images and what the model makes of them; interpolate: the way from one image, or sample, to another; \
      traverse: one latent variable a row, or one code; manifold: the plane of two latent variables; neighbours: samples, and the \
      training images nearest to each; project: the latents of images in the plane, by class; saliency: the pixels that \
      change the discriminator's score; attribution: those that made it; directions: along which samples change most; complete: images of which the upper part is \
      given, and what the model makes of the rest; mix: samples with what is coarse in that at the left and what is fine \
      in that above
      """
  }

  /// Draws the answer to a question.
  /// - Returns: what the picture shows, with the figures that belong to it.
  public func draw(_ mode: Mode, to file: String) throws -> String {
    if let shape, shape.rank != 3, !VolumePictures.areVolumes(shape) {
      throw CapabilityError("\(trained.kind) cannot be looked at: samples of shape \(shape) are no images")
    }
    try checkAbility(mode)
    switch mode {
    case .reconstruct: return try drawReconstructions(file)
    case .interpolate: return try drawInterpolations(file)
    case .traverse: return try drawTraversal(file)
    case .manifold: return try drawManifold(file)
    case .neighbours: return try drawNeighbours(file)
    case .project: return try drawProjection(file)
    case .saliency:
      try drawScoreMap(file) { try trained.saliency(of: $0, given: $1) }
      return "\(Self.scoreMapLayout); white pixels change the score most"
    case .attribution:
      try drawScoreMap(file) { try trained.attribution(of: $0, given: $1) }
      return "\(Self.scoreMapLayout); white pixels raise the score, black ones lower it, grey ones do neither"
    case .directions: return try drawDirections(file)
    case .complete: return try drawCompletions(file)
    case .mix: return try drawMixtures(file)
    }
  }

  /// Checks that the model has what a question takes, before images are read.
  private func checkAbility(_ mode: Mode) throws {
    let model = trained.model
    switch mode {
    case .reconstruct: try trained.check(model is any LatentEncoding, to: "reconstruct", "it has no encoder")
    case .project: try trained.check(model is any LatentEncoding, to: "encode", "it has no encoder")
    case .neighbours: try trained.check(model is any Sampling, to: "sample", "it makes none of its own")
    case .saliency, .attribution:
      try trained.check(model is any Discriminating, to: "score samples", "it has no discriminator")
    case .complete:
      try trained.check(
        model is any StepwiseSampling, to: "complete samples", "it does not make them step by step",
        namesInpainting: true)
    case .interpolate, .traverse, .manifold, .directions, .mix: break
    }
  }

  // MARK: Images

  private func testImages() throws -> ImageSet {
    guard let shape, shape.rank != 3 else { return try comparisonData().test }
    throw CapabilityError("\(trained.kind) cannot look at images: it was trained on samples of shape \(shape)")
  }

  /// The images, brought to the size and colours of those that the model learned from: that is told.
  private func comparisonData() throws -> ComparisonData {
    let compared = try ComparisonData(data, like: shape)
    if let remark = compared.preparationRemark, !isQuiet { tell(remark) }
    return compared
  }

  /// The shape of the images that the model learned from.
  private var shape: Tensor.Shape? { trained.model.inputs.first?.sampleShape }

  /// The first images, with what the model has to know of them: their classes, or else what was asked for.
  private func images(_ count: Int) throws -> (samples: Tensor, condition: Condition) {
    if let shape, VolumePictures.areVolumes(shape) {
      return (try VolumePictures.samples(at: data.path, count, like: shape), .none)
    }
    let set = trained.model.prepared(try testImages())
    let batch = set.batch(at: Array(0..<min(count, set.count)))
    if case .classes = conditions, told == nil || batch.condition != .none { return (batch.samples, batch.condition) }
    return (batch.samples, try condition(batch.samples.shape[0]))
  }

  /// What the model is told of its samples.
  private var conditions: ConditionSpace { trained.model.inputs.first?.condition ?? .none }

  /// What was asked for, `count` times; if nothing was, the first class of a model that has classes.
  /// - Throws: ``UsageError`` if the model has to be told a caption, and was told none.
  private func condition(_ count: Int) throws -> Condition {
    if let told { return told.rows(at: Array(repeating: 0, count: count)) }
    if let model = trained.model as? any TextConditioned { throw TextOption.missing(trained.kind, model) }
    return conditions == .none ? .none : .labels(Array(repeating: 0, count: count))
  }

  /// What was asked for, `count` times; if nothing was, one class after the other of a model that has classes.
  private func sampleConditions(_ count: Int) throws -> Condition {
    guard told == nil, case .classes(let classes) = conditions else { return try condition(count) }
    return .labels((0..<count).map { $0 % classes })
  }

  private func grid(_ images: Tensor, _ columns: Int, _ file: String) throws {
    try PNG.writeGrid(ImageSet(VolumePictures().images(images.clamped(to: 0...1))), columns: columns, to: file)
  }

  /// The rows of both, one below the other, so many images a row.
  private func interleaved(_ above: Tensor, _ below: Tensor, _ columns: Int) -> Tensor {
    .concatenated(
      stride(from: 0, to: above.shape[0], by: columns).flatMap { start in
        let range = start..<min(above.shape[0], start + columns)
        return [above[range], below[range]]
      })
  }
}

// MARK: - Reconstructions and latents

extension Exploration {
  private func drawReconstructions(_ file: String) throws -> String {
    let (samples, condition) = try images(count * rows)
    let again = try trained.reconstruct(samples, given: condition)
    try grid(interleaved(samples, again, count), count, file)
    let ratio = DecimalText.significant(PeakSignalToNoise(of: again, to: samples).mean, digits: 4)
    return "\(ratio) dB on average; each row of images has its reconstructions below it"
  }

  /// A row for each pair of images that the model encodes; of models that do not, for each pair of draws.
  private func drawInterpolations(_ file: String) throws -> String {
    let latents: Tensor
    var told = try condition(2 * rows)
    if trained.model is any LatentEncoding {
      let (samples, known) = try images(2 * rows)
      latents = try trained.encode(samples, given: known)
      if self.told == nil { told = known }
    } else {
      latents = try trained.drawLatents(2 * rows, seed: seed)
    }
    let pairs = latents.shape[0] / 2
    guard pairs >= 1 else { throw UsageError("--data: expected at least 2 images, found \(latents.shape[0])") }
    let ways = (0..<pairs).map { path.points(from: latents[2 * $0], to: latents[2 * $0 + 1], count: count) }
    // Up to the middle of the way of the first image's class, from there on of the second one's.
    let places = (0..<pairs).flatMap { pair in (0..<count).map { 2 * pair + ($0 < (count + 1) / 2 ? 0 : 1) } }
    try grid(trained.decode(.concatenated(ways), given: told.rows(at: places)), count, file)
    return trained.model is any LatentEncoding
      ? "each row goes from the reconstruction of one image, at the left, to that of another"
      : "each row goes from one sample, at the left, to another"
  }

  /// From the latent of the first image if there is one, else from a draw.
  private func drawTraversal(_ file: String) throws -> String {
    var condition = try condition(1)
    var start = try trained.drawLatents(1, given: condition, seed: seed)
    if data.path != nil, trained.model is any LatentEncoding {
      let (samples, known) = try images(1)
      start = try trained.encode(samples, given: known)
      if told == nil { condition = known }
    }
    if trained.model is any CodeRecovering, variables == nil {
      let (samples, columns) = try trained.codeTraversal(from: start[0], count: count)
      try grid(samples, columns, file)
      return "each row changes one code"
    }
    // Of many variables the first ones only: a row each.
    let chosen = variables ?? Array(0..<min(start.scalarCount, Self.mostVariables))
    try grid(trained.traversal(from: start[0], variables: chosen, count: count, given: condition), count, file)
    let names =
      chosen.count <= 8
      ? chosen.map(String.init).joined(separator: ", ") : "\(chosen[0]) to \(chosen[chosen.count - 1])"
    let isNormal = (trained.model as? any LatentDecoding)?.latentVariables == .standardNormal
    return "each row changes one of the variables \(names) of \(start.scalarCount), from -3 to 3"
      + (isNormal ? " standard deviations of the prior" : "")
  }

  private static let mostVariables = 32

  private func drawManifold(_ file: String) throws -> String {
    let chosen = variables ?? [0, 1]
    guard chosen.count == 2, chosen[0] != chosen[1] else {
      let found = chosen.map(String.init).joined(separator: ",")
      throw UsageError("--variables: expected two different latent variables, found \(found)")
    }
    let side = max(2, rows)
    let condition = try condition(1)
    let latent = try trained.drawLatents(1, given: condition, seed: seed)[0]
    try grid(
      trained.manifold(variables: (chosen[0], chosen[1]), side: side, through: latent, given: condition), side, file)
    let others = latent.scalarCount > 2 ? "; the others are those of a latent that --seed draws" : ""
    return "the plane of the variables \(chosen[0]), to the right, and \(chosen[1]), upwards\(others)"
  }

  private func drawDirections(_ file: String) throws -> String {
    let directions = try trained.latentDirections(count: rows)
    let start = try trained.drawLatents(1, seed: seed)[0]
    let steps = Tensor.linearSpace(from: -3, to: 3, count: count).scalars
    let latents = (0..<directions.values.count).flatMap { row in
      steps.map { (start + directions.input[row] * $0).expanded(axis: 0) }
    }
    try grid(trained.decode(.concatenated(latents), given: condition(latents.count)), count, file)
    return "singular values " + directions.values.map { DecimalText.significant($0, digits: 3) }.joined(separator: ", ")
  }
}

// MARK: - Mixtures

extension Exploration {
  private func drawMixtures(_ file: String) throws -> String {
    let table = try trained.mixtures(rows: rows, columns: count, fineFrom: layer, seed: seed)
    try PNG.writeGrid(table.images, columns: table.columns, to: file)
    return "each image has what is coarse in the sample at the left and what is fine in that above"
  }
}

// MARK: - Completions

extension Exploration {
  /// A row of images, one of what is given of them, and below each column what the model makes of it, a seed a row.
  private func drawCompletions(_ file: String) throws -> String {
    let (samples, known) = try images(count)
    let condition = try told == nil ? known : condition(samples.shape[0])
    let height = samples.shape[1]
    // One is left to complete, however little is.
    let givenRows = min(height - 1, Int((given * Double(height)).rounded()))
    var mask = Tensor.zeros(samples.shape)
    mask[.all, 0..<givenRows] = Tensor(1)
    // What is missing is grey.
    var pictures = [samples, Tensor.where(mask, samples, else: Tensor(0.375))]
    var progress = CountProgress(total: rows * samples.shape[0], unit: "completions", isQuiet: isQuiet)
    defer { progress.finish() }
    for row in 0..<rows {
      pictures.append(
        try trained.complete(samples, mask: mask, given: condition, seed: seed &+ UInt64(row)) { share in
          progress.set(share: (Double(row) + share) / Double(rows))
        })
    }
    try grid(.concatenated(pictures), samples.shape[0], file)
    return "images, below them what is given, the upper \(givenRows) of \(height) rows, and below that "
      + "\(counted(rows, "completion")) of each"
  }
}

// MARK: - Data and samples

extension Exploration {
  /// A row of samples with the nearest training image of each below it.
  private func drawNeighbours(_ file: String) throws -> String {
    let asked = try sampleConditions(1000)
    let data = try comparisonData()
    if let shape = (trained.model as? any Sampling)?.sampleShape, data.test.sampleShape != shape {
      throw UsageError(
        "--data: expected images of shape \(shape) as the model makes them, found \(data.test.sampleShape)")
    }
    let samples = try trained.sample(1000, given: asked, seed: seed)
    func pixels(_ set: ImageSet, _ most: Int) -> Tensor { set.batch(at: Array(0..<min(most, set.count))).samples }
    let training = pixels(data.training ?? data.test, 60_000)
    let test = data.training == nil ? [0] : Memorization.distances(of: pixels(data.test, 1000), to: training)
    let copies = Memorization(of: samples, training: training, testDistances: test)
    let shown = min(samples.shape[0], count * rows)
    try grid(
      interleaved(samples[0..<shown], training.gathered(at: Array(copies.nearestTraining.prefix(shown))), count), count,
      file)
    let layout = "each row of samples has the images nearest to them below it"
    guard data.training != nil else { return layout }
    let share = DecimalText.significant(copies.shareNearer, digits: 3)
    return
      "\(layout); \(share) of the pairs of a sample and a test image have the sample nearer to a training image (in pixels); 0.5 is expected without copying, 1 of copies"
  }

  private func drawProjection(_ file: String) throws -> String {
    let set = try testImages()
    let most = min(set.count, 5000)
    let batch = trained.model.prepared(set).batch(at: Array(0..<most))
    let latents = try trained.encode(batch.samples, given: conditions == .none ? .none : batch.condition).flattened()
    guard latents.shape[1] >= 2, most > 2 else {
      throw CapabilityError("\(trained.kind) cannot be projected: it takes two latent variables and three images")
    }
    let components = PrincipalComponents(of: latents)
    // Latents without variance have no directions.
    guard components.totalVariance > 0 else {
      throw CapabilityError("\(trained.kind) cannot show these images in the plane: their latents are all alike")
    }
    let places = components.project(latents).scalars
    try PNG.writeScatterPlot(
      (0..<most).map { SIMD2(Double(places[2 * $0]), Double(places[2 * $0 + 1])) }, labels: batch.labels, to: file)
    let shares = components.varianceShares.prefix(2).map { DecimalText.significant($0 * 100, digits: 3) + "%" }
    return "\(shares.joined(separator: " and ")) of the latents' variance lie along the two axes"
  }

  private static let scoreMapLayout = "each row has its maps below: images first, then as many rows of samples"

  /// Rows of images with their maps below: real ones first, then samples.
  private func drawScoreMap(_ file: String, _ map: (Tensor, Condition) throws -> Tensor) throws {
    let half = max(1, rows / 2) * count
    let asked = try sampleConditions(half)
    let (real, realCondition) = try images(half)
    let samples = try trained.sample(half, given: asked, seed: seed)
    let parts = try [(real, realCondition), (samples, asked)].map { images, condition in
      // Signed maps have their zero in the middle of the greys; each map has its own scale.
      let values = try map(images, condition)
      let largest = values.absolute().flattened().max(axes: [1], keepingDimensions: true) + 1e-12
      let scaled = values.flattened() / largest
      let isSigned = values.min().scalar < 0
      let grey = (isSigned ? scaled * 0.5 + 0.5 : scaled).reshaped(to: values.shape)
      return interleaved(images, grey, count)
    }
    try grid(.concatenated(parts), count, file)
  }
}

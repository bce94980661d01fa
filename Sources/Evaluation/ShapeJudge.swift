import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A small classifier that learns from drawn shapes (``VoxelShapes``) to tell of which family a volume is. It says whether a
/// model that learned from such shapes makes all families of them.
///
/// ```swift
/// let judge = ShapeJudge(side: 16, learningIn: 600)
/// print(judge.findings(in: VoxelShapes(count: 1000, side: 16, seed: 9)).accuracy)
/// print(try judge.findings(inSamples: 1000, of: trained).foundCount)
/// ```
public struct ShapeJudge: Sendable {
  /// The voxels along each axis of what it judges.
  public let side: Int
  /// The updates that it has learned in; nil of a file that does not say.
  public let steps: Int?
  private let classifier: Sequential
  private let network: Network
  private let state: State

  /// A judge that learns.
  ///
  /// - Parameters:
  ///   - side: voxels along each axis.
  ///   - steps: updates.
  ///   - onStep: called after every update with its number.
  /// - Precondition: the side is a multiple of 4 in 8...256; there is a step.
  public init(side: Int, learningIn steps: Int, onStep: (Int) -> Void = { _ in }) {
    require(
      Self.isSide(side) && steps >= 1,
      "ShapeJudge: \(steps) steps of shapes of \(side)³ voxels; expected 1 or more, and a multiple of 4 in 8...256")
    let classifier = Self.classifier(side)
    let network = Network(classifier)
    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)
    var optimizer = Adam(learningRate: Self.learningRate)
    var batches = BatchStream(
      VoxelShapes(side: side, seed: Self.seed), batchSize: 32, generator: random.split())
    for step in 1...steps {
      let batch = batches.next()
      network.update(&state, with: &optimizer, using: &random) { context in
        classifier(batch.samples, in: context).softmaxCrossEntropy(labels: batch.labels ?? []).mean()
      }
      optimizer.learningRate = Self.learningRate * (1 - Float(step) / Float(steps))
      onStep(step)
    }
    (self.side, self.steps, self.classifier, self.network, self.state) = (side, steps, classifier, network, state)
  }

  /// The judge in a file that ``save(to:)`` wrote.
  /// - Throws: ``FileError`` if it holds something else.
  public init(_ path: String) throws {
    let (tensors, metadata) = try SafeTensors.read(path)
    let expected = "a judge of shapes"
    guard let side = metadata[Self.sideName].flatMap({ Int($0) }), Self.isSide(side) else {
      throw FileError(path: path, expected: expected, found: "something else")
    }
    classifier = Self.classifier(side)
    network = Network(classifier)
    var random = RandomGenerator(seed: 1)
    let first = network.initialState(using: &random)
    state = State(tensors)
    guard first.tensors.mapValues(\.shape) == tensors.mapValues(\.shape), state.firstNonFinite == nil else {
      throw FileError(path: path, expected: expected + " of \(side)³ voxels", found: "other tensors")
    }
    self.side = side
    steps = metadata[Self.stepsName].flatMap { Int($0) }
  }

  /// Writes the judge to a file.
  /// - Throws: ``FileError`` if that cannot be.
  public func save(to path: String) throws {
    var metadata = [Self.sideName: "\(side)"]
    metadata[Self.stepsName] = steps.map { "\($0)" }
    try SafeTensors.write(state.tensors, metadata: metadata, to: path)
  }

  /// Whether there are judges, and models, of volumes of so many voxels along each axis.
  public static func isSide(_ side: Int) -> Bool { (8...256).contains(side) && side % 4 == 0 }

  /// Convolutions that halve a volume as long as it has 8 voxels or more along each axis.
  private static func classifier(_ side: Int) -> Sequential {
    var (size, channels, layers) = (side, 1, [any Layer]())
    while size % 2 == 0, size >= 8 {
      let wider = channels == 1 ? 16 : 2 * channels
      layers.append(Conv3D(from: channels, to: wider, kernelSize: 4, stride: 2, padding: 1))
      layers.append(.relu)
      (size, channels) = (size / 2, wider)
    }
    layers.append(.flatten)
    layers.append(Dense(from: size * size * size * channels, to: VoxelFamily.allCases.count))
    return Sequential(layers)
  }

  private static let learningRate: Float = 2e-3
  /// Of the shapes that it learns from, which are not those that models learn from.
  private static let seed: UInt64 = 2
  private static let sideName = "latent.shape-judge"
  private static let stepsName = "latent.shape-judge.steps"
}

// MARK: - Findings

extension ShapeJudge {
  /// What a judge finds in some volumes.
  public struct Findings: Sendable, Equatable {
    /// How many of the volumes are of each family, in the order of ``VoxelFamily``.
    public internal(set) var counts = [Int](repeating: 0, count: VoxelFamily.allCases.count)
    var probabilitySum = 0.0
    var connectedCount = 0.0
    var rightCount = 0
    var knownCount = 0

    /// The number of volumes.
    public var count: Int { counts.reduce(0, +) }
    /// The number of families of which there is a volume.
    public var foundCount: Int { counts.count { $0 > 0 } }
    /// The mean probability of the family that is the likeliest of a volume: near 1 if they all look like one.
    public var certainty: Double { probabilitySum / Double(count) }
    /// The share of the volumes that hold one object, as ``VolumeFigures/shareConnected(of:threshold:least:)`` says.
    public var connected: Double { connectedCount / Double(count) }
    /// The share told right of the volumes whose family is known; NaN without such.
    public var accuracy: Double { Double(rightCount) / Double(knownCount) }
  }

  /// The probability of each family: `[N, side, side, side, 1]` → `[N, families]`.
  /// - Precondition: the volumes have that shape.
  public func probabilities(of volumes: Tensor) -> Tensor {
    require(
      volumes.shape == [volumes.shape[0], side, side, side, 1],
      "ShapeJudge: volumes of shape \(volumes.shape), expected [N, \(side), \(side), \(side), 1]")
    return classifier(volumes, in: Context(network, state, mode: .inference)).softmax(axis: 1)
  }

  /// What it finds in drawn shapes: what the judge itself is worth, of others than it learned from.
  public func findings(in shapes: VoxelShapes) -> Findings {
    var findings = Findings()
    let size = InferenceBatch.size(shapes.sampleShape, scalars: 64 << 12)
    for batch in shapes.batchesInOrder(batchSize: size) { add(batch.samples, labels: batch.labels, to: &findings) }
    return findings
  }

  /// What it finds in the samples of a model.
  ///
  /// - Parameters:
  ///   - count: how many are made.
  ///   - trained: a model of volumes of this size.
  ///   - seed: decides the samples.
  ///   - onBatch: called after every batch with its size. What it throws ends it.
  /// - Throws: ``CapabilityError`` if the model makes no samples, or others.
  /// - Precondition: `count >= 1`.
  public func findings(
    inSamples count: Int, of trained: TrainedModel, seed: UInt64 = 0, onBatch: (Int) throws -> Void = { _ in }
  ) throws -> Findings {
    let shape = trained.model.inputs.first?.sampleShape ?? []
    guard shape == [side, side, side, 1] else {
      throw CapabilityError(
        "\(trained.kind) makes samples of shape \(shape); the judge of shapes takes \(side)×\(side)×\(side) voxels")
    }
    var findings = Findings()
    try trained.forEachBatch(of: count, seed: seed) { samples in
      add(samples, labels: nil, to: &findings)
      try onBatch(samples.shape[0])
    }
    return findings
  }

  private func add(_ volumes: Tensor, labels: [Int]?, to findings: inout Findings) {
    let probabilities = probabilities(of: volumes)
    let families = probabilities.argmax(axis: 1)
    for family in families { findings.counts[family] += 1 }
    findings.probabilitySum += Double(probabilities.max(axes: [1]).sum().scalar)
    findings.connectedCount += VolumeFigures.shareConnected(of: volumes) * Double(families.count)
    guard let labels else { return }
    findings.knownCount += labels.count
    findings.rightCount += zip(families, labels).count { $0 == $1 }
  }
}

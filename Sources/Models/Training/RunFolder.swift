import Datasets
import Tensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The folder of a training run: `samples.png`, `samples-NNNNNN.png`, `metrics.jsonl`, `curves.png` and
/// `model.safetensors`.
public final class RunFolder {
  /// The path of the folder.
  public let path: String
  /// How many steps lie between sample grids; after every epoch if nil.
  public let sampleEvery: Int?
  private let metricsFile: LineFile
  private var curves: [CurveHistory] = []

  /// Opens the folder at `path`, which is created if it is not there, for a new run.
  ///
  /// - Throws: ``FileError`` if it cannot be created or written to.
  public init(_ path: String, sampleEvery: Int? = nil) throws {
    self.path = path
    self.sampleEvery = sampleEvery
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileError(path: path, expected: "a folder that can be created", found: Self.obstacle(to: path))
    }
    metricsFile = try LineFile(path + "/metrics.jsonl")
  }

  /// What is in the way of a folder at `path`: the nearest thing on its path that is there.
  private static func obstacle(to path: String) -> String {
    var place = path[...]
    while !place.isEmpty {
      let kind = AtomicFile.kind(of: String(place))
      if kind.exists { return kind.isFolder ? "a folder \(place) that does not allow it" : "a file at \(place)" }
      place = place.lastIndex(of: "/").map { place[..<$0] } ?? ""
    }
    return "a folder that does not allow it"
  }

  /// The path of the checkpoint.
  public var modelPath: String { path + "/model.safetensors" }

  /// Takes down a step; writes samples, curves and the checkpoint when they are due.
  /// - Throws: ``FileError`` if a file cannot be written; ``TrainingError`` instead of a checkpoint with a number that is
  ///   not finite, so that the last good one is kept.
  public func record(_ progress: TrainingProgress) throws {
    try metricsFile.write(Self.line(progress))
    for entry in progress.metrics.entries { history(entry.name).add(progress.step, entry.value) }
    for entry in progress.heldOut?.entries ?? [] { history("test_" + entry.name).add(progress.step, entry.value) }
    let isSampleDue = sampleEvery.map { progress.step % $0 == 0 } ?? progress.endsEpoch
    guard isSampleDue || progress.endsEpoch else { return }
    if let name = progress.trained.state.firstNonFinite {
      throw TrainingError.notFinite(name, step: progress.step)
    }
    if isSampleDue || progress.step == progress.totalSteps { try writeSamples(progress) }
    try writeCurves()
    try progress.trained.save(to: modelPath)
  }

  private func writeSamples(_ progress: TrainingProgress) throws {
    let images = try ImageSet(progress.trained.sample(Self.gridSide * Self.gridSide))
    let number = String(progress.step)
    let padded = String(repeating: "0", count: max(0, 6 - number.count)) + number
    try PNG.writeGrid(images, columns: Self.gridSide, to: "\(path)/samples-\(padded).png")
    try PNG.writeGrid(images, columns: Self.gridSide, to: "\(path)/samples.png")
  }

  private func writeCurves() throws {
    let plot = CurvePlot.render(series: curves.map { ($0.name, $0.points) }, width: 900, height: 600)
    try PNG.write(plot.pixels, height: plot.height, width: plot.width, channels: 3, to: path + "/curves.png")
  }

  private func history(_ name: String) -> CurveHistory {
    if let known = curves.first(where: { $0.name == name }) { return known }
    let new = CurveHistory(name)
    curves.append(new)
    return new
  }

  private static func line(_ progress: TrainingProgress) throws -> [UInt8] {
    var values: [String: Value] = ["step": .number(Double(progress.step)), "epoch": .number(Double(progress.epoch))]
    values["seconds"] = .number((progress.seconds * 1000).rounded() / 1000)
    for entry in progress.metrics.entries { values[entry.name] = .number(entry.value) }
    for entry in progress.heldOut?.entries ?? [] { values["test_" + entry.name] = .number(entry.value) }
    if !progress.newWarnings.isEmpty {
      values["warning"] = .text(progress.newWarnings.map(\.text).joined(separator: "; "))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try Array(encoder.encode(values)) + [UInt8(ascii: "\n")]
  }

  /// A value in a line of metrics.
  private enum Value: Encodable {
    case number(Double)
    case text(String)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      }
    }
  }

  private static let gridSide = 10
}

/// The points of one curve, few enough to be kept however long a training lasts.
private final class CurveHistory {
  let name: String
  private(set) var points: [(x: Double, y: Double)] = []
  /// How many values make a point.
  private var stride = 1
  private var pending: [Double] = []

  init(_ name: String) { self.name = name }

  func add(_ step: Int, _ value: Double) {
    pending.append(value)
    guard pending.count == stride else { return }
    points.append((Double(step), pending.reduce(0, +) / Double(stride)))
    pending.removeAll(keepingCapacity: true)
    guard points.count == Self.limit else { return }
    points = Swift.stride(from: 0, to: points.count, by: 2).map {
      (points[$0 + 1].x, (points[$0].y + points[$0 + 1].y) / 2)
    }
    stride *= 2
  }

  private static let limit = 4096
}

import Datasets
import Tensor

/// What the lines of `metrics.jsonl` say: one JSON object for each step, its names in alphabetical order.
struct RunHistory {
  /// The lines.
  private(set) var lines: [UInt8] = []
  /// The number of lines.
  private(set) var lineCount = 0
  /// The step that the last line tells of.
  private var lastStep = 0
  /// The time since the start of the training, as of the last line.
  private(set) var seconds = 0.0
  private var curves: [CurveHistory] = []

  /// No step yet.
  init() {}

  /// The lines of a file that belong to a training that goes on after `step`.
  ///
  /// Lines that are damaged, later than `step` or a step's second are left out. So are figures on held-out images that
  /// were taken only because the training ended at `step`, as they are missing where it did not end.
  init(_ bytes: [UInt8], through step: Int, endsEpoch: Bool) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard var values = try? CheckpointKey.value([String: Value].self, from: line),
        case .number(let number)? = values["step"], let own = Int(exactly: number), own > lastStep, own <= step
      else { continue }
      if own == step, !endsEpoch, values.contains(where: { $0.key.hasPrefix(Self.heldOutPrefix) }) {
        values = values.filter { !$0.key.hasPrefix(Self.heldOutPrefix) }
        guard let text = try? CheckpointKey.text(values) else { continue }
        lines += text.utf8
      } else {
        lines += line
      }
      lines.append(UInt8(ascii: "\n"))
      lineCount += 1
      add(values, step: own)
    }
  }

  /// Takes down a step.
  /// - Parameter changes: in what the training goes on otherwise than before.
  /// - Returns: its line.
  mutating func add(
    _ progress: TrainingProgress, secondsBefore: Double, changes: [String] = []
  ) throws -> [UInt8] {
    var values: [String: Value] = ["step": .number(Double(progress.step)), "epoch": .number(Double(progress.epoch))]
    values["seconds"] = .number(((secondsBefore + progress.seconds) * 1000).rounded() / 1000)
    let heldOut = (progress.heldOut?.entries ?? []).map { (Self.heldOutPrefix + $0.name, $0.value) }
    for entry in progress.metrics.entries { values[entry.name] = .number(entry.value) }
    for (name, value) in heldOut { values[name] = .number(value) }
    if !progress.newWarnings.isEmpty {
      values["warning"] = .text(progress.newWarnings.map(\.text).joined(separator: "; "))
    }
    if !changes.isEmpty { values["change"] = .text(changes.joined(separator: "; ")) }
    add(values, step: progress.step)
    sortCurves(progress.metrics.entries.map(\.name) + heldOut.map(\.0))
    return Array(try CheckpointKey.text(values).utf8) + [UInt8(ascii: "\n")]
  }

  /// The curves, the most important first.
  var series: [(name: String, points: [(x: Double, y: Double)])] { curves.map { ($0.name, $0.points) } }

  /// Forgets the lines, which may be long; curves stay.
  mutating func dropLines() { lines = [] }

  private mutating func add(_ values: [String: Value], step: Int) {
    lastStep = step
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      guard case .number(let number) = value, name != "step", name != "epoch" else { continue }
      if name == "seconds" {
        seconds = number
        continue
      }
      if let index = curves.firstIndex(where: { $0.name == name }) {
        curves[index].add(lastStep, number)
      } else {
        curves.append(CurveHistory(name, lastStep, number))
      }
    }
  }

  /// Puts the curves in the order of `names`. Lines do not tell it, and held-out figures come later than others.
  private mutating func sortCurves(_ names: [String]) {
    let places = Dictionary(zip(names, 0...)) { first, _ in first }
    func place(_ curve: CurveHistory) -> Int { places[curve.name] ?? names.count }
    curves = curves.enumerated().sorted {
      (place($0.element), $0.offset) < (place($1.element), $1.offset)
    }.map(\.element)
  }

  private static let heldOutPrefix = "test_"

  /// A value in a line.
  private enum Value: Codable, Equatable {
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      }
    }
  }
}

/// The points of one curve, few enough to be kept however long a training lasts.
private struct CurveHistory {
  let name: String
  private(set) var points: [(x: Double, y: Double)] = []
  /// How many values make a point.
  private var stride = 1
  private var pending: [Double] = []

  init(_ name: String, _ step: Int, _ value: Double) {
    self.name = name
    add(step, value)
  }

  mutating func add(_ step: Int, _ value: Double) {
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

  private static let limit = 1024
}

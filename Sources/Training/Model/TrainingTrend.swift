import LatentSystem

/// How the metrics of a training have gone so far: what tells whether something is going wrong.
///
/// The trainer keeps one, and saves it with the training. A loop of one's own can keep one too:
///
/// ```swift
/// var trend = TrainingTrend()
/// for _ in 0..<1000 {
///   trend.add(try procedure.step(&training) { nextRealSamples() })
/// }
/// for warning in procedure.warnings(for: trend) { print(warning.text) }
/// ```
public struct TrainingTrend: Sendable, Equatable {
  /// The name of the metric that a training minimizes, if it is one number. Two networks against each other have none.
  public static let loss = "loss"

  /// The number of steps that were taken note of.
  public private(set) var stepCount = 0
  private var courses: [String: MetricCourse] = [:]
  /// How the first of the figures on held-out samples has gone, which has to fall.
  public private(set) var heldOut = HeldOutCourse()
  /// How others of these figures have gone that have to fall, by name.
  public private(set) var furtherHeldOut: [String: HeldOutCourse] = [:]
  /// Whether the training began with numbers that had been learned.
  private let beganTrained: Bool

  /// A training before its first step.
  /// - Parameter isTrained: whether it begins with what another training has learned. That cannot be told from a single
  ///   batch, so it is compared with the mean of ``MetricCourse/meanLength`` steps, not with the first one alone.
  public init(isTrained: Bool = false) { beganTrained = isTrained }

  /// What ``MetricCourse/first`` is the value of, in words.
  package var beginning: String { "the first " + (beganTrained ? counted(MetricCourse.meanLength, "step") : "step") }

  /// Takes note of a step.
  public mutating func add(_ metrics: Metrics) {
    let isFirst = stepCount == 0 && !beganTrained
    for entry in metrics.entries {
      courses[entry.name, default: MetricCourse(first: isFirst ? entry.value : nil)].add(entry.value)
    }
    stepCount += 1
    if beganTrained, stepCount == MetricCourse.meanLength {
      for name in courses.keys { courses[name]?.beginWithFirstMean() }
    }
  }

  /// Counts from a step that was reached before: files of earlier versions do not say how many steps there were.
  mutating func goOn(from step: Int) { stepCount = max(stepCount, step) }

  /// Takes note of figures on held-out samples after an epoch, of which the first has to fall.
  /// - Parameter losses: the names of others that have to fall, see ``GenerativeModel/heldOutLosses``. Before a step has had
  ///   the metric of such a name, the figure is that of a part that has learned nothing.
  public mutating func add(heldOut figures: Metrics, losses: [String] = []) {
    for name in losses {
      guard let value = figures[name], let loss = courses[name]?.usual else { continue }
      furtherHeldOut[name, default: HeldOutCourse()].add(Metrics.Entry(name: name, value: value), loss: loss)
    }
    guard let figure = figures.entries.first else { return }
    heldOut.add(figure, loss: courses[Self.loss]?.usual)
  }

  /// The median of the last fifty values of a metric, once there are ``TrainingWarning/leastSteps``: a single step says
  /// little.
  public subscript(name: String) -> Double? { courses[name]?.median }

  /// All that is known of a metric; nil if no step had it.
  public func course(of name: String) -> MetricCourse? { courses[name] }
}

// MARK: - In checkpoints

extension TrainingTrend: Codable {
  private enum CodingKeys: String, CodingKey {
    /// The last values of each metric: all that files of earlier versions have.
    case values
    case before, stepCount, heldOut, furtherHeldOut, beganTrained
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let records = try values.decodeIfPresent([String: MetricCourse.Record].self, forKey: .before) ?? [:]
    let latest = try values.decode([String: [Double]].self, forKey: .values)
    for (name, latest) in latest { courses[name] = MetricCourse(latest: latest, records[name]) }
    stepCount = try values.decodeIfPresent(Int.self, forKey: .stepCount) ?? latest.values.map(\.count).max() ?? 0
    heldOut = try values.decodeIfPresent(HeldOutCourse.self, forKey: .heldOut) ?? HeldOutCourse()
    furtherHeldOut =
      try values.decodeIfPresent([String: HeldOutCourse].self, forKey: .furtherHeldOut) ?? [:]
    beganTrained = try values.decodeIfPresent(Bool.self, forKey: .beganTrained) ?? false
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(courses.mapValues(\.latest), forKey: .values)
    try values.encode(courses.mapValues(\.record), forKey: .before)
    try values.encode(stepCount, forKey: .stepCount)
    try values.encode(heldOut, forKey: .heldOut)
    if !furtherHeldOut.isEmpty { try values.encode(furtherHeldOut, forKey: .furtherHeldOut) }
    if beganTrained { try values.encode(true, forKey: .beganTrained) }
  }
}

/// How the learning rate changes over the steps of a training: a factor on its initial value.
///
/// A program adds schedules of its own under names, so that they can be saved with a training:
///
/// ```swift
/// LearningRateSchedule.register("inverse-root") { settings in
///   let steps = settings["steps", default: 1000]
///   return { step in 1 / (1 + Double(step) / steps).squareRoot() }
/// }
/// optimizer.schedule = .registered(as: "inverse-root", settings: ["steps": 500])
/// ```
public indirect enum LearningRateSchedule: Sendable, Hashable, Codable {
  /// 1 throughout.
  case constant
  /// From 1 to `end` in a straight line over `steps`; `end` after that.
  case linear(to: Double = 0, steps: Int)
  /// From 1 to `end` along half a cosine over `steps`; `end` after that. Reference: Loshchilov and Hutter, "SGDR",
  /// arXiv:1608.03983, without restarts.
  case cosine(to: Double = 0, steps: Int)
  /// Multiplied by `factor` after every `every` steps.
  case stepwise(factor: Double, every: Int)
  /// Rises from 0 to the value of `then` in a straight line over `steps`; then follows that schedule.
  case warmup(steps: Int, then: LearningRateSchedule)
  /// The first value of `then` for `steps`; then follows that schedule. With ``linear(to:steps:)``, half of a training each,
  /// this is what Zhu et al., arXiv:1703.10593, train with.
  case hold(steps: Int, then: LearningRateSchedule)
  /// The schedule that was registered under a name, with its settings.
  case registered(as: String, settings: [String: Double] = [:])

  /// The factor for the update with number `step`, counted from 0.
  /// - Precondition: a schedule that is chosen by its name is registered.
  public func factor(at step: Int) -> Double {
    switch self {
    case .constant: return 1
    case .linear(let end, let steps): return 1 + (end - 1) * Self.share(step, of: steps)
    case .cosine(let end, let steps):
      // cos(π x) by its Taylor series around the nearer of 0 and 1/2: no C library is needed for one number a step.
      return end + (1 - end) * (1 + Self.cosineOfPi(Self.share(step, of: steps))) / 2
    case .stepwise(let factor, let every):
      return (0..<step / max(1, every)).reduce(1) { value, _ in value * factor }
    case .warmup(let steps, let then):
      return step < steps ? Double(step + 1) / Double(steps) * then.factor(at: 0) : then.factor(at: step - steps)
    case .hold(let steps, let then):
      return then.factor(at: max(0, step - steps))
    case .registered(let name, let settings):
      return Self.maker(of: name)(settings)(step)
    }
  }

  /// Whether the factor does not change any more from `step` on: a training beyond it was made longer than its schedule,
  /// and if the schedule ends at 0, stands still. One that is constant, stepwise or chosen by its name is never over.
  public func isOver(at step: Int) -> Bool {
    switch self {
    case .constant, .stepwise, .registered: false
    case .linear(_, let steps), .cosine(_, let steps): step >= steps
    case .warmup(let steps, let then), .hold(let steps, let then): step >= steps && then.isOver(at: step - steps)
    }
  }

  private static func share(_ step: Int, of steps: Int) -> Double {
    steps <= 0 ? 1 : min(1, Double(step) / Double(steps))
  }

  /// cos(π x) for x in 0...1.
  private static func cosineOfPi(_ x: Double) -> Double {
    if x > 0.5 { return -cosineOfPi(1 - x) }
    let square = (x * .pi) * (x * .pi)
    var (sum, term) = (1.0, 1.0)
    for k in 1...12 {
      term *= -square / Double((2 * k - 1) * 2 * k)
      sum += term
    }
    return sum
  }
}

// MARK: - Registered by name

extension LearningRateSchedule {
  /// Makes the function from steps to factors for some settings.
  public typealias Maker = @Sendable (_ settings: [String: Double]) -> @Sendable (_ step: Int) -> Double

  /// Lets this program use the schedule ``registered(as:settings:)`` `name`. A name that is registered already gets the new maker.
  ///
  /// - Parameters:
  ///   - name: what it is saved as.
  ///   - make: makes the function from steps, counted from 0, to factors. It is called at every step.
  public static func register(_ name: String, _ make: @escaping Maker) { registry.register(name, make) }

  private static let registry = Registry<Maker>("schedule", registeredBy: "LearningRateSchedule.register")

  /// Checks that the schedule is there, also the one that follows a warm-up.
  /// - Throws: ``UnregisteredError`` if it is chosen by a name under which none is registered.
  package func checkRegistered() throws(UnregisteredError) {
    switch self {
    case .constant, .linear, .cosine, .stepwise: break
    case .warmup(_, let then), .hold(_, let then): try then.checkRegistered()
    case .registered(let name, _): _ = try Self.registry.entry(name)
    }
  }

  private static func maker(of name: String) -> Maker {
    do { return try registry.entry(name) } catch { fatalError("LearningRateSchedule: \(error)") }
  }
}

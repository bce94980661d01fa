/// How the learning rate changes over the steps of a training: a factor on its initial value.
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

  /// The factor for the update with number `step`, counted from 0.
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

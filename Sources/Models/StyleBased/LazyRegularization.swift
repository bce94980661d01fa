import LatentSystem
import Layers
import Tensor
import Training

/// A term of a loss that counts in one of several steps only, as many times as much there.
///
/// As an update of its own it shares the moments of the optimizer that the loss has, which so makes k + 1 updates in k
/// steps. For them to be worth k, Adam's learning rate is multiplied by c = k / (k + 1) and its shares are raised to that
/// power. Within the loss of every k-th step there are k updates, and c is 1.
///
/// Reference: Karras et al., "Analyzing and improving the image quality of StyleGAN", arXiv:1912.04958, section 3.1 and
/// appendix B.
public struct LazyRegularization: Codable, Sendable, Equatable {
  /// The term's weight in every step; where it counts, it is multiplied by the period.
  public var weight: Float
  /// How many steps lie between two in which it counts, 1 or more.
  public var period: Int
  /// Whether it is an update of its own.
  public var hasOwnUpdate: Bool
  /// What learning rate and shares are adapted by, c; as the period says if nil. Anything but 1 takes updates of its own.
  public var pace: Float?

  /// A term with the given choices.
  public init(weight: Float, period: Int, hasOwnUpdate: Bool = true, pace: Float? = nil) {
    self.weight = weight
    self.period = period
    self.hasOwnUpdate = hasOwnUpdate
    self.pace = pace
  }

  /// c, in 0...1.
  public var optimizerPace: Float { pace ?? (hasOwnUpdate ? Float(period) / Float(period + 1) : 1) }

  /// An optimizer for a loss with this term.
  public func adapted(_ optimizer: Adam) -> Adam {
    let pace = optimizerPace
    if pace == 1 { return optimizer }
    var optimizer = optimizer
    optimizer.learningRate *= pace
    optimizer.beta1 = Float(pow(Double(optimizer.beta1), Double(pace)))
    optimizer.beta2 = Float(pow(Double(optimizer.beta2), Double(pace)))
    return optimizer
  }

  /// The term's weight where it counts.
  var weightWhereDue: Float { weight * Float(period) }

  /// Checks every value.
  /// - Parameter name: what it is called in messages.
  /// - Throws: ``ConfigurationError``.
  func validate(_ name: String) throws {
    func check(_ condition: Bool, _ text: @autoclosure () -> String) throws {
      if !condition { throw ConfigurationError(text()) }
    }
    try check(weight >= 0 && weight.isFinite, "the weight of \(name) is \(weight), expected 0 or more")
    try check((1...1_000_000).contains(period), "the period of \(name) is \(period), expected 1 to 1000000")
    guard let pace else { return }
    try check(pace > 0 && pace <= 1, "the pace of \(name) is \(pace), expected above 0 and up to 1")
    try check(
      hasOwnUpdate || pace == 1,
      "the pace of \(name) is \(pace), but without updates of its own there are none to make up for: expected 1")
  }
}

extension LazyRegularization: CustomStringConvertible {
  public var description: String {
    "\(weight) every \(counted(period, "step"))" + (hasOwnUpdate ? "" : ", in the loss")
      + (pace.map { ", pace \($0)" } ?? "")
  }
}

/// ``R1Penalty`` in one of several steps, also through layers that compare samples, as ``MinibatchStandardDeviation``: it is
/// then that of the sum of all scores.
struct LazyR1Penalty: AdversarialTerm {
  static let name = "lazyR1"
  var regularization: LazyRegularization
  var period: Int { regularization.period }
  var hasOwnUpdate: Bool { regularization.hasOwnUpdate }
  var metricName: String { GANMetric.penalty }

  func discriminatorTerm(_ pass: AdversarialPass) -> Tensor? {
    R1Penalty(weight: regularization.weightWhereDue).discriminatorTerm(pass)
  }

  func validate() throws { try regularization.validate("the penalty") }
}

import LatentSystem
import Training

extension TrainingTrend {
  /// Told if the latents of an autoencoder tell next to nothing of a sample, and do not come to tell more.
  /// - Parameters:
  ///   - name: the metric that has the divergence of posteriors from the prior in nats.
  ///   - advice: what may help.
  func posteriorCollapse(of name: String, advice: String) -> TrainingWarning? {
    guard let course = course(of: name), let divergence = course.median, divergence < leastInformation,
      course.isRising(by: leastGrowth, least: leastRise * leastInformation) == false
    else { return nil }
    return TrainingWarning(
      kind: TrainingWarning.Kind.posteriorCollapse,
      text: """
        the posterior has collapsed to the prior: latents carry \(DecimalText.significant(divergence, digits: 2)) nats of an \
        image; \(advice)
        """)
  }
}

private let leastInformation = 1.0
/// Many a training begins with latents that tell nothing, but soon they tell more.
private let leastGrowth = 1.5
private let leastRise = 0.01

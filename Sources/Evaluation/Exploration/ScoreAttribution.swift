import Datasets
import LatentSystem
import Tensor
import Training

/// Which scalars of a sample make a discriminator take it for real or for generated.
extension TrainedModel {
  /// How much the discriminator's score changes with each scalar: the absolute gradient, `[N, …]` → `[N, …]`.
  ///
  /// Reference: Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", arXiv:1312.6034, section 3.
  /// - Throws: ``CapabilityError`` if the model has no discriminator, or the samples are of another shape.
  public func saliency(of samples: Tensor, given condition: Condition = .none) throws -> Tensor {
    _ = try scores(of: samples, given: condition)
    return scoreGradient(at: samples, condition).absolute()
  }

  /// What each scalar contributes to the difference between the scores of the samples and of a baseline, `[N, …]` →
  /// `[N, …]`: integrated gradients. Their sum over a sample is that difference, but for the error of the integral.
  ///
  /// Reference: Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", arXiv:1703.01365, equation 3.
  ///
  /// - Parameters:
  ///   - samples: `[N, …]`.
  ///   - baseline: what counts as no sample, of one sample's shape or a scalar; black pixels if nil.
  ///   - steps: places between baseline and samples at which gradients are taken, 1 or more.
  ///   - condition: what is known of each sample.
  /// - Throws: ``CapabilityError`` if the model has no discriminator, or the samples are of another shape.
  public func attribution(
    of samples: Tensor, baseline: Tensor? = nil, steps: Int = 64, given condition: Condition = .none
  ) throws -> Tensor {
    require(steps >= 1, "attribution: \(steps) steps; at least 1 is needed")
    _ = try scores(of: samples, given: condition)
    let baseline = baseline ?? Tensor(0)
    let difference = samples - baseline
    var sum = Tensor.zeros(samples.shape)
    for step in 0..<steps {
      // The midpoint rule: exact for gradients that change linearly.
      let share = (Float(step) + 0.5) / Float(steps)
      sum = sum + scoreGradient(at: baseline + difference * share, condition)
    }
    return difference * sum * (1 / Float(steps))
  }

  private func scoreGradient(at samples: Tensor, _ condition: Condition) -> Tensor {
    guard let model = model as? any Discriminating else {
      fatalError("TrainedModel: scores(of:given:) has checked that there is a discriminator")
    }
    // A batch at a time: a recording takes several times the memory of the samples.
    let size = InferenceBatch.size(Tensor.Shape(Array(samples.shape.sizes.dropFirst())))
    let gradients = stride(from: 0, to: samples.shape[0], by: size).map { start in
      let rows = start..<min(samples.shape[0], start + size)
      return samples[rows].gradient { model.scores(of: $0, given: condition.rows(rows), with: state).sum() }
    }
    return gradients.count == 1 ? gradients[0] : Tensor.concatenated(gradients)
  }
}

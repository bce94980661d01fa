import LatentSystem
import Tensor

// Losses and figures of classifiers. They take logits and return one value per sample, as all losses.

extension Tensor {
  /// The cross-entropy in nats between targets in 0...1 and Bernoulli distributions with these logits, summed over each
  /// sample's scalars: `Σ softplus(x) - t·x`, `[N, …]` → `[N]`.
  ///
  /// For grey targets it is a bound, not a log-likelihood. PyTorch's `BCEWithLogitsLoss` means over a sample's scalars
  /// too.
  /// - Parameter targets: of this tensor's shape.
  /// - Returns: `[N]`.
  public func sigmoidCrossEntropy(targets: Tensor) -> Tensor {
    checkTargets(targets, "sigmoidCrossEntropy")
    if !targets.isRecorded, scalarCount > 0 {
      return flattened().bernoulliCrossEntropyRows(targets: targets.flattened())
    }
    return (softplus() - targets * self).summedPerSample()
  }

  /// The same for several rows of logits with the targets of one sample: `[repeats · N, …]` → `[repeats · N]`, all samples
  /// once, then all again.
  /// - Parameters:
  ///   - targets: `[N, …]`.
  ///   - repeats: how often each sample's targets are taken.
  public func sigmoidCrossEntropy(targets: Tensor, repeats: Int) -> Tensor {
    require(
      rank >= 1 && targets.rank == rank && repeats >= 1 && shape[0] == repeats * targets.shape[0]
        && shape.sizes.dropFirst() == targets.shape.sizes.dropFirst(),
      "sigmoidCrossEntropy: logits \(shape) for \(repeats) times targets \(targets.shape); they must be as many")
    if repeats == 1 || targets.isRecorded || scalarCount == 0 {
      return sigmoidCrossEntropy(targets: .concatenated(Array(repeating: targets, count: repeats)))
    }
    return flattened().bernoulliCrossEntropyRows(targets: targets.flattened())
  }

  /// The cross-entropy in nats between labels and categorical distributions with these logits, `[N, classes]` → `[N]`;
  /// with smoothed labels, weighted classes, or both.
  ///
  /// A smoothed label is the class itself with probability `1 - smoothing`, and any of all classes with probability
  /// `smoothing / classes` each. Reference: Szegedy et al., "Rethinking the Inception architecture for computer vision",
  /// arXiv:1512.00567, section 7.
  ///
  /// - Parameters:
  ///   - labels: one a row, each in `0..<classes`.
  ///   - smoothing: in 0...1.
  ///   - classWeights: `[classes]`, what the term of each class is multiplied with; 1 if nil. PyTorch divides the sum over
  ///     samples by the sum of their labels' weights: `losses.sum() / classWeights.gathered(at: labels).sum()`.
  public func softmaxCrossEntropy(labels: [Int], smoothing: Float = 0, classWeights: Tensor? = nil) -> Tensor {
    checkLabels(labels, "softmaxCrossEntropy")
    require(
      smoothing >= 0 && smoothing <= 1, "softmaxCrossEntropy: a smoothing of \(smoothing); it must lie in 0...1")
    let classes = shape[1]
    var logShares = logSoftmax(axis: 1)
    if let classWeights {
      require(
        classWeights.shape == [classes],
        "softmaxCrossEntropy: class weights of shape \(classWeights.shape) for \(classes) classes")
      logShares = logShares * classWeights
    }
    let own = logShares.gathered(alongAxis: 1, indices: labels).squeezed(axis: 1)
    guard smoothing > 0 else { return -own }
    return -(own * (1 - smoothing) + logShares.sum(axes: [1]) * (smoothing / Float(classes)))
  }

  /// The cross-entropy in nats between distributions over the classes and categorical distributions with these logits:
  /// `-Σ t · log softmax(x)`, `[N, classes]` → `[N]`.
  /// - Parameter targets: `[N, classes]`, of which each row should sum to 1.
  public func softmaxCrossEntropy(targets: Tensor) -> Tensor {
    checkTargets(targets, "softmaxCrossEntropy")
    require(rank == 2, "softmaxCrossEntropy: logits of shape \(shape); [N, classes] is needed")
    return -(logSoftmax(axis: 1) * targets).summedPerSample()
  }

  /// The share of rows whose largest logit is that of the label, in 0...1; of equal logits, the first counts.
  /// - Precondition: this tensor is `[N, classes]` with N > 0 and one label for each row.
  public func accuracy(labels: [Int]) -> Double {
    checkLabels(labels, "accuracy")
    require(!labels.isEmpty, "accuracy: there are no samples")
    let hits = zip(argmax(axis: 1), labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    return Double(hits) / Double(labels.count)
  }

  private func checkLabels(_ labels: [Int], _ operation: StaticString) {
    require(
      rank == 2 && labels.count == shape[0],
      "\(operation): \(labels.count) labels for logits of shape \(shape); one is needed for each row")
    if let place = labels.firstIndex(where: { $0 < 0 || $0 >= shape[1] }) {
      fatalError("\(operation): label \(labels[place]) of row \(place) lies outside of the classes 0..<\(shape[1])")
    }
  }
}

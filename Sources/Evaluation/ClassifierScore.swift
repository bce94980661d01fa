import LatentSystem
import Tensor

/// How sure a classifier is of each sample, and how different samples are: `exp E KL(p(y|x) ‖ p(y))`, from 1, for
/// samples that all look alike or like nothing, to the number of classes.
///
/// With the classes of the Inception network this is the Inception score; with others the figures cannot be compared
/// with published ones. Compare with the score of real images.
///
/// Reference: Salimans et al., "Improved techniques for training GANs", arXiv:1606.03498, section 4.
public struct ClassifierScore: Sendable, Hashable {
  /// The score of each split.
  public let scores: [Double]

  /// The mean of the splits' scores. NaN if a probability is.
  public var mean: Double { scores.mean }

  /// The standard deviation of the splits' scores, divided by their number.
  public var deviation: Double { scores.deviation }

  /// The score of samples with the given class probabilities.
  ///
  /// - Parameters:
  ///   - probabilities: `[count, classes]`, each row a distribution.
  ///   - splits: into how many parts, in order and equal but for one, the samples are split.
  /// - Precondition: rank 2, with a class; `1...count` splits; nothing negative, and rows that add up to 1 within 1e-3.
  public init(probabilities: Tensor, splits: Int = 1) {
    Self.check(probabilities, splits, "probabilities")
    let rows = probabilities.scalars.map { Double($0) }
    let classes = probabilities.shape[1]
    for row in 0..<probabilities.shape[0] {
      let own = rows[row * classes..<(row + 1) * classes]
      let sum = own.reduce(0, +)
      // NaN passes, and makes the score NaN.
      require(
        !(abs(sum - 1) > 1e-3) && !own.contains { $0 < 0 },
        "ClassifierScore: the probabilities of sample \(row) add up to \(sum), or one is negative; they must add up to 1"
      )
    }
    self.init(rows, classes: classes, splits: splits)
  }

  /// The score of samples with the given logits: their probabilities are the softmax of these, in double precision.
  ///
  /// - Parameters:
  ///   - logits: `[count, classes]`.
  ///   - splits: into how many parts, in order and equal but for one, the samples are split.
  /// - Precondition: rank 2, with a class; `1...count` splits.
  public init(logits: Tensor, splits: Int = 1) {
    Self.check(logits, splits, "logits")
    let classes = logits.shape[1]
    var rows = logits.scalars.map { Double($0) }
    for row in 0..<logits.shape[0] {
      let range = row * classes..<(row + 1) * classes
      let largest = rows[range].max() ?? 0
      for index in range { rows[index] = exp(rows[index] - largest) }
      let sum = rows[range].reduce(0, +)
      for index in range { rows[index] /= sum }
    }
    self.init(rows, classes: classes, splits: splits)
  }

  private init(_ rows: [Double], classes: Int, splits: Int) {
    let count = rows.count / classes
    scores = (0..<splits).map { split in
      let range = split * count / splits..<(split + 1) * count / splits
      var mean = [Double](repeating: 0, count: classes)
      for row in range {
        for column in 0..<classes { mean[column] += rows[row * classes + column] }
      }
      for column in 0..<classes { mean[column] /= Double(range.count) }
      var divergence = 0.0
      for row in range {
        for column in 0..<classes {
          let probability = rows[row * classes + column]
          if probability != 0 { divergence += probability * log(probability / mean[column]) }
        }
      }
      return exp(divergence / Double(range.count))
    }
  }

  private static func check(_ values: Tensor, _ splits: Int, _ what: String) {
    require(
      values.rank == 2 && values.shape[1] > 0,
      "ClassifierScore: \(what) of shape \(values.shape); [count, classes] with a class is needed")
    require(
      splits >= 1 && splits <= values.shape[0],
      "ClassifierScore: \(splits) splits of \(values.shape[0]) samples; each needs one at least")
  }
}

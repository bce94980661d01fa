import LatentSystem
import Tensor

// Layers by which a discriminator sees how samples of a batch differ, so that a generator whose samples are all alike is
// found out. They look at the batch that they are given: real and generated samples are judged in calls of their own.

/// Adds features that tell how close each sample is to the others of the batch.
///
/// `M = f · T` gives each sample some rows of numbers; a new feature is `Σ_{j ≠ i} exp(-‖M_ib - M_jb‖₁)` over the other
/// samples, for each row b.
///
/// Reference: Salimans et al., "Improved techniques for training GANs", arXiv:1606.03498, section 3.2. The paper's sum
/// has the sample itself in it too, which adds 1.
public final class MinibatchDiscrimination: Layer, MixingSamples {
  /// `[features, rows · rowSize]`.
  public let weight: Parameter
  /// The number of features that are added.
  public let rows: Int
  /// How many numbers a row has.
  public let rowSize: Int

  /// - Parameters:
  ///   - features: of a sample.
  ///   - rows: the number of features that are added.
  ///   - rowSize: how many numbers a sample is compared by for each.
  ///   - initializer: of the weight.
  public init(
    _ features: Int, rows: Int = 32, rowSize: Int = 8, initializer: Initializer = .normal(standardDeviation: 0.05)
  ) {
    require(
      features >= 1 && rows >= 1 && rowSize >= 1,
      "MinibatchDiscrimination: \(features) features, \(rows) rows of \(rowSize); the least is 1 of each")
    weight = Parameter([features, rows * rowSize], initializer, fan: Fan(in: features, out: rows * rowSize))
    self.rows = rows
    self.rowSize = rowSize
  }

  /// `[N, features]` → `[N, features + rows]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    .concatenated([input, closeness(of: input, in: context)], axis: 1)
  }

  /// The new features alone: `[N, features]` → `[N, rows]`, from 0 for a sample unlike all others to N - 1.
  /// - Complexity: O(N² · rows · rowSize) in time and memory.
  public func closeness(of input: Tensor, in context: Context) -> Tensor {
    require(
      input.rank == 2 && input.shape[1] == weight.shape[0],
      "MinibatchDiscrimination: the input has shape \(input.shape); [N, \(weight.shape[0])] is needed")
    requireWholeBatch("MinibatchDiscrimination", context)
    let count = input.shape[0]
    let compared = input.matmul(context[weight]).reshaped(to: [count, rows, rowSize])
    let distances = (compared.expanded(axis: 0) - compared.expanded(axis: 1)).absolute().sum(axes: [3])
    // Each sample's distance from itself is 0, whose exponential is 1.
    return (-distances).exp().sum(axes: [1]) - 1
  }
}

/// Adds channels that hold the mean standard deviation over groups of samples, the same in all places.
///
/// A batch of N falls into M = N / G groups of G samples, sample n belongs to group `n mod M`. The deviations of all places
/// and channels in a group make one mean; with more than one new channel, each is the mean over its share of the channels.
///
/// Reference: Karras et al., "Progressive growing of GANs for improved quality, stability, and variation",
/// arXiv:1710.10196, section 3.
public final class MinibatchStandardDeviation: Layer, MixingSamples {
  /// How many samples are compared, at most.
  public let groupSize: Int
  /// How many channels are added.
  public let newChannels: Int
  private static let epsilon: Float = 1e-8

  /// - Parameters:
  ///   - groupSize: how many samples are compared; all of them if there are fewer.
  ///   - newChannels: how many channels are added.
  public init(groupSize: Int = 4, newChannels: Int = 1) {
    require(
      groupSize >= 1 && newChannels >= 1,
      "MinibatchStandardDeviation: groups of \(groupSize), \(newChannels) new channels; the least is 1")
    self.groupSize = groupSize
    self.newChannels = newChannels
  }

  /// `[N, H, W, C]` → `[N, H, W, C + newChannels]`.
  /// - Precondition: N is a multiple of the group size, or less; C is one of the number of new channels.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    require(
      input.rank == 4 && input.shape[3] % newChannels == 0,
      "MinibatchStandardDeviation: the input has shape \(input.shape); [N, H, W, a multiple of \(newChannels)] is needed"
    )
    requireWholeBatch("MinibatchStandardDeviation", context)
    let (count, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    let size = min(groupSize, count)
    require(
      count % size == 0, "MinibatchStandardDeviation: \(count) samples do not divide into groups of \(size)")
    let grouped = input.reshaped(
      to: [size, count / size, height * width, newChannels, channels / newChannels])
    let deviations = (grouped.variance(axes: [0]) + Self.epsilon).squareRoot().mean(axes: [1, 3])
    let ofSamples = deviations.gathered(at: (0..<count).map { $0 % (count / size) })
    let added = ofSamples.reshaped(to: [count, 1, 1, newChannels]).broadcast(to: [count, height, width, newChannels])
    return .concatenated([input, added], axis: 3)
  }
}

/// Stops the program where a layer that compares samples has a part of the batch only.
private func requireWholeBatch(_ layer: StaticString, _ context: Context) {
  require(
    context.reduction is WholeBatch,
    "\(layer): it compares the samples of a batch with each other, so it needs the whole batch, not a part of it")
}

import LatentSystem
import Layers
import Tensor
import Training

/// A pool of past generated samples, from which a discriminator is now and then shown an old one, so that it does not
/// forget what it has learned of them.
///
/// The first samples fill the pool and come back themselves. From then on each is given away for an old one with
/// probability ½, whose place it takes. What is in it belongs to the memory of a training, and is saved with that.
///
/// Reference: Shrivastava et al., "Learning from simulated and unsupervised images through adversarial training",
/// arXiv:1612.07828, section 2.3; Zhu et al., arXiv:1703.10593, section 4.
public struct SamplePool: Sendable, Equatable {
  /// What the names of its tensors in a memory begin with.
  public let name: String
  /// How many samples it holds; with 0, all come back themselves.
  public let size: Int

  /// A pool of `size` samples.
  /// - Precondition: `size >= 0`.
  public init(_ name: String, size: Int) {
    require(size >= 0, "SamplePool: a pool of \(size) samples; the least is 0")
    (self.name, self.size) = (name, size)
  }

  private var samplesName: String { "\(name).samples" }
  private var countName: String { "\(name).count" }

  /// An empty pool for samples of a shape, as ``GenerativeModel/makeMemory(using:)`` gives it.
  public func makeMemory(sampleShape: Tensor.Shape) -> State {
    guard size > 0 else { return State() }
    return State([samplesName: .zeros(sampleShape.prepending(size)), countName: .zeros([1])])
  }

  /// Samples for new ones, as many and in their order: themselves, or old ones.
  ///
  /// All that hold a part of the batch have the same pool, to which the samples of all of them come.
  /// - Parameters:
  ///   - new: the samples of this training's part of the batch, `[N, …]`.
  ///   - memory: where the pool is, which changes.
  ///   - training: whose randomness decides, and moves on.
  /// - Returns: `[N, …]`; no gradient passes.
  public func exchange(_ new: Tensor, in memory: inout State, _ training: inout TrainingState) -> Tensor {
    guard size > 0 else { return new.detached() }
    let all = training.wholeBatch(new)
    var random = training.random.split()
    let draws = (0..<all.shape[0]).map { _ in (share: random.uniform(), place: Int.random(in: 0..<size, using: &random))
    }
    let returned = exchange(all, in: &memory, draws)
    return training.samples.map { returned[$0.range] } ?? returned
  }

  /// The exchange with what is drawn for each sample: for a share above ½, that of the old sample at `place`.
  func exchange(_ new: Tensor, in memory: inout State, _ draws: [(share: Float, place: Int)]) -> Tensor {
    guard var held = memory.take(samplesName), let count = memory[countName]?.scalars.first else {
      fatalError("SamplePool: the memory has no pool called \(name); makeMemory(sampleShape:) makes one")
    }
    require(
      new.rank >= 1 && held.shape.sizes.dropFirst() == new.shape.sizes.dropFirst(),
      "SamplePool: samples of shape \(new.shape) for a pool of shape \(held.shape)")
    var (returned, filled) = (new.scalars, Int(count))
    let rowSize = returned.count / max(1, draws.count)
    held.withMutableScalars { held in
      for (index, draw) in draws.enumerated() {
        let isFilling = filled < size
        guard isFilling || draw.share > 0.5 else { continue }
        let place = isFilling ? filled : draw.place
        for offset in 0..<rowSize {
          let (old, incoming) = (held[place * rowSize + offset], returned[index * rowSize + offset])
          held[place * rowSize + offset] = incoming
          if !isFilling { returned[index * rowSize + offset] = old }
        }
        if isFilling { filled += 1 }
      }
    }
    memory[samplesName] = held
    memory[countName] = Tensor([Float(filled)])
    return Tensor(returned, shape: new.shape)
  }
}

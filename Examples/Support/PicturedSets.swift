import Latent

/// The first images of several sets that are told apart batch by batch, for a picture with the sets side by side.
public struct PicturedSets {
  /// How many of each are shown; none if there is no picture.
  public let most: Int
  private var sets: [[Tensor]] = []
  private var count = 0

  /// A picture of so many images of each set.
  public init(most: Int) { self.most = most }

  /// Takes what is shown of a batch: images at the same place of each set belong together.
  public mutating func add(_ batches: [Tensor]) {
    let added = min(batches.first?.shape[0] ?? 0, most - count)
    guard added > 0 else { return }
    count += added
    if sets.isEmpty { sets = batches.map { _ in [] } }
    for (index, images) in batches.enumerated() { sets[index].append(images[0..<added].clamped(to: 0...1)) }
  }

  /// Writes the picture.
  /// - Throws: ``FileError`` if it cannot be written.
  public func write(to path: String) throws {
    try ImageBlocks.write(sets.map { try ImageSet(Tensor.concatenated($0)) }, to: path)
  }
}

import Datasets
import LatentSystem
import Layers
import Tensor
import Training

extension TrainedModel {
  /// A table of samples with what is coarse in one and what is fine in another: a sample at the left of each row and above
  /// each column, and where they meet, the first layers' mapped latents of the one and the others' of the other.
  ///
  /// - Parameters:
  ///   - rows: the samples at the left, 1 or more.
  ///   - columns: the samples above, 1 or more.
  ///   - layer: the first layer that takes the mapped latent of the sample above; half way if nil.
  ///   - seed: decides the samples, which all have the same noise.
  /// - Returns: a picture with a row and a column more, whose first image is black.
  /// - Throws: ``CapabilityError`` if the model does not map its latents, makes no images, or has no such layer.
  ///
  /// Reference: Karras, Laine and Aila, arXiv:1812.04948, figure 3.
  public func mixtures(rows: Int, columns: Int, fineFrom layer: Int? = nil, seed: UInt64 = 0) throws -> Preview {
    require(rows >= 1 && columns >= 1, "mixtures: \(rows) rows and \(columns) columns; the least is 1 of each")
    guard let model = model as? any LatentMapping, model.sampleShape.rank == 3 else {
      throw CapabilityError("\(kind) cannot mix samples: it makes no images of mapped latents")
    }
    let layer = layer ?? model.layerCount / 2
    guard (1..<model.layerCount).contains(layer) else {
      throw CapabilityError(
        "\(kind) cannot mix samples: expected a layer from 1 to \(model.layerCount - 1), found \(layer)")
    }
    let mapped = try map(drawLatents(rows + columns, seed: seed))
    let (left, above) = (mapped[0..<rows], mapped[rows..<rows + columns])
    let pairs = (0..<rows).flatMap { row in (0..<columns).map { (row, $0) } }
    let mixed = MappedLatents.mixed(
      [left.gathered(at: pairs.map(\.0)), above.gathered(at: pairs.map(\.1))],
      crossovers: Array(repeating: [layer], count: pairs.count), layers: model.layerCount)
    let (ofRows, ofColumns) = (try decode(mapped: left), try decode(mapped: above))
    let mixtures = try decode(mapped: mixed)
    let black = Tensor.zeros(model.sampleShape.prepending(1))
    let rest = (0..<rows).flatMap { row in
      [ofRows[row..<row + 1], mixtures[row * columns..<(row + 1) * columns]]
    }
    return Preview(try ImageSet(.concatenated([black, ofColumns] + rest)), columns: columns + 1)
  }
}

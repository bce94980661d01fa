import Tensor
import Training

extension TrainedModel {
  /// One code after the other taken through its values, all else left as it is: a row of samples for each code,
  /// `[codes · columns, …]`.
  ///
  /// A categorical code has a column for each of its values; a row that has fewer than others is filled up with zeros.
  /// - Parameters:
  ///   - latent: where to start, one latent.
  ///   - range: from where to where continuous codes go.
  ///   - count: the columns of a model without categorical codes, 2 or more.
  /// - Returns: the samples, and how many there are in a row.
  /// - Throws: ``CapabilityError`` if the model's latents have no codes, or `latent` has another shape.
  public func codeTraversal(
    from latent: Tensor, in range: ClosedRange<Float> = -2...2, count: Int = 10
  ) throws -> (samples: Tensor, columns: Int) {
    guard let model = model as? any CodeRecovering else {
      throw CapabilityError("\(kind) cannot traverse codes: its latents have none")
    }
    let codes = model.codes
    guard latent.shape == [codes.size] else {
      throw CapabilityError(
        "\(kind) cannot traverse codes: expected a latent of shape [\(codes.size)], found \(latent.shape)")
    }
    let columns = codes.categories.max() ?? max(2, count)
    var rows: [[Float]?] = []
    for index in codes.categories.indices {
      for value in 0..<columns {
        guard value < codes.categories[index] else {
          rows.append(nil)
          continue
        }
        var row = latent.scalars
        for place in codes.places(ofCategorical: index) { row[codes.noiseSize + place] = 0 }
        row[codes.noiseSize + codes.places(ofCategorical: index).lowerBound + value] = 1
        rows.append(row)
      }
    }
    for place in codes.continuousPlaces {
      for value in Tensor.linearSpace(from: range.lowerBound, to: range.upperBound, count: columns).scalars {
        var row = latent.scalars
        row[codes.noiseSize + place] = value
        rows.append(row)
      }
    }
    let decoded = try decode(Tensor(rows.flatMap { $0 ?? latent.scalars }, shape: [rows.count, codes.size]))
    let isThere = Tensor(
      rows.map { $0 == nil ? 0 : 1 },
      shape: Tensor.Shape([rows.count] + Array(repeating: 1, count: decoded.rank - 1)))
    return (decoded * isThere, columns)
  }
}

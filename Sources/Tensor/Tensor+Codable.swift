extension Tensor: Codable {
  private enum CodingKeys: String, CodingKey { case shape, scalars }

  /// Reads shape and scalars; the tensor is a constant.
  /// - Throws: `DecodingError` if there are not as many scalars as the shape has.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let shape = try container.decode(Shape.self, forKey: .shape)
    let scalars = try container.decode([Float].self, forKey: .scalars)
    guard scalars.count == shape.scalarCount else {
      throw DecodingError.dataCorruptedError(
        forKey: .scalars, in: container,
        debugDescription: "\(scalars.count) scalars for shape \(shape), which has \(shape.scalarCount)")
    }
    self.init(scalars, shape: shape)
  }

  /// Writes `shape` and `scalars`, in row-major order and exactly; not what was recorded.
  ///
  /// JSON has no infinities and no NaN: set the encoder's and the decoder's strategy for them if there can be any. Large
  /// tensors are better kept in safetensors or NumPy files.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(shape, forKey: .shape)
    try container.encode(scalars, forKey: .scalars)
  }
}

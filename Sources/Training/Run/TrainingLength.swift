import LatentSystem

/// How long a training is.
public enum TrainingLength: Sendable, Hashable, CustomStringConvertible {
  /// Whole passes over the samples of the model's first stream.
  case epochs(Int)
  /// Updates of the model.
  case steps(Int)

  /// The number of steps, with so many batches a pass and a step.
  public func steps(batchesPerEpoch: Int, batchesPerStep: Int = 1) -> Int {
    switch self {
    case .steps(let count): return count
    case .epochs(let count):
      // The number may come from a file.
      let (batches, isTooLarge) = count.multipliedReportingOverflow(by: batchesPerEpoch)
      return (isTooLarge ? .max : batches) / batchesPerStep
    }
  }

  public var description: String {
    switch self {
    case .epochs(let count): counted(count, "epoch")
    case .steps(let count): counted(count, "step")
    }
  }
}

/// In JSON an object with one entry: `{"epochs":60}`.
extension TrainingLength: Codable {
  private enum CodingKeys: String, CodingKey {
    case epochs, steps
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func count(_ key: CodingKeys) throws -> Int {
      let count = try values.decode(Int.self, forKey: key)
      guard count >= 1 else {
        throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "\(count); the least is 1")
      }
      return count
    }
    self = values.contains(.epochs) ? .epochs(try count(.epochs)) : .steps(try count(.steps))
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .epochs(let count): try values.encode(count, forKey: .epochs)
    case .steps(let count): try values.encode(count, forKey: .steps)
    }
  }
}

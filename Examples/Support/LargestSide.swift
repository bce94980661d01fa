import Latent

/// How high and wide pictures may be, as an option says it.
public struct LargestSide: Sendable {
  private let option: String
  private let most: Int?
  private let isGiven: Bool

  /// What an option of this name says.
  ///
  /// - Parameters:
  ///   - most: the height or width, whichever is larger; nil for any.
  ///   - isGiven: whether that was asked for, and is not merely usual.
  public init(_ option: String, most: Int?, isGiven: Bool) {
    (self.option, self.most, self.isGiven) = (option, most, isGiven)
  }

  /// Images `[N, H, W, C]` of the same shape, but for rounding, that are as small: themselves if they are small enough.
  ///
  /// - Parameters:
  ///   - least: the height and width that they need.
  ///   - source: the option that names them, for messages.
  /// - Throws: ``UsageError`` if they are too small, which says whether they were so before.
  public func reduced(_ images: Tensor, atLeast least: Int, named source: String) throws -> Tensor {
    let reduced = most.map { images.reduced(toFit: $0) } ?? images
    func size(_ images: Tensor) -> String { "\(images.shape[1])×\(images.shape[2])" }
    func isTooSmall(_ images: Tensor) -> Bool { min(images.shape[1], images.shape[2]) < least }
    guard !isTooSmall(images) else {
      throw UsageError("--\(source): expected a picture of \(least)×\(least) pixels or more, found \(size(images))")
    }
    guard let most, isTooSmall(reduced) else { return reduced }
    throw UsageError(
      "--\(option): expected a number that leaves a picture of \(size(images)) pixels \(least)×\(least) or more, found "
        + "\(isGiven ? "" : "none, and so ")\(most), which leaves \(size(reduced))")
  }
}

extension Tensor {
  /// Images whose height and width are `most` or less, of the same shape but for rounding: themselves if they are small
  /// enough.
  func reduced(toFit most: Int) -> Tensor {
    let larger = Swift.max(shape[1], shape[2])
    guard larger > most else { return self }
    func side(_ size: Int) -> Int { Swift.max(1, (size * most + larger / 2) / larger) }
    return resized(to: Size2D(height: side(shape[1]), width: side(shape[2])), antialias: true)
  }
}

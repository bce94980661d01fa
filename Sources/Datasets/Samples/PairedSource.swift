import LatentSystem
import Tensor

/// Pairs of samples: those of one source, each with the sample at the same place of another as its condition. So a
/// picture and what it is to be made of come in one batch, and cannot be mistaken for those of others.
///
/// ```swift
/// let pairs = PairedSource(photographs, given: drawings)   // learned: a photograph of each drawing
/// ```
///
/// What either source draws anew at each use, it draws for itself: a picture that is moved leaves its partner where it is.
public struct PairedSource: SampleSource {
  /// What is to be made.
  public let source: any SampleSource
  /// What it is made of, a sample for each of ``source``.
  public let partners: any SampleSource

  /// Pairs out of two sources.
  /// - Precondition: both have as many samples.
  public init(_ source: any SampleSource, given partners: any SampleSource) {
    require(
      source.count == partners.count,
      "PairedSource: \(counted(source.count, "sample")) and \(partners.count) partners; each needs one")
    (self.source, self.partners) = (source, partners)
  }

  public var count: Int { source.count }
  public var sampleShape: Tensor.Shape { source.sampleShape }
  public var origins: [any SampleSource] { [source, partners] }
  /// Tensors of the shape of a partner.
  public var conditions: ConditionSpace { .tensor(partners.sampleShape.sizes) }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    let own = source.fingerprint(withConditions: false)
    guard withConditions else { return own }
    return [own, partners.fingerprint(withConditions: false)].withUnsafeBytes { CRC32.checksum($0) }
  }

  public func batch(at indices: [Int]) -> Batch {
    Batch(
      samples: source.batch(at: indices).samples, condition: .tensor(partners.batch(at: indices).samples),
      indices: indices)
  }

  public func batch(at indices: [Int], using generator: inout RandomGenerator) -> Batch {
    let samples = source.batch(at: indices, using: &generator).samples
    return Batch(
      samples: samples, condition: .tensor(partners.batch(at: indices, using: &generator).samples), indices: indices)
  }
}

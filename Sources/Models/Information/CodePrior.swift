import LatentSystem
import Tensor
import Training

/// Latents with codes, each part drawn by itself: noise and continuous codes uniformly in -1...1, the values of a
/// categorical code with equal probability.
///
/// Reference: Chen et al., arXiv:1606.03657, appendix C.1.
public struct CodePrior: LatentPrior {
  /// What latents are made of.
  public let codes: LatentCodes
  public var shape: Tensor.Shape { [codes.size] }

  /// The prior of latents of the given parts.
  /// - Precondition: there is noise or a code, and every categorical code has two values or more.
  public init(_ codes: LatentCodes) {
    require(
      codes.size >= 1 && codes.noiseSize >= 0 && codes.continuousCount >= 0 && codes.categories.allSatisfy { $0 >= 2 },
      "CodePrior: \(codes); a part is needed, and two values of each categorical code")
    self.codes = codes
  }

  public func draw(_ count: Int, using source: inout SampleRandom) -> Tensor {
    var parts: [Tensor] = []
    if codes.noiseSize > 0 { parts.append(source.uniform([count, codes.noiseSize], in: -1..<1)) }
    for classCount in codes.categories {
      let values = source.uniform([count, 1]).scalars.map { min(classCount - 1, Int($0 * Float(classCount))) }
      parts.append(.oneHot(values, classCount: classCount))
    }
    if codes.continuousCount > 0 { parts.append(source.uniform([count, codes.continuousCount], in: -1..<1)) }
    return .concatenated(parts, axis: 1)
  }
}

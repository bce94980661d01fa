import Testing

@testable import Tensor

#if os(macOS) || os(Linux) || os(FreeBSD) || os(OpenBSD) || os(Windows)
  /// What a programmer can get wrong with pooling, upsampling and normalization, and the message that says so.
  enum CompositionMisuse: String, CaseIterable, Codable, Sendable {
    case poolRank, poolSize, poolStride, poolPadding, poolNegativePadding, poolFit
    case upsampleRank, upsampleFactor, bilinearFactor, shuffleChannels, unshuffleSize
    case normAxis, normEpsilon, batchRank, batchCount, batchScale, batchMean, batchVariance
    case layerAxes, layerOffset, groupCount, groupScale, instanceRank, instancePositions

    /// The words of the message: the operation, the shapes and the rule.
    var message: String {
      switch self {
      case .poolRank: "averagePool2d: shape [4, 4, 1]; images have four axes, [N, H, W, C]"
      case .poolSize: "averagePool2d: the window's size is [0, 2]; the least is 1"
      case .poolStride: "maxPool2d: the stride is [0, 0]; the least is 1"
      case .poolPadding:
        "maxPool2d: the padding is [top 0, bottom 2, left 0, right 0]; each side must be at least 0 and"
      case .poolNegativePadding: "averagePool2d: the padding is [top 0, bottom 0, left -1, right 0]; each side must be"
      case .poolFit: "maxPool2d: window [5, 5] does not fit into shape [2, 4, 9, 1] with padding"
      case .upsampleRank: "upsampledNearest2d: shape [4, 4]; images have four axes, [N, H, W, C]"
      case .upsampleFactor: "upsampledNearest2d: the factor is [0, 0]; the least is 1"
      case .bilinearFactor: "upsampledBilinear2d: the factor is [2, -1]; the least is 1"
      case .shuffleChannels:
        "pixelShuffled: shape [1, 2, 2, 6] has 6 channels, no multiple of the 4 in a block of [2, 2]"
      case .unshuffleSize: "pixelUnshuffled: shape [1, 4, 3, 1] does not divide into blocks of [2, 2]"
      case .normAxis: "normalized: axis 2 is out of range for shape [2, 3] of rank 2"
      case .normEpsilon: "layerNorm: epsilon is -1.0; the least is 0"
      case .batchRank: "batchNorm: shape [3] has 1 axes; [N, …, C] with at least 2 is needed"
      case .batchCount: "batchNorm: shape [1, 3] has one value for each channel; training needs two or more"
      case .batchScale: "batchNorm: the scale has shape [2], input [2, 3] expects [3]"
      case .batchMean: "batchNorm: the mean has shape [1, 3], input [2, 3] expects [3]"
      case .batchVariance: "batchNorm: the variance has shape [], input [2, 3] expects [3]"
      case .layerAxes: "layerNorm: 3 axes of shape [2, 3]; at least 1 and at most 2 can be normalized"
      case .layerOffset: "layerNorm: the offset has shape [3], input [4, 2, 3] expects [2, 3]"
      case .groupCount:
        "groupNorm: shape [2, 4, 4, 6] has 6 channels, which do not form 4 groups of equal size"
      case .groupScale: "groupNorm: the scale has shape [2], input [2, 4, 4, 6] expects [6]"
      case .instanceRank: "instanceNorm: shape [2, 3] has 2 axes; [N, …, C] with at least 3 is needed"
      case .instancePositions: "instanceNorm: shape [2, 1, 1, 3] has 1 positions for each channel; the least is 2"
      }
    }

    func commit() {
      let (matrix, images) = (Tensor.ones([2, 3]), Tensor.ones([2, 4, 4, 6]))
      switch self {
      case .poolRank: _ = Tensor.zeros([4, 4, 1]).averagePool2d(2)
      case .poolSize: _ = images.averagePool2d(.init(height: 0, width: 2))
      case .poolStride: _ = images.maxPool2d(2, stride: 0)
      case .poolPadding: _ = images.maxPool2d(2, padding: .init(bottom: 2))
      case .poolNegativePadding: _ = images.averagePool2d(2, padding: .init(left: -1))
      case .poolFit: _ = Tensor.zeros([2, 4, 9, 1]).maxPool2d(5)
      case .upsampleRank: _ = Tensor.zeros([4, 4]).upsampledNearest2d(factor: 2)
      case .upsampleFactor: _ = images.upsampledNearest2d(factor: 0)
      case .bilinearFactor: _ = images.upsampledBilinear2d(factor: .init(height: 2, width: -1))
      case .shuffleChannels: _ = Tensor.zeros([1, 2, 2, 6]).pixelShuffled(factor: 2)
      case .unshuffleSize: _ = Tensor.zeros([1, 4, 3, 1]).pixelUnshuffled(factor: 2)
      case .normAxis: _ = matrix.normalized(axes: [2])
      case .normEpsilon: _ = matrix.layerNorm(epsilon: -1)
      case .batchRank: _ = Tensor.ones([3]).batchNorm()
      case .batchCount: _ = Tensor.ones([1, 3]).batchNorm()
      case .batchScale: _ = matrix.batchNorm(scale: .ones([2]))
      case .batchMean: _ = matrix.batchNorm(mean: .ones([1, 3]), variance: .ones([3]))
      case .batchVariance: _ = matrix.batchNorm(mean: .ones([3]), variance: .ones([]))
      case .layerAxes: _ = matrix.layerNorm(axisCount: 3)
      case .layerOffset: _ = Tensor.ones([4, 2, 3]).layerNorm(axisCount: 2, offset: .ones([3]))
      case .groupCount: _ = images.groupNorm(groups: 4)
      case .groupScale: _ = images.groupNorm(groups: 2, scale: .ones([2]))
      case .instanceRank: _ = matrix.instanceNorm()
      case .instancePositions: _ = Tensor.ones([2, 1, 1, 3]).instanceNorm()
      }
    }
  }

  @Suite struct CompositionMisuseTests {
    @Test("Misuse stops with a message", arguments: CompositionMisuse.allCases)
    func stops(_ misuse: CompositionMisuse) async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        [misuse = misuse as CompositionMisuse] in
        misuse.commit()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains(misuse.message), "\(text)")
    }
  }
#endif

import Testing

@testable import Tensor

#if os(macOS) || os(Linux) || os(FreeBSD) || os(OpenBSD) || os(Windows)
  /// What a programmer can get wrong with sequences, images and volumes, and the message that says so.
  enum SpatialMisuse: String, CaseIterable, Codable, Sendable {
    case groups, noGroups, groupChannels, groupOutputs
    case sequenceRank, sequenceStride, sequencePadding, sequenceFit
    case volumeRank, volumePadding, volumeOutputPadding, volumeNothingLeft
    case sequencePoolRank, volumePoolPadding, sequencePoolFit, adaptiveRank, adaptiveSize
    case padCount, padReflect, padEmpty, padRank
    case resizeRank, resizeSize, resizeAntialias
    case gridShape, gridCount, gridPixels
    case preluSlope, rmsAxes, rmsScale, rmsEpsilon

    /// The words of the message: the operation, the shapes and the rule.
    var message: String {
      switch self {
      case .groups:
        "conv2d: 3 groups; weight [4, 3, 3, 2] has 4 channels out, which do not form as many groups of equal"
      case .noGroups: "conv2d: 0 groups; weight [4, 3, 3, 2] has 4 channels out"
      case .groupChannels:
        "conv2d: input [1, 8, 8, 6] has 6 channels, weight [4, 3, 3, 2] expects 2 in each of 2 groups"
      case .groupOutputs: "convTranspose2d: 2 groups; weight [3, 3, 3, 2] has 3 channels out"
      case .sequenceRank: "conv1d: input [8, 1] and weight [2, 3, 1]; both need three axes, [N, L, C] and"
      case .sequenceStride: "conv1d: the stride is [0]; the least is 1"
      case .sequencePadding: "conv1d: the padding is [before -1, after 0]; none may be negative"
      case .sequenceFit:
        "conv1d: weight [2, 5, 1] with dilation [2] does not fit into input [1, 8, 1] with padding [before 0, after 0]"
      case .volumeRank: "conv3d: input [1, 8, 8, 1] and weight [2, 3, 3, 3, 1]; both need five axes, [N, D, H, W, C]"
      case .volumePadding:
        "conv3d: the padding is [front 0, back 0, top 0, bottom -2, left 0, right 0]; none may be negative"
      case .volumeOutputPadding:
        "convTranspose3d: outputPadding [2, 2, 2] must be at least 0 and less than stride [2, 2, 2] or dilation [1, 1, 1]"
      case .volumeNothingLeft: "convTranspose3d: input [1, 1, 1, 1, 2] and weight [3, 2, 2, 2, 2] with padding [front 1"
      case .sequencePoolRank: "maxPool1d: shape [4, 4]; sequences have three axes, [N, L, C]"
      case .volumePoolPadding:
        "maxPool3d: the padding is [front 2, back 0, top 0, bottom 0, left 0, right 0]; each side must be at least 0 and less than the window [2, 2, 2]"
      case .sequencePoolFit:
        "averagePool1d: window 5 does not fit into shape [1, 4, 2] with padding [before 0, after 0]"
      case .adaptiveRank: "adaptiveAveragePool2d: shape [4, 4, 1]; images [N, H, W, C] are needed"
      case .adaptiveSize: "adaptiveAveragePool1d: shape [1, 4, 2] to size [0]; the least size along an axis is 1"
      case .padCount: "padded: [1] and [1] are not one count of 0 or more for each axis of shape [2, 3]"
      case .padReflect: "padded: axis 1 of shape [2, 1] has size 1; the least is 2 for padding reflect"
      case .padEmpty: "padded: axis 1 of shape [2, 0] has size 0; the least is 1 for padding edge"
      case .padRank:
        "padded: shape [3, 3, 1] with padding [top 1, bottom 1, left 1, right 1]; 4 axes are needed, batch first and"
      case .resizeRank: "resized: shape [4, 4, 1]; images have four axes, [N, H, W, C]"
      case .resizeSize: "resized: shape [1, 4, 4, 1] to size [0, 3]; the least height and width is 1"
      case .resizeAntialias: "resized: the nearest pixels cannot be antialiased"
      case .gridShape:
        "gridSampled: images [2, 4, 4, 3] and grid [2, 5, 5, 3]; [N, H, W, C] and [N, H', W', 2] are needed"
      case .gridCount: "gridSampled: images [2, 4, 4, 3] and grid [1, 5, 5, 2]; [N, H, W, C] and [N, H', W', 2]"
      case .gridPixels: "gridSampled: images [2, 0, 4, 3] have no pixel to sample"
      case .preluSlope: "prelu: the slope has shape [2], input [4, 3] expects [1] or one for each channel"
      case .rmsAxes: "rmsNorm: 3 axes of shape [4, 3]; at least 1 and at most 2 can be normalized"
      case .rmsScale: "rmsNorm: the scale has shape [4], input [4, 3] expects [3]"
      case .rmsEpsilon: "rmsNorm: epsilon is -1.0; the least is 0"
      }
    }

    func commit() {
      switch self {
      case .groups, .noGroups, .groupChannels, .groupOutputs: commitGroups()
      case .sequenceRank, .sequenceStride, .sequencePadding, .sequenceFit, .volumeRank, .volumePadding,
        .volumeOutputPadding, .volumeNothingLeft:
        commitConvolution()
      case .sequencePoolRank, .volumePoolPadding, .sequencePoolFit, .adaptiveRank, .adaptiveSize: commitPooling()
      default: commitMap()
      }
    }

    private func commitGroups() {
      let images = Tensor.zeros([1, 8, 8, 6])
      switch self {
      case .groups: _ = images.conv2d(.zeros([4, 3, 3, 2]), groups: 3)
      case .noGroups: _ = images.conv2d(.zeros([4, 3, 3, 2]), groups: 0)
      case .groupChannels: _ = images.conv2d(.zeros([4, 3, 3, 2]), groups: 2)
      default: _ = images.convTranspose2d(.zeros([3, 3, 3, 2]), groups: 2)
      }
    }

    private func commitConvolution() {
      let (sequence, volume) = (Tensor.zeros([1, 8, 1]), Tensor.zeros([1, 4, 4, 4, 1]))
      let weight = Tensor.zeros([2, 3, 3, 3, 1])
      switch self {
      case .sequenceRank: _ = Tensor.zeros([8, 1]).conv1d(.zeros([2, 3, 1]))
      case .sequenceStride: _ = sequence.conv1d(.zeros([2, 3, 1]), stride: 0)
      case .sequencePadding: _ = sequence.conv1d(.zeros([2, 3, 1]), padding: .init(before: -1))
      case .sequenceFit: _ = sequence.conv1d(.zeros([2, 5, 1]), dilation: 2)
      case .volumeRank: _ = Tensor.zeros([1, 8, 8, 1]).conv3d(weight)
      case .volumePadding: _ = volume.conv3d(weight, padding: .init(bottom: -2))
      case .volumeOutputPadding: _ = volume.convTranspose3d(weight, stride: 2, outputPadding: 2)
      default: _ = Tensor.zeros([1, 1, 1, 1, 2]).convTranspose3d(.zeros([3, 2, 2, 2, 2]), padding: 1)
      }
    }

    private func commitPooling() {
      switch self {
      case .sequencePoolRank: _ = Tensor.zeros([4, 4]).maxPool1d(2)
      case .volumePoolPadding: _ = Tensor.zeros([1, 4, 4, 4, 1]).maxPool3d(2, padding: .init(front: 2))
      case .sequencePoolFit: _ = Tensor.zeros([1, 4, 2]).averagePool1d(5)
      case .adaptiveRank: _ = Tensor.zeros([4, 4, 1]).adaptiveAveragePool2d(to: 2)
      default: _ = Tensor.zeros([1, 4, 2]).adaptiveAveragePool1d(to: 0)
      }
    }

    private func commitMap() {
      let (images, matrix) = (Tensor.zeros([2, 4, 4, 3]), Tensor.zeros([4, 3]))
      switch self {
      case .padCount: _ = Tensor.zeros([2, 3]).padded(before: [1], after: [1], mode: .wrap)
      case .padReflect: _ = Tensor.zeros([2, 1]).padded(before: [0, 1], after: [0, 0], mode: .reflect)
      case .padEmpty: _ = Tensor.zeros([2, 0]).padded(before: [0, 0], after: [0, 1], mode: .edge)
      case .padRank: _ = Tensor.zeros([3, 3, 1]).padded2d(1, mode: .edge)
      case .resizeRank: _ = Tensor.zeros([4, 4, 1]).resized(to: 2)
      case .resizeSize: _ = Tensor.zeros([1, 4, 4, 1]).resized(to: .init(height: 0, width: 3))
      case .resizeAntialias: _ = images.resized(to: 2, method: .nearest, antialias: true)
      case .gridShape: _ = images.gridSampled(at: .zeros([2, 5, 5, 3]))
      case .gridCount: _ = images.gridSampled(at: .zeros([1, 5, 5, 2]))
      case .gridPixels: _ = Tensor.zeros([2, 0, 4, 3]).gridSampled(at: .zeros([2, 5, 5, 2]))
      case .preluSlope: _ = matrix.prelu(slope: .zeros([2]))
      case .rmsAxes: _ = matrix.rmsNorm(axisCount: 3)
      case .rmsScale: _ = matrix.rmsNorm(scale: .ones([4]))
      default: _ = matrix.rmsNorm(epsilon: -1)
      }
    }
  }

  @Suite struct SpatialMisuseTests {
    @Test("Misuse stops with a message", arguments: SpatialMisuse.allCases)
    func stops(_ misuse: SpatialMisuse) async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        [misuse = misuse as SpatialMisuse] in
        misuse.commit()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains(misuse.message), "\(text)")
    }
  }
#endif

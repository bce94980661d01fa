import Testing

@testable import Tensor

#if os(macOS) || os(Linux) || os(FreeBSD) || os(OpenBSD) || os(Windows)
  /// What a programmer can get wrong with convolutions, and the message that says so.
  enum ConvolutionMisuse: String, CaseIterable, Codable, Sendable {
    case channels, rank, stride, dilation, padding, kernel, emptyKernel
    case transposedChannels, transposedRank, outputPadding, negativeOutputPadding, nothingLeft

    /// The words of the message: the operation, the shapes and the rule.
    var message: String {
      switch self {
      case .channels: "conv2d: input [128, 28, 28, 3] has 3 channels, weight [64, 4, 4, 1] expects 1"
      case .rank: "conv2d: input [28, 28, 1] and weight [64, 4, 4, 1]; both need four axes"
      case .stride: "conv2d: the stride is [2, 0]; the least is 1"
      case .dilation: "conv2d: the dilation is [0, 0]; the least is 1"
      case .padding: "conv2d: the padding is [top 0, bottom 0, left -1, right 0]; none may be negative"
      case .kernel: "conv2d: weight [1, 5, 5, 1] with dilation [1, 1] does not fit into input [2, 4, 9, 1] with padding"
      case .emptyKernel: "conv2d: the kernel's size is [0, 3]; the least is 1"
      case .transposedChannels: "convTranspose2d: input [1, 7, 7, 4] has 4 channels, weight [4, 4, 4, 8] expects 8"
      case .transposedRank: "convTranspose2d: input [1, 7, 7, 4] and weight [4, 4]; both need four axes"
      case .outputPadding: "convTranspose2d: outputPadding [2, 2] must be at least 0 and less than stride [2, 2]"
      case .negativeOutputPadding: "convTranspose2d: outputPadding [-1, 0] must be at least 0"
      case .nothingLeft: "convTranspose2d: input [1, 1, 1, 8] and weight [4, 2, 2, 8] with padding"
      }
    }

    func commit() {
      switch self {
      case .channels: _ = Tensor.zeros([128, 28, 28, 3]).conv2d(.zeros([64, 4, 4, 1]))
      case .rank: _ = Tensor.zeros([28, 28, 1]).conv2d(.zeros([64, 4, 4, 1]))
      case .stride: _ = Tensor.zeros([1, 9, 9, 1]).conv2d(.zeros([1, 2, 2, 1]), stride: .init(height: 2, width: 0))
      case .dilation: _ = Tensor.zeros([1, 9, 9, 1]).conv2d(.zeros([1, 2, 2, 1]), dilation: 0)
      case .padding: _ = Tensor.zeros([1, 9, 9, 1]).conv2d(.zeros([1, 2, 2, 1]), padding: .init(left: -1))
      case .kernel: _ = Tensor.zeros([2, 4, 9, 1]).conv2d(.zeros([1, 5, 5, 1]))
      case .emptyKernel: _ = Tensor.zeros([2, 4, 9, 1]).conv2d(.zeros([1, 0, 3, 1]))
      case .transposedChannels: _ = Tensor.zeros([1, 7, 7, 4]).convTranspose2d(.zeros([4, 4, 4, 8]))
      case .transposedRank: _ = Tensor.zeros([1, 7, 7, 4]).convTranspose2d(.zeros([4, 4]))
      case .outputPadding:
        _ = Tensor.zeros([1, 7, 7, 8]).convTranspose2d(.zeros([4, 4, 4, 8]), stride: 2, outputPadding: 2)
      case .negativeOutputPadding:
        _ = Tensor.zeros([1, 7, 7, 8]).convTranspose2d(
          .zeros([4, 4, 4, 8]), stride: 2, outputPadding: .init(height: -1, width: 0))
      case .nothingLeft: _ = Tensor.zeros([1, 1, 1, 8]).convTranspose2d(.zeros([4, 2, 2, 8]), padding: 1)
      }
    }
  }

  @Suite struct ConvolutionMisuseTests {
    @Test("Misuse stops with a message", arguments: ConvolutionMisuse.allCases)
    func stops(_ misuse: ConvolutionMisuse) async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        [misuse = misuse as ConvolutionMisuse] in
        misuse.commit()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains(misuse.message), "\(text)")
    }
  }
#endif

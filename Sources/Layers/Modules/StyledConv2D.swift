import Tensor

/// A modulated convolution with all that belongs to it: the style out of a latent, noise, bias and a leaky rectifier,
/// times √2, which keeps a mean square of 1.
public final class StyledConv2D: Module {
  /// Latents to styles, which start at 1.
  public let affine: EqualizedDense
  /// The convolution.
  public let convolution: ModulatedConv2D
  /// The noise.
  public let noise = NoiseInjection()
  /// `[out]`.
  public let bias: Parameter

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - latentSize: of the latents that styles are made of.
  ///   - kernelSize: height and width of the kernel, odd.
  ///   - transforms: what the weight goes through before it is used.
  public init(
    from inputChannels: Int, to outputChannels: Int, latentSize: Int, kernelSize: Int = 3,
    transforms: [WeightTransform] = [.equalizedRate()]
  ) {
    affine = EqualizedDense(from: latentSize, to: inputChannels, firstBias: 1)
    convolution = ModulatedConv2D(
      from: inputChannels, to: outputChannels, kernelSize: kernelSize, gain: Self.gain, transforms: transforms)
    bias = Parameter([outputChannels], .zeros)
  }

  /// - Parameters:
  ///   - input: `[N, H, W, in]`.
  ///   - latents: `[N, latentSize]`.
  ///   - noise: `[N, H, W, 1]`; drawn from the context if nil.
  /// - Returns: `[N, H, W, out]`.
  public func callAsFunction(
    _ input: Tensor, latents: Tensor, noise: Tensor? = nil, in context: Context
  ) -> Tensor {
    // The factor √2 passes through the rectifier: what goes into it is multiplied, where that costs next to nothing.
    let output = convolution(input, styles: affine(latents, in: context), in: context)
    let noise = noise ?? context.normal([output.shape[0], output.shape[1], output.shape[2], 1])
    let noisy = self.noise(output, noise: noise * Self.gain, in: context)
    return (noisy + context[bias] * Self.gain).leakyReLU(slope: 0.2)
  }

  private static let gain = Float(2).squareRoot()
}

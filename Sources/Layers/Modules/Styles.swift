import LatentSystem
import Tensor

// The parts of a generator that is steered by styles.
//
// Reference: Karras, Laine and Aila, "A style-based generator architecture for generative adversarial networks",
// arXiv:1812.04948; Karras et al., "Analyzing and improving the image quality of StyleGAN", arXiv:1912.04958.

extension Tensor {
  /// Divided by the root of the mean of the squares along the last axis, plus `epsilon`.
  ///
  /// Reference: Karras et al., "Progressive growing of GANs", arXiv:1710.10196, section 4.2.
  public func pixelNormalized(epsilon: Float = 1e-8) -> Tensor {
    require(rank >= 1, "pixelNormalized: a scalar has no last axis")
    return self * (square().mean(axes: [-1], keepingDimensions: true) + epsilon).reciprocalSquareRoot()
  }
}

extension Layer where Self == Activation {
  /// Each vector along the last axis scaled to a mean square of 1; see ``Tensor/pixelNormalized(epsilon:)``.
  public static func pixelNorm(epsilon: Float = 1e-8) -> Activation {
    Activation("pixelNorm") { $0.pixelNormalized(epsilon: epsilon) }
  }
}

extension WeightTransform {
  /// Scales a weight by `multiplier / √fanIn`, so that weights that start as standard normal numbers are all moved at
  /// the same rate by an optimizer that scales its steps, as Adam does.
  ///
  /// Reference: Karras et al., "Progressive growing of GANs", arXiv:1710.10196, section 4.1.
  public static func equalizedRate(multiplier: Float = 1) -> WeightTransform {
    WeightTransform { shape, outputAxis in
      let fanIn = Float(shape.scalarCount / max(1, shape[outputAxis]))
      return ScaledWeight(by: multiplier / fanIn.squareRoot())
    }
  }
}

/// Scales a weight by a constant.
final class ScaledWeight: WeightTransforming {
  private let factor: Float

  init(by factor: Float) { self.factor = factor }

  func callAsFunction(_ weight: Tensor, in context: Context) -> Tensor { weight * factor }
}

/// A fully connected layer with an equalized rate: `input · (weight · m / √in) + bias · m` with a multiplier m.
public final class EqualizedDense: Layer {
  /// `[in, out]`; starts as normal numbers with a deviation of 1 over the multiplier.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter
  /// By how much the rate of this layer differs from that of others.
  public let multiplier: Float

  /// - Parameters:
  ///   - inputSize: the number of features in.
  ///   - outputSize: the number of features out.
  ///   - multiplier: by how much the rate of this layer differs from that of others, above 0.
  ///   - firstBias: what the bias is at the start.
  public init(from inputSize: Int, to outputSize: Int, multiplier: Float = 1, firstBias: Float = 0) {
    require(
      inputSize > 0 && outputSize > 0, "EqualizedDense: from \(inputSize) to \(outputSize); both must be positive")
    require(multiplier > 0, "EqualizedDense: a multiplier of \(multiplier); it must be above 0")
    weight = Parameter([inputSize, outputSize], .normal(standardDeviation: 1 / multiplier))
    bias = Parameter(
      [outputSize], firstBias == 0 ? .zeros : .normal(mean: firstBias / multiplier, standardDeviation: 0))
    self.multiplier = multiplier
  }

  /// `[…, in]` → `[…, out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    require(
      input.rank >= 2 && input.shape[-1] == weight.shape[0],
      "EqualizedDense: the input has shape \(input.shape), the weight \(weight.shape); the last axis must be the weight's first"
    )
    let factor = multiplier / Float(weight.shape[0]).squareRoot()
    return input.matmul(context[weight] * factor) + context[bias] * multiplier
  }
}

/// A convolution whose weight each sample scales by a style of its own, channel by channel of the input.
///
/// No sample has a convolution to itself: scaling the input by the style, and with demodulation the output by
/// `d_o = (Σ_i s_i² Σ w²_{o,i} + ε)^-½`, comes to the same. Demodulation makes outputs of deviation 1 from inputs of
/// deviation 1.
///
/// Reference: Karras et al., arXiv:1912.04958, section 2.2.
public final class ModulatedConv2D: Module {
  /// `[out, kernelHeight, kernelWidth, in]`.
  public let weight: Parameter
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// Whether outputs are scaled to a deviation of 1.
  public let isDemodulated: Bool
  private let padding: Tensor.Padding2D
  private static let epsilon: Float = 1e-8

  /// - Parameters:
  ///   - inputChannels: the number of channels in, and of scalars in a style.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: height and width of the kernel, odd: images keep their size.
  ///   - isDemodulated: whether outputs are scaled to a deviation of 1.
  ///   - initializer: of the weight.
  ///   - transforms: what the weight goes through before it is used.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, isDemodulated: Bool = true,
    initializer: Initializer = .normal(standardDeviation: 1), transforms: [WeightTransform] = [.equalizedRate()]
  ) {
    require(
      inputChannels > 0 && outputChannels > 0 && kernelSize % 2 == 1,
      "ModulatedConv2D: from \(inputChannels) to \(outputChannels) channels with a kernel of \(kernelSize); an odd one is needed"
    )
    let shape: Tensor.Shape = [outputChannels, kernelSize, kernelSize, inputChannels]
    weight = Parameter(
      shape, initializer,
      fan: Fan(in: inputChannels * kernelSize * kernelSize, out: outputChannels * kernelSize * kernelSize))
    self.transforms = transforms.map { $0.module(for: shape, outputAxis: 0) }
    self.isDemodulated = isDemodulated
    padding = Tensor.Padding2D(kernelSize / 2)
  }

  /// - Parameters:
  ///   - input: `[N, H, W, in]`.
  ///   - styles: `[N, in]`.
  /// - Returns: `[N, H, W, out]`.
  public func callAsFunction(_ input: Tensor, styles: Tensor, in context: Context) -> Tensor {
    let channels = weight.shape[3]
    require(
      input.rank == 4 && input.shape[3] == channels && styles.shape == [input.shape[0], channels],
      "ModulatedConv2D: an input of shape \(input.shape), styles of \(styles.shape); [N, H, W, \(channels)] and [N, \(channels)] are needed"
    )
    let weight = context[weight, through: transforms]
    let count = input.shape[0]
    let output = (input * styles.reshaped(to: [count, 1, 1, channels])).conv2d(weight, padding: padding)
    guard isDemodulated else { return output }
    let squares = styles.square().matmul(weight.square().sum(axes: [1, 2]), transposingOther: true)
    return output * (squares + Self.epsilon).reciprocalSquareRoot().reshaped(to: [count, 1, 1, weight.shape[0]])
  }
}

/// Adds one picture of noise, the same to all channels, times a strength that is learned and starts at 0.
///
/// Reference: Karras, Laine and Aila, arXiv:1812.04948, section 2.
public final class NoiseInjection: Layer {
  /// `[]`.
  public let strength = Parameter([], .zeros)

  /// A layer that starts without noise.
  public init() {}

  /// `[N, H, W, C]` → `[N, H, W, C]`, with noise that each sample draws from the context.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireImages(input)
    return callAsFunction(
      input, noise: context.normal([input.shape[0], input.shape[1], input.shape[2], 1]), in: context)
  }

  /// - Parameter noise: `[N, H, W, 1]`.
  public func callAsFunction(_ input: Tensor, noise: Tensor, in context: Context) -> Tensor {
    requireImages(input)
    require(
      noise.shape == [input.shape[0], input.shape[1], input.shape[2], 1],
      "NoiseInjection: an input of shape \(input.shape), noise of \(noise.shape); one channel of the same size is needed"
    )
    return input + noise * context[strength]
  }

  private func requireImages(_ input: Tensor) {
    require(input.rank == 4, "NoiseInjection: the input has shape \(input.shape); [N, H, W, C] is needed")
  }
}

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
      from: inputChannels, to: outputChannels, kernelSize: kernelSize, transforms: transforms)
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
    let output = convolution(input, styles: affine(latents, in: context), in: context)
    let noisy = noise.map { self.noise(output, noise: $0, in: context) } ?? self.noise(output, in: context)
    return (noisy + context[bias]).leakyReLU(slope: 0.2) * Float(2).squareRoot()
  }
}

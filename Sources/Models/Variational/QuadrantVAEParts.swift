import Datasets
import LatentSystem
import Layers
import Tensor
import Training

extension QuadrantVAE {
  /// The sizes and choices of a ``QuadrantVAE``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image in pixels, even.
    public var height = 28
    /// The width of an image in pixels, even.
    public var width = 28
    /// 1 for grey images, 3 for colour, or any other number.
    public var channels = 1
    /// How many quadrants are given, 1 to 3: the lower left one, the upper left one, the lower right one.
    public var givenQuadrants: Int
    /// The number of latent variables.
    public var latentSize = 200
    /// The width of the hidden layers of all networks.
    public var hiddenSize = 1000
    /// The number of hidden layers of each network.
    public var hiddenLayerCount = 2
    /// Whether grey pixels are learned as they are or drawn as black or white.
    public var binarization = Binarization.none
    /// The weight of the KL divergence in the loss.
    public var beta: Float = 1
    /// Over how many steps it grows evenly from 0; 0 for none.
    public var betaWarmup = 0
    /// How many latents a bound in the loss is made of.
    public var importanceSamples = 1

    /// The networks of Sohn et al. for so many given quadrants.
    public init(givenQuadrants: Int) { self.givenQuadrants = givenQuadrants }

    var pixelCount: Int { height * width * channels }

    /// Layers of the same kind as those of a ``VAE``.
    var blocks: VAE.Configuration {
      VAE.Configuration(
        height: height, width: width, channels: channels, latentSize: latentSize, hiddenSize: hiddenSize,
        hiddenLayerCount: hiddenLayerCount)
    }

    func objective(at step: Int) -> VariationalObjective {
      var common = blocks
      (common.beta, common.betaWarmup, common.importanceSamples) = (beta, betaWarmup, importanceSamples)
      return common.objective(at: step)
    }

    func validate() throws {
      guard (1...3).contains(givenQuadrants) else {
        throw ConfigurationError("quadrant-vae: givenQuadrants is \(givenQuadrants), expected 1 to 3")
      }
      guard height > 0, width > 0, height % 2 == 0, width % 2 == 0 else {
        throw ConfigurationError(
          "quadrant-vae: an image of \(height)×\(width); for quadrants height and width must be even: pad or scale the "
            + "images")
      }
      var common = blocks
      (common.beta, common.betaWarmup, common.importanceSamples) = (beta, betaWarmup, importanceSamples)
      try common.validate(as: QuadrantVAE.kind)
      guard pixelCount <= 1 << 24 else {
        throw ConfigurationError("quadrant-vae: an image of \(height)×\(width)×\(channels) numbers is too large")
      }
    }

    /// 1 where a pixel is given, `[1, pixels]`.
    var mask: Tensor {
      let places = [(1, 0), (0, 0), (1, 1)].prefix(givenQuadrants)
      var quadrants = Tensor.zeros([2, 1, 2, 1])
      for (row, column) in places { quadrants[scalarAt: row, 0, column, 0] = 1 }
      return quadrants.broadcast(to: [2, height / 2, 2, width / 2 * channels]).reshaped(to: [1, pixelCount])
    }
  }
}

extension QuadrantVAE.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

/// A prior that depends on what is given of each image.
final class GivenPixelsPrior: LatentPriorModel {
  let network: GaussianEncoder

  init(_ network: GaussianEncoder) { self.network = network }

  func distribution(_ count: Int, given condition: Condition, in context: Context) -> any LatentDistribution {
    let seen = requireSome(condition.tensor, "QuadrantVAE: a prior without given pixels")
    return network.distribution(of: seen, in: context)
  }
}

/// A decoder that sees what is given of each image beside the latents.
final class GivenPixelsDecoder: LatentDecoder {
  let layer: Sequential

  init(_ layer: Sequential) { self.layer = layer }

  func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    let seen = requireSome(condition.tensor, "QuadrantVAE: a decoder without given pixels")
    return layer(.concatenated([latents, seen], axis: 1), in: context)
  }
}

/// Bernoulli distributions of the pixels that are not given; the others are certain.
struct MissingPixels: ObservationModel {
  /// `[1, pixels]`.
  let given: Tensor
  var parametersPerScalar: Int { 1 }
  var boundKind: LikelihoodKind { .crossEntropyBound }

  func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    let logits = output.flattened()
    return ((logits.softplus() - samples.flattened() * logits) * (1 - given)).summedPerSample()
  }

  func mean(given output: Tensor) -> Tensor { output.flattened().sigmoid() }
}

import LatentSystem
import Tensor

/// What every convolution layer has, checked and made in one place.
struct ConvolutionParts {
  let weight: Parameter
  let bias: Parameter?
  let transforms: [any WeightTransforming]

  /// - Parameters:
  ///   - layer: the layer's name, for messages.
  ///   - kernel: the size of the kernel along each axis.
  ///   - isTransposed: whether the fans are those of the convolution that the layer transposes.
  init(
    _ layer: StaticString, from inputChannels: Int, to outputChannels: Int, kernel: [Int], groups: Int,
    hasBias: Bool, _ initializer: Initializer, _ biasInitializer: Initializer, _ transforms: [WeightTransform],
    isTransposed: Bool = false
  ) {
    require(
      inputChannels > 0 && outputChannels > 0,
      "\(layer): from \(inputChannels) to \(outputChannels) channels; both must be positive")
    require(kernel.allSatisfy { $0 > 0 }, "\(layer): the kernel's size is \(kernel); the least is 1")
    require(
      groups > 0 && inputChannels % groups == 0 && outputChannels % groups == 0,
      "\(layer): from \(inputChannels) to \(outputChannels) channels in \(groups) groups; groups must divide both")
    let area = kernel.reduce(1, *)
    let (fanIn, fanOut) = (inputChannels / groups * area, outputChannels / groups * area)
    let fan = isTransposed ? Fan(in: fanOut, out: fanIn) : Fan(in: fanIn, out: fanOut)
    let shape = Tensor.Shape([outputChannels] + kernel + [inputChannels / groups])
    weight = Parameter(shape, initializer, fan: fan)
    bias = hasBias ? Parameter([outputChannels], biasInitializer, fan: fan) : nil
    self.transforms = transforms.map { $0.module(for: shape, outputAxis: 0) }
  }
}

extension Context {
  /// `output` with the numbers of a layer's bias added, if it has one.
  func adding(_ bias: Parameter?, to output: Tensor) -> Tensor { bias.map { output + self[$0] } ?? output }
}

/// Stops the program if `input` does not fit a convolution with `weight`, `[out, …, in / groups]`.
func requireInput(_ layer: StaticString, _ input: Tensor, _ weight: Parameter, groups: Int) {
  let (rank, channels) = (weight.shape.rank, weight.shape[-1] * groups)
  let kinds = [3: "sequences [N, L, ", 4: "images [N, H, W, ", 5: "volumes [N, D, H, W, "]
  require(
    input.rank == rank && input.shape[-1] == channels,
    "\(layer): the input has shape \(input.shape), the weight \(weight.shape); \(kinds[rank] ?? "[")\(channels)] are needed"
  )
}

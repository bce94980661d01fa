@testable import Tensor

/// The three maps as seven loops in `Double`: what the kernels are compared with.
struct ConvolutionReference {
  let maps: ConvolutionMaps

  /// Calls `body` with the places in `x`, `y` and `w` of every product that the maps consist of.
  func forEachProduct(_ body: (_ x: Int, _ y: Int, _ w: Int) -> Void) {
    let (geometry, input, output) = (maps.geometry, maps.inputSize, maps.outputSize)
    let (inputs, outputs, kernel) = (maps.inputChannels, maps.outputChannels, maps.geometry.kernel)
    for n in 0..<maps.count {
      for i in 0..<output.height {
        for j in 0..<output.width {
          for a in 0..<kernel.height {
            for b in 0..<kernel.width {
              let row = i * geometry.stride.height - geometry.padding.top + a * geometry.dilation.height
              let column = j * geometry.stride.width - geometry.padding.left + b * geometry.dilation.width
              guard row >= 0 && row < input.height && column >= 0 && column < input.width else { continue }
              for o in 0..<outputs {
                for c in maps.isDepthwise ? o..<o + 1 : 0..<inputs {
                  let (first, last) =
                    maps.isDepthwise ? (c, 0) : maps.weightOrder == .outputFirst ? (o, c) : (c, o)
                  let lastCount = maps.isDepthwise ? 1 : maps.weightOrder == .outputFirst ? inputs : outputs
                  body(
                    ((n * input.height + row) * input.width + column) * inputs + c,
                    ((n * output.height + i) * output.width + j) * outputs + o,
                    ((first * kernel.height + a) * kernel.width + b) * lastCount + last)
                }
              }
            }
          }
        }
      }
    }
  }

  func forward(_ x: [Float], _ w: [Float]) -> [Double] {
    var result = [Double](repeating: 0, count: maps.yShape.scalarCount)
    forEachProduct { result[$1] += Double(x[$0]) * Double(w[$2]) }
    return result
  }

  func inputGradient(_ y: [Float], _ w: [Float]) -> [Double] {
    var result = [Double](repeating: 0, count: maps.xShape.scalarCount)
    forEachProduct { result[$0] += Double(y[$1]) * Double(w[$2]) }
    return result
  }

  func filterGradient(_ x: [Float], _ y: [Float]) -> [Double] {
    var result = [Double](repeating: 0, count: maps.wShape.scalarCount)
    forEachProduct { result[$2] += Double(x[$0]) * Double(y[$1]) }
    return result
  }
}

extension ConvolutionMaps {
  /// The maps of a convolution of square things.
  init(
    count: Int, size: Int, inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    dilation: Int = 1, order: WeightOrder = .outputFirst
  ) {
    self.init(
      count: count, size: Tensor.Size2D(size), inputs: inputs, outputs: outputs,
      Tensor.ConvolutionGeometry(
        kernel: Tensor.Size2D(kernel), stride: Tensor.Size2D(stride), padding: Tensor.Padding2D(padding),
        dilation: Tensor.Size2D(dilation)), order: order)
  }

  init(
    count: Int, size: Tensor.Size2D, inputs: Int, outputs: Int, _ geometry: Tensor.ConvolutionGeometry,
    order: WeightOrder = .outputFirst
  ) {
    self.init(
      geometry: geometry, count: count, inputSize: size, inputChannels: inputs,
      outputSize: geometry.outputSize(for: size), outputChannels: outputs, weightOrder: order)
  }

  /// A geometry that looks random: sizes that do not divide, paddings larger than the kernel, few and odd channels.
  static func random(_ noise: inout TestNoise) -> ConvolutionMaps {
    func size(_ most: Int, _ least: Int = 1) -> Tensor.Size2D {
      Tensor.Size2D(height: least + noise.int(most), width: least + noise.int(most))
    }
    let channels = [1, 1, 2, 3, 4, 5, 8, 16, 17, 20, 33]
    while true {
      let geometry = Tensor.ConvolutionGeometry(
        kernel: size(5), stride: noise.int(3) == 0 ? 1 : size(4),
        padding: Tensor.Padding2D(top: noise.int(5), bottom: noise.int(5), left: noise.int(7), right: noise.int(4)),
        dilation: size(3))
      let (input, count) = (size(10), noise.int(4))
      var output = geometry.outputSize(for: input)
      guard output.height > 0 && output.width > 0 else { continue }
      // A transposed convolution may begin with fewer positions than the forward one would give.
      if noise.int(4) == 0 { output.height = 1 + noise.int(output.height) }
      return ConvolutionMaps(
        geometry: geometry, count: count, inputSize: input, inputChannels: channels[noise.int(channels.count)],
        outputSize: output, outputChannels: channels[noise.int(channels.count)],
        weightOrder: noise.int(2) == 0 ? .outputFirst : .inputFirst)
    }
  }

  /// The same geometry with one of a few numbers of channels, each by itself.
  static func randomDepthwise(_ noise: inout TestNoise) -> ConvolutionMaps {
    let maps = random(&noise)
    let channels = [1, 2, 3, 4, 5, 8, 12, 16, 17, 24, 32, 33, 64, 80][noise.int(14)]
    return ConvolutionMaps(
      geometry: maps.geometry, count: maps.count, inputSize: maps.inputSize, inputChannels: channels,
      outputSize: maps.outputSize, outputChannels: channels, weightOrder: maps.weightOrder, isDepthwise: true)
  }
}

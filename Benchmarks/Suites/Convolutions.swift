import Latent
import LatentBenchmarkHarness

/// The convolutions between 14 × 14 and 7 × 7 of the reference DCGAN's networks, a batch of 64.
let convolutions: [BenchmarkSuite] = [
  BenchmarkSuite(name: "conv2d") { suite in
    suite.benchmark("64x14x14x64->128,k4s2", .flops(2 * 64 * 7 * 7 * 4 * 4 * 64 * 128)) {
      (normal([64, 14, 14, 64]), normal([128, 4, 4, 64]))
    } body: { operands in
      blackHole(operands.0.conv2d(operands.1, stride: 2, padding: 1))
    }
  },
  BenchmarkSuite(name: "convT2d") { suite in
    suite.benchmark("64x7x7x128->64,k4s2", .flops(2 * 64 * 7 * 7 * 4 * 4 * 64 * 128)) {
      (normal([64, 7, 7, 128]), normal([64, 4, 4, 128]))
    } body: { operands in
      blackHole(operands.0.convTranspose2d(operands.1, stride: 2, padding: 1))
    }
  },
]

/// The three maps, forward, input gradient and filter gradient, of the models' layers: kernel 4, stride 2, padding 1,
/// a batch of 64; of one depthwise layer; and of one layer for a single image. Its forward map finds the weight laid out,
/// from the second repetition on; its input gradient lays it out every time.
let convolutionMaps = BenchmarkSuite(name: "convolution maps") { suite in
  addMaps(to: &suite, "conv2d", size: 28, inputs: 1, outputs: 64)
  addMaps(to: &suite, "conv2d", size: 14, inputs: 64, outputs: 128)
  addMaps(to: &suite, "convT2d", size: 7, inputs: 256, outputs: 128)
  addMaps(to: &suite, "convT2d", size: 7, inputs: 128, outputs: 64)
  addMaps(to: &suite, "convT2d", size: 14, inputs: 128, outputs: 1)
  addMaps(to: &suite, "convT2d", count: 1, size: 7, inputs: 256, outputs: 128)
  addMaps(to: &suite, "depthwise", size: 28, inputs: 64, outputs: 64)
}

/// One layer's maps. A depthwise convolution is of the kind that residual networks have: kernel 3, stride 1, padding 1.
private func addMaps(
  to suite: inout BenchmarkSuite, _ operation: String, count: Int = 64, size: Int, inputs: Int, outputs: Int
) {
  let (isTransposed, isDepthwise) = (operation == "convT2d", operation == "depthwise")
  // The positions of the kernel are those of the smaller of the two images.
  let positions = isTransposed || isDepthwise ? size * size : size * size / 4
  let work = 2 * count * positions * outputs * (isDepthwise ? 3 * 3 : 4 * 4 * inputs)
  let layer: @Sendable (Tensor, Tensor) -> Tensor = {
    if isDepthwise { return $0.conv2d($1, padding: 1, groups: inputs) }
    return isTransposed ? $0.convTranspose2d($1, stride: 2, padding: 1) : $0.conv2d($1, stride: 2, padding: 1)
  }
  let operands: @Sendable () -> (x: Tensor, w: Tensor) = {
    (normal([count, size, size, inputs]), normal(isDepthwise ? [outputs, 3, 3, 1] : [outputs, 4, 4, inputs]))
  }
  let name = "\(operation),\(count)x\(size)x\(size)x\(inputs)->\(outputs)"
  suite.benchmark("\(name),forward", .flops(work), setup: operands) { operands in
    blackHole(layer(operands.x, operands.w))
  }
  for (map, wantsInput) in [("input-gradient", true), ("filter-gradient", false)] {
    suite.benchmark("\(name),\(map)", .flops(work)) { () -> (y: Tensor, leaf: Tensor, cotangent: Tensor) in
      let (x, w) = operands()
      let leaf = wantsInput ? x.recorded() : w.recorded()
      let y = wantsInput ? layer(leaf, w) : layer(x, leaf)
      return (y: y, leaf: leaf, cotangent: normal(y.shape))
    } body: { operands in
      blackHole(operands.y.pullback(operands.cotangent, at: [operands.leaf])[0])
    }
  }
}

import Latent
import LatentBenchmarkHarness

/// How the time and the memory of a DCGAN's training step grow with the batch and with the image; ``familyScaling`` is
/// that of the other models.
let scaling = BenchmarkSuite(name: "scaling", .optional, .memory) { suite in
  for batchSize in [16, 32, 64, 128, 256, 512] {
    addStep(to: &suite, size: 28, channels: 1, batchSize: batchSize)
  }
  // The grey ones of 28 × 28 are above.
  for (size, channels) in [(28, 3), (32, 1), (32, 3), (64, 1), (64, 3), (128, 1), (128, 3)] {
    addStep(to: &suite, size: size, channels: channels, batchSize: 64)
  }
}

private func addStep(to suite: inout BenchmarkSuite, size: Int, channels: Int, batchSize: Int) {
  var configuration = withoutAverage(.dcgan)
  (configuration.height, configuration.width, configuration.channels) = (size, size, channels)
  let settings = configuration
  suite.benchmark("\(size)x\(size)x\(channels)-b\(batchSize)", .flops(stepOperations(settings, batchSize: batchSize))) {
    try TrainingStep(DCGAN(settings), batchSize: batchSize)
  } body: { step in
    blackHole(try step.run())
  }
}

/// The floating-point operations of the products in one training step: two for each multiplication of a dense or
/// convolutional layer's weight with an input, as if there were no padding. All else, normalization, activations and
/// optimizers among it, is not counted.
///
/// A layer's forward pass, its input gradient and its weight gradient take the same number. The generator runs once, and
/// its first layer needs no input gradient. The discriminator runs three times: on real and on generated images, for its
/// own weights, where its first layer needs no input gradient, and on generated images for the generator, where no layer
/// needs a weight gradient.
private func stepOperations(_ configuration: GANConfiguration, batchSize: Int) -> Int {
  let (generator, discriminator) = (ImageGenerator(configuration), ImageDiscriminator(configuration))
  // The positions of a kernel are those of the smaller of the two images.
  func positions(after halvings: Int) -> Int { (configuration.height >> halvings) * (configuration.width >> halvings) }
  let (half, quarter) = (positions(after: 1), positions(after: 2))
  var layers: [(weight: Parameter, positions: Int, passes: Int)] = [
    (generator.project.weight, 1, 2),
    (generator.enlarge.weight, quarter, 3),
    (generator.paint.weight, half, 3),
    (discriminator.shrink.weight, half, 2 * 2 + 2),
    (discriminator.shrinkAgain.weight, quarter, 2 * 3 + 2),
    (discriminator.score.weight, 1, 2 * 3 + 2),
  ]
  // The stages of larger images; the generator's begin at the smallest.
  for (index, stage) in generator.further.reversed().enumerated() {
    layers.append((stage.enlarge.weight, positions(after: 3 + index), 3))
  }
  for (index, stage) in discriminator.further.enumerated() {
    layers.append((stage.shrink.weight, positions(after: 3 + index), 2 * 3 + 2))
  }
  return layers.reduce(0) { $0 + 2 * batchSize * $1.positions * $1.weight.shape.scalarCount * $1.passes }
}

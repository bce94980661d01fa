import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Differentiable augmentation and how its probability follows the discriminator.
@Suite struct DifferentiableAugmentationTests {
  private func augmented(
    _ images: Tensor, _ kinds: [Augmentation.Kind], probability: Float = 1, seed: UInt64 = 1,
    samples: Context.Samples? = nil
  ) -> Tensor {
    var random = SampleRandom(RandomGenerator(seed: seed), samples: samples)
    return Augmentation(kinds).augmented(images, probability: probability, random: &random)
  }

  private func images(_ shape: Tensor.Shape, seed: UInt64 = 9) -> Tensor {
    var random = RandomGenerator(seed: seed)
    return .uniform(shape, in: 0.5..<1, using: &random)
  }

  @Test func probability0LeavesTheBits() {
    let images = images([5, 8, 6, 3])
    #expect(augmented(images, Augmentation.Kind.allCases, probability: 0) == images)
    // In between some images are left, in each way.
    for kind in [Augmentation.Kind.translation, .cutout] {
      let half = augmented(self.images([64, 8, 8, 1]), [kind], probability: 0.5)
      let left = (0..<64).filter { half[$0] == self.images([64, 8, 8, 1])[$0] }.count
      #expect((16...52).contains(left), "\(kind): \(left)")
    }
  }

  /// All pixels move by the same whole numbers, of up to an eighth; what comes in is 0.
  @Test func translations() throws {
    let images = images([64, 16, 8, 2])
    let moved = augmented(images, [.translation])
    var shifts = Set<[Int]>()
    for sample in 0..<64 {
      let found = (-2...2).flatMap { down in (-1...1).map { [down, $0] } }.filter { shift in
        (0..<16).allSatisfy { row in
          (0..<8).allSatisfy { column in
            let (from, fromColumn) = (row - shift[0], column - shift[1])
            let isInside = (0..<16).contains(from) && (0..<8).contains(fromColumn)
            let expected = isInside ? images[sample, from, fromColumn].scalars : [0, 0]
            return moved[sample, row, column].scalars == expected
          }
        }
      }
      try #require(found.count == 1, "image \(sample) fits \(found)")
      shifts.insert(found[0])
    }
    // Nearly all of the 15 come up among 64.
    #expect(shifts.count >= 12 && Set(shifts.map { $0[0] }).count == 5 && Set(shifts.map { $0[1] }).count == 3)
  }

  /// A rectangle of half the height and width, cut off at the edges.
  @Test func cutouts() {
    let images = images([32, 8, 6, 1])
    let covered = augmented(images, [.cutout])
    for sample in 0..<32 {
      let zeros = (0..<8).flatMap { row in
        (0..<6).filter { covered[sample, row, $0].scalars == [0] }.map { [row, $0] }
      }
      let (rows, columns) = (Set(zeros.map { $0[0] }), Set(zeros.map { $0[1] }))
      #expect(
        zeros.count == rows.count * columns.count && (2...4).contains(rows.count) && (1...3).contains(columns.count))
      #expect((rows.max() ?? 0) - (rows.min() ?? 0) == rows.count - 1)
      let rest = (covered[sample] - images[sample]).absolute() * (covered[sample] .> 0)
      #expect(rest.max().scalar == 0)
    }
  }

  /// Brightness moves the mean by at most a half, contrast and saturation leave it; contrast scales the deviations.
  @Test func colours() {
    let grey = images([256, 4, 4, 1])
    let shown = augmented(grey, [.colour])
    let moves = (shown - grey).mean(axes: [1, 2, 3]).scalars
    #expect(moves.allSatisfy { abs($0) <= 0.50001 } && (moves.min() ?? 0) < -0.4 && (moves.max() ?? 0) > 0.4)
    let factors = (shown.variance(axes: [1, 2, 3]) / grey.variance(axes: [1, 2, 3])).squareRoot().scalars
    #expect(factors.allSatisfy { (0.499...1.501).contains($0) })
    #expect((factors.min() ?? 0) < 0.6 && (factors.max() ?? 0) > 1.4)
    // Of an image of one grey, colours stay equal; of one of one hue, saturation moves them apart or together.
    let red = Tensor([0.5, 0, 0]) * Tensor.ones([256, 4, 4, 1])
    let shownRed = augmented(red, [.colour])
    let distances = (shownRed[0..., 0, 0, 0] - shownRed[0..., 0, 0, 1]).scalars
    #expect(distances.allSatisfy { $0 >= -1e-6 && $0 <= 0.5 * 2 * 1.5 } && (distances.min() ?? 1) < 0.05)
  }

  /// Moving and covering are linear, so their gradient is their transpose, wherever it is taken; colours are affine.
  @Test(arguments: Augmentation.Kind.allCases) func gradients(_ kind: Augmentation.Kind) {
    let (x, direction, weight) = (
      images([6, 8, 8, 3]), images([6, 8, 8, 3], seed: 4) - 0.7, images([6, 8, 8, 3], seed: 5)
    )
    let gradient = x.gradient { (augmented($0, [kind]) * weight).sum() }
    let slope = (gradient * direction).sum().scalar
    let difference = ((augmented(x + direction, [kind]) - augmented(x, [kind])) * weight).sum().scalar
    #expect(abs(slope - difference) < 2e-4 * max(1, abs(slope)), "\(slope) \(difference)")
    #expect(gradient.maximumMagnitude > 0.1)
  }

  /// What is done to an image depends on its place in the whole batch alone.
  @Test func partsOfABatch() {
    let images = images([6, 8, 8, 3])
    let whole = augmented(images, Augmentation.Kind.allCases)
    let part = augmented(images[2..<5], Augmentation.Kind.allCases, samples: Context.Samples(2..<5, of: 6))
    #expect(part == whole[2..<5])
    var others = images.scalars
    for index in 0..<8 * 8 * 3 { others[index] = 0.25 }
    #expect(augmented(Tensor(others, shape: images.shape), Augmentation.Kind.allCases)[1..<6] == whole[1..<6])
  }

  // MARK: The probability

  private func course(_ signs: [Float], from probability: Float = 0.5, count: Int = 100) -> [Double] {
    var augmentation = Augmentation(adaptation: .init(target: 0.6, sampleCount: 4000))
    augmentation.probability = probability
    var memory = augmentation.makeMemory()
    return signs.map { sign in
      augmentation.remember(meanSign: sign, of: count, in: &memory)
      return augmentation.metrics(memory).first?.value ?? -1
    }
  }

  /// It moves every fourth time, by the share of samples that were seen since, towards the target.
  @Test func theProbabilityFollowsTheSigns() {
    func expect(_ found: [Double], _ expected: [Double]) {
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 } && found.count == expected.count, "\(found)")
    }
    expect(course([1, 1, 1, 1, 1, 1, 1, 1]), [0.5, 0.5, 0.5, 0.6, 0.6, 0.6, 0.6, 0.7])
    expect(course([1, 0, 0, 1]), [0.5, 0.5, 0.5, 0.4])
    // A mean of exactly a half is below 0.6, one of 0.75 above.
    expect(course([1, 1, 1, 0, -1, -1, 1, 1]), [0.5, 0.5, 0.5, 0.6, 0.6, 0.6, 0.6, 0.5])
    expect(course([-1, -1, -1, -1], from: 0.05), [0.05, 0.05, 0.05, 0])
    expect(course([1, 1, 1, 1], from: 0.95), [0.95, 0.95, 0.95, 1])
  }

  /// In a training of a discriminator that tells all apart, it rises; where it is at 0, images are as they are.
  @Test func inATraining() throws {
    var configuration = GANConfiguration(height: 8, width: 8, normalization: .none)
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (3, 4, 8)
    (configuration.learningRate, configuration.discriminatorLearningRate) = (1e-6, 1e-2)
    configuration.techniques.augmentation = Augmentation(
      [.translation, .cutout], adaptation: .init(target: 0.6, sampleCount: 400))
    let gan = try GAN(configuration)
    var training = gan.makeTraining(seed: 1)
    #expect(training.memory["augmentation"] == Tensor([0, 0, 0]))
    var feed = BatchFeed.all(of: images([10, 8, 8, 1]))
    var course: [Double] = []
    for _ in 0..<40 {
      course.append(try #require(try gan.trainingStep(&feed, &training)["augmentation"]))
      training.step += 1
    }
    #expect(course[0] == 0 && course[39] > 0.3, "\(course)")
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = SampleRandom(RandomGenerator(seed: 1))
      _ = Augmentation().augmented(.ones([2, 3]), probability: 1, random: &random)
    }
    expect(result, saysWhy: "Augmentation: samples of shape [2, 3]; images [N, H, W, C] are needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = SampleRandom(RandomGenerator(seed: 1))
      let augmentation = Augmentation(adaptation: .init())
      _ = augmentation.shown(.ones([2, 4, 4, 1]), step: 0, memory: State(), random: &random)
    }
    expect(result, saysWhy: "Augmentation: the training's memory has no augmentation")
  }
}

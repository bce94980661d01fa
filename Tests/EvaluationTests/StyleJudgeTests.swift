import Datasets
import LatentTestSupport
import Tensor
import Testing

@testable import Evaluation

@Suite struct StyleJudgeTests {
  private static func digits(_ count: Int, size: Int = 16, seed: UInt64 = 0) -> ImageSet {
    ImagePreparation(size: .init(size))(BuiltInDigits.make(count: count, seed: seed))
  }

  /// Random dots, unlike any pattern.
  private static func noise(height: Int, width: Int, channels: Int = 1, seed: UInt64 = 0) throws -> ImageSet {
    var random = RandomGenerator(seed: seed)
    let pixels = (0..<height * width).flatMap { _ in
      [UInt8](repeating: random.uniform() < 0.5 ? 255 : 0, count: channels)
    }
    return try ImageSet(pixels: pixels, height: height, width: width, channels: channels)
  }

  @Test("A judge tells patterns apart, and images that are none") func learns() throws {
    var steps = 0
    let style = DrawnPattern.waves.picture(height: 128, width: 128, channels: 1)
    let judge = StyleJudge(style: style, drawnAs: .waves, images: Self.digits(200), learningIn: 240) { steps = $0 }
    #expect(steps == 240 && judge.classNames == ["images"] + DrawnPattern.allCases.map(\.rawValue))
    #expect(judge.classNames[judge.styleClass] == "waves" && judge.classNames[judge.imagesClass] == "images")
    let unseen = Self.digits(90, seed: 1)
    let accuracy = judge.accuracy(onCrops: 450, images: unseen)
    #expect(accuracy > 0.7 && accuracy <= 1, "\(accuracy)")
    // Images as they are, and pictures of another seed, on which nothing was done.
    let named = judge.classes(of: unseen.batch(at: Array(0..<90)).samples)
    #expect(named.count { $0 == judge.imagesClass } > 70, "\(named)")
    var right = 0
    for (index, pattern) in DrawnPattern.allCases.enumerated() {
      for seed in 1...5 {
        let picture = pattern.picture(height: 16, width: 16, channels: 1, seed: UInt64(seed))
        right += judge.classes(of: picture.batch(at: [0]).samples) == [1 + index] ? 1 : 0
      }
    }
    #expect(right > 28, "\(right) of 40")
  }

  /// A picture of one's own is a class more; it may be smaller than the images, and the judge is the same each time.
  @Test(arguments: [1, 3]) func ownStyle(channels: Int) throws {
    let style = try Self.noise(height: 11, width: 40, channels: channels)
    let images = ImagePreparation(channels: channels)(Self.digits(20))
    let judge = StyleJudge(style: style, images: images, learningIn: 2)
    #expect(judge.classNames.count == 10 && judge.classNames.last == "style" && judge.styleClass == 9)
    let batch = images.batch(at: Array(0..<20)).samples
    let named = judge.classes(of: batch)
    #expect(named.count == 20 && named.allSatisfy((0..<10).contains))
    #expect(StyleJudge(style: style, images: images, learningIn: 2).classes(of: batch) == named)
  }

  @Test func ownStyleIsLearned() throws {
    let judge = StyleJudge(style: try Self.noise(height: 64, width: 64), images: Self.digits(200), learningIn: 240)
    let others = try (1...20).map { try Self.noise(height: 16, width: 16, seed: $0).batch(at: [0]).samples }
    let named = judge.classes(of: .concatenated(others))
    #expect(named.count { $0 == judge.styleClass } > 14, "\(named)")
  }

  /// Crops are of all places and directions, with the contrast and the brightness that they should have.
  @Test func crops() throws {
    // From 100 to 160 by 4 along the rows.
    let ramp = try ImageSet(pixels: (0..<8 * 16).map { UInt8(100 + $0 % 16 * 4) }, height: 8, width: 16)
    let crops = TextureCrops(classes: [ramp, ramp], height: 3, width: 5)
    var random = RandomGenerator(seed: 1)
    let samples = crops.batch(of: (0..<200).map { $0 % 2 }, using: &random)
    #expect(samples.shape == [200, 3, 5, 1])
    var (steps, means) = ([Float](), [Float]())
    for crop in 0..<200 {
      let rows = samples[crop].scalars
      #expect(rows[0..<5] == rows[5..<10] && rows[0..<5] == rows[10..<15])
      let step = rows[1] - rows[0]
      for place in 1..<5 { #expect(abs(rows[place] - rows[place - 1] - step) < 1e-5) }
      steps.append(step * 255 / 4)
      means.append(rows.reduce(0, +) / 15)
    }
    #expect(steps.contains { $0 > 0 } && steps.contains { $0 < 0 })
    let contrasts = steps.map(abs)
    #expect((contrasts.min() ?? 0) >= 0.499 && (contrasts.max() ?? 2) <= 1.001)
    #expect((contrasts.max() ?? 0) - (contrasts.min() ?? 1) > 0.4)
    // Places move the mean by less than 0.1, brightness by 0.2 either way.
    #expect((means.max() ?? 0) > 0.6 && (means.min() ?? 1) < 0.4, "\(means)")
  }

  /// A picture that is smaller than the crops goes on with its mirror image.
  @Test func cropsOfSmallPictures() throws {
    let three = try ImageSet(pixels: [110, 130, 150], height: 1, width: 3)
    var random = RandomGenerator(seed: 1)
    let samples = TextureCrops(classes: [three], height: 2, width: 7).batch(
      of: [Int](repeating: 0, count: 50), using: &random)
    for crop in 0..<50 {
      let rows = samples[crop].scalars
      #expect(rows[0..<7] == rows[7..<14])
      let values = Set(rows).sorted()
      #expect(values.count == 3)
      let places = rows[0..<7].map { values.firstIndex(of: $0) ?? -1 }
      let around = [0, 1, 2, 2, 1, 0]
      let starts = around.indices.filter { start in
        places.indices.allSatisfy { places[$0] == around[(start + $0) % 6] }
      }
      #expect(starts.count == 1, "\(places)")
    }
  }

  @Test func misuse() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try StyleJudge(style: Self.noise(height: 16, width: 16, channels: 3), images: Self.digits(2), learningIn: 1)
    }
    expect(result, saysWhy: "StyleJudge: 1 steps with images of [16, 16, 1] and a style of [16, 16, 3]; expected 1 or")
    await #expect(processExitsWith: .failure) {
      _ = try StyleJudge(style: Self.noise(height: 16, width: 16), images: Self.digits(2), learningIn: 0)
    }
    await #expect(processExitsWith: .failure) {
      _ = try StyleJudge(style: Self.noise(height: 16, width: 16), images: Self.digits(2, size: 7), learningIn: 1)
    }
    await #expect(processExitsWith: .failure) {
      let judge = try StyleJudge(style: Self.noise(height: 16, width: 16), images: Self.digits(2), learningIn: 1)
      _ = judge.classes(of: .zeros([1, 16, 12, 1]))
    }
    await #expect(processExitsWith: .failure) {
      let judge = try StyleJudge(style: Self.noise(height: 16, width: 16), images: Self.digits(2), learningIn: 1)
      _ = judge.accuracy(onCrops: 9, images: Self.digits(2, size: 12))
    }
  }
}

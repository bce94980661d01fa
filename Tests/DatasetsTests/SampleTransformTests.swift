import Tensor
import Testing

@testable import Datasets

@Suite struct SampleTransformTests {
  /// 40 images of the bytes 0, 51 and 255 in every place.
  private func greys() throws -> ImageSet {
    try ImageSet(pixels: (0..<40 * 12).map { [0, 51, 255][$0 % 3] }, height: 3, width: 4, labels: Array(0..<40))
  }

  @Test func binaryPixels() throws {
    let images = try greys()
    var generator = RandomGenerator(seed: 1)
    let (grey, binary) = (
      images.batch(at: Array(0..<40)).samples, StochasticBinarization()
    )
    var sum = Tensor.zeros(grey.shape)
    for _ in 0..<400 {
      let drawn = binary(grey, using: &generator)
      #expect(drawn.scalars.allSatisfy { $0 == 0 || $0 == 1 })
      sum = sum + drawn
    }
    // Black and white ones stay, grey ones are right on average: 0.2 ± 0.02 in 400 draws.
    for (mean, pixel) in zip((sum / 400).scalars, grey.scalars) {
      #expect(pixel > 0 && pixel < 1 ? abs(mean - 0.2) < 0.1 : mean == pixel)
    }
    let all = (sum.sum() / Tensor(400 * 40 * 4)).scalar - 1
    #expect(abs(all - 0.2) < 0.005)
  }

  @Test(arguments: [true, false]) func whatIsDrawnAnew(isDynamic: Bool) throws {
    let source = TransformedSource(try greys(), StochasticBinarization(), isDynamic: isDynamic)
    #expect(source.count == 40 && source.sampleShape == [3, 4, 1] && source.conditions == .classes(40))
    var stream = BatchStream(source, batchSize: 8, generator: RandomGenerator(seed: 3))
    var uses: [Int: Set<[Float]>] = [:]
    for _ in 0..<20 {
      let batch = stream.next()
      #expect(batch.labels == batch.indices)
      for (row, index) in batch.indices.enumerated() { uses[index, default: []].insert(batch.samples[row].scalars) }
    }
    // Four epochs: four uses of each, whose four grey pixels hardly fall alike each time if they are drawn.
    let kinds = uses.values.map(\.count)
    #expect(isDynamic ? kinds.reduce(0, +) > 80 : kinds.allSatisfy { $0 == 1 })
    // Outside of a training, a sample is what it is, in whatever company.
    let (alone, among) = (source.batch(at: [7]).samples, source.batch(at: [3, 7, 7]).samples)
    #expect(among[1] == alone[0] && among[2] == alone[0])
  }

  @Test func aStreamGoesOnWithTheSameDraws() throws {
    let source = TransformedSource(try greys(), StochasticBinarization(), isDynamic: true)
    var first = BatchStream(source, batchSize: 7, generator: RandomGenerator(seed: 3))
    let all = (0..<12).map { _ in first.next().samples }
    for taken in [1, 5, 6, 11] {
      var second = BatchStream(source, batchSize: 7, generator: RandomGenerator(seed: 3), batchesTaken: taken)
      #expect(second.next().samples == all[taken])
    }
    var other = BatchStream(source, batchSize: 7, generator: RandomGenerator(seed: 4))
    #expect(other.next().samples != all[0])
  }

  /// What is drawn anew inside stays so, whatever stands around it; what is binary is not drawn again.
  @Test func sourcesInSources() throws {
    let moved = TransformedSource(try greys(), RandomShift(upTo: 2), isDynamic: true)
    let outer = TransformedSource(moved, StochasticBinarization(), isDynamic: false)
    var stream = BatchStream(outer, batchSize: 40, generator: RandomGenerator(seed: 3))
    func sorted(_ batch: Batch) -> [[Float]] {
      zip(batch.indices, 0..<40).sorted { $0.0 < $1.0 }.map { batch.samples[$0.1].scalars }
    }
    let (first, second) = (sorted(stream.next()), sorted(stream.next()))
    #expect(zip(first, second).filter { $0 != $1 }.count > 20)
    let binary = Binarization.static.applied(to: try greys())
    let again = Binarization.dynamic.applied(to: binary)
    #expect(again.fingerprint(withConditions: false) == binary.fingerprint(withConditions: false))
  }

  @Test func fingerprintsTellThemApart() throws {
    let images = try greys()
    let sources: [any SampleSource] = [
      images, TransformedSource(images, StochasticBinarization(), isDynamic: true),
      TransformedSource(images, StochasticBinarization(), isDynamic: false),
      TransformedSource(images, StochasticBinarization(), isDynamic: false, seed: 1),
      TransformedSource(images, StochasticBinarization(), isDynamic: true, seed: 1),
      TransformedSource(images, RandomShift(upTo: 1), isDynamic: true),
      TransformedSource(images, RandomShift(upTo: 2), isDynamic: true),
      TransformedSource(images, RandomRecolouring(), isDynamic: true),
    ]
    for withConditions in [true, false] {
      #expect(Set(sources.map { $0.fingerprint(withConditions: withConditions) }).count == sources.count)
    }
  }

  /// Every shift against one written out pixel by pixel, those that move all out of the picture among them.
  @Test(arguments: [(3, 4, 1, 1), (3, 4, 2, 2), (2, 3, 3, 5), (1, 1, 1, 0), (5, 2, 1, 2)])
  func shifts(height: Int, width: Int, channels: Int, limit: Int) {
    var generator = RandomGenerator(seed: 1)
    let images = Tensor.uniform([60, height, width, channels], in: 1..<2, using: &generator)
    let moved = RandomShift(upTo: limit)(images, using: &generator)
    var seen: Set<[Int]> = []
    for image in 0..<60 {
      let original = images[image].scalars
      let result = moved[image].scalars
      let shift = all(limit).first { down, right in
        result == shifted(original, height, width, channels, down, right)
      }
      #expect(shift != nil, "image \(image) is no shift of its original")
      seen.insert([shift?.0 ?? 0, shift?.1 ?? 0])
    }
    #expect(limit == 0 ? seen == [[0, 0]] : seen.count > 3)
  }

  /// Each channel of each image has a brightness of its own for 0 and one for 1, and the rest in proportion.
  @Test func recolouring() {
    var generator = RandomGenerator(seed: 2)
    let images = Tensor([0, 1, 0.25], shape: [1, 1, 3, 1]).broadcast(to: [200, 1, 3, 2])
    let drawn = RandomRecolouring()(images, using: &generator)
    #expect(drawn.shape == images.shape)
    var (sums, seen) = (SIMD2<Float>(0, 0), Set<Float>())
    for image in 0..<200 {
      let scalars = drawn[image].scalars
      for channel in 0..<2 {
        let (black, white, grey) = (scalars[channel], scalars[2 + channel], scalars[4 + channel])
        #expect((0..<1).contains(black) && (0..<1).contains(white))
        #expect(abs(grey - (0.75 * black + 0.25 * white)) < 1e-6)
        sums += SIMD2(black, white)
        seen.formUnion([black, white])
      }
    }
    // 800 draws of which none is another's; the mean of 400 has a deviation of 0.0144.
    #expect(seen.count > 790 && abs(sums.x / 400 - 0.5) < 0.06 && abs(sums.y / 400 - 0.5) < 0.06)
  }

  private func all(_ limit: Int) -> [(Int, Int)] {
    (-limit...limit).flatMap { down in (-limit...limit).map { (down, $0) } }
  }

  private func shifted(
    _ image: [Float], _ height: Int, _ width: Int, _ channels: Int, _ down: Int, _ right: Int
  ) -> [Float] {
    (0..<height).flatMap { row in
      (0..<width).flatMap { column in
        (0..<channels).map { channel -> Float in
          let (y, x) = (row - down, column - right)
          guard y >= 0, y < height, x >= 0, x < width else { return 0 }
          return image[(y * width + x) * channels + channel]
        }
      }
    }
  }
}

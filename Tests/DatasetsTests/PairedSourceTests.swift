import LatentSystem
import LatentTestSupport
import Tensor
import Testing

@testable import Datasets

@Suite struct PairedSourceTests {
  private func images(_ count: Int, from first: Int, channels: Int = 1) throws -> ImageSet {
    try ImageSet(
      pixels: (0..<count * 6 * channels).map { UInt8(truncatingIfNeeded: first + $0) }, height: 2, width: 3,
      channels: channels, labels: Array(0..<count))
  }

  @Test func partnersStayTogether() throws {
    let (pictures, drawings) = (try images(7, from: 0, channels: 3), try images(7, from: 100))
    let pairs = PairedSource(pictures, given: drawings)
    #expect(pairs.count == 7 && pairs.sampleShape == [2, 3, 3] && pairs.conditions == .tensor([2, 3, 1]))
    var stream = BatchStream(pairs, batchSize: 3, generator: RandomGenerator(seed: 1))
    for _ in 0..<6 {
      let batch = stream.next()
      #expect(batch.samples == pictures.batch(at: batch.indices).samples)
      #expect(batch.condition == .tensor(drawings.batch(at: batch.indices).samples))
      #expect(pairs.batch(at: batch.indices).condition == batch.condition)
    }
    // Both belong to what it is; labels do not.
    let print = pairs.fingerprint(withConditions: true)
    #expect(PairedSource(pictures, given: try images(7, from: 101)).fingerprint(withConditions: true) != print)
    #expect(
      PairedSource(try images(7, from: 1, channels: 3), given: drawings).fingerprint(withConditions: true) != print)
    #expect(pairs.fingerprint(withConditions: false) == pictures.fingerprint(withConditions: false))
  }

  /// What is drawn anew is drawn anew for partners too.
  @Test func drawn() throws {
    let grey = try ImageSet(pixels: Array(repeating: 128, count: 4 * 6), height: 2, width: 3)
    let pairs = PairedSource(
      try images(4, from: 0), given: TransformedSource(grey, StochasticBinarization(), isDynamic: true))
    var generator = RandomGenerator(seed: 1)
    let first = pairs.batch(at: [0, 1], using: &generator)
    let second = pairs.batch(at: [0, 1], using: &generator)
    #expect(first.samples == second.samples && first.condition != second.condition)
    #expect(pairs.batch(at: [0, 1]).condition == pairs.batch(at: [0, 1]).condition)
  }

  @Test func mistakes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PairedSource(TensorSet(.ones([3, 2])), given: TensorSet(.ones([4, 2])))
    }
    expect(result, saysWhy: "PairedSource: 3 samples and 4 partners; each needs one")
  }
}

@Suite struct EdgesTests {
  /// A bright square on black: by the definition, pixel by pixel.
  @Test func sobel() throws {
    var pixels = [UInt8](repeating: 0, count: 49)
    for row in 2..<5 { for column in 2..<5 { pixels[row * 7 + column] = 80 } }
    let edges = try ImageSet(pixels: pixels, height: 7, width: 7, labels: [4]).edges()
    #expect(edges.labels == [4] && edges.count == 1)
    func pixel(_ row: Int, _ column: Int) -> UInt8 { edges.pixels[row * 7 + column] }
    // Within the square and far from it there is no edge; beside its side 4 · 80 / 4, at its corner √2 · 80 / 4.
    #expect(pixel(3, 3) == 0 && pixel(0, 0) == 0)
    #expect(pixel(1, 3) == 80 && pixel(2, 3) == 80 && pixel(3, 1) == 80 && pixel(3, 5) == 80)
    #expect(pixel(1, 1) == 28 && pixel(5, 5) == 28)
    // A quarter turn changes nothing about a square.
    for row in 0..<7 { for column in 0..<7 { #expect(pixel(row, column) == pixel(column, 6 - row)) } }
  }

  /// White beside the black around the image is an edge, and no edge is more than white; channels do not mix.
  @Test func borders() throws {
    let white = try ImageSet(pixels: Array(repeating: 255, count: 25), height: 5, width: 5).edges()
    #expect(white.pixels[12] == 0 && white.pixels[2] == 255 && white.pixels[10] == 255)
    let corner = try ImageSet(pixels: [255, 255, 255, 255], height: 2, width: 2).edges()
    #expect(corner.pixels == [255, 255, 255, 255])
    let (red, blue) = ((0..<12).map { UInt8($0 * 20) }, (0..<12).map { UInt8(255 - $0 * $0) })
    let mixed = try ImageSet(
      pixels: zip(red, blue).flatMap { [$0, 9, $1] }, height: 3, width: 4, channels: 3
    ).edges()
    for (channel, own) in [(0, red), (2, blue)] {
      let alone = try ImageSet(pixels: own, height: 3, width: 4).edges()
      #expect(stride(from: channel, to: 36, by: 3).map { mixed.pixels[$0] } == alone.pixels)
    }
  }
}

@Suite struct RandomFlipTests {
  @Test func halfAreMirrored() throws {
    var random = RandomGenerator(seed: 1)
    let images = Tensor.uniform([400, 3, 5, 2], using: &random)
    let flipped = RandomFlip()(images, using: &random)
    var mirrored = images
    for column in 0..<5 {
      mirrored[0..<400, 0..<3, column..<column + 1] = images[0..<400, 0..<3, 4 - column..<5 - column]
    }
    var count = 0
    for row in 0..<400 {
      let isMirrored = flipped[row] == mirrored[row]
      #expect(isMirrored || flipped[row] == images[row])
      if isMirrored { count += 1 }
    }
    // Five standard deviations of a fair coin.
    #expect(abs(count - 200) < 50, "\(count)")
  }

  @Test func mistakes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomGenerator(seed: 1)
      _ = RandomFlip()(.ones([3, 2]), using: &random)
    }
    expect(result, saysWhy: "RandomFlip: samples of shape [3, 2]; images [N, H, W, C] are needed")
  }
}

@Suite struct FileNamesTests {
  @Test func pathsInTheFolder() throws {
    try withTemporaryFolder { folder in
      for name in ["plain", "classes/cats", "classes/dogs"] { try SystemFile.createFolder("\(folder)/\(name)") }
      for name in ["b.png", "a.png", "c.png"] {
        try PNG.write([1, 2], height: 1, width: 2, to: "\(folder)/plain/\(name)")
      }
      for name in ["dogs/1.png", "cats/1.png", "dogs/2.png"] {
        try PNG.write([1, 2], height: 1, width: 2, to: "\(folder)/classes/\(name)")
      }
      #expect(try ImageSet.load(folder + "/plain").fileNames == ["a.png", "b.png", "c.png"])
      #expect(try ImageSet.load(folder + "/plain/", limit: 2).fileNames == ["a.png", "b.png"])
      let classes = try ImageSet.load(folder + "/classes")
      #expect(classes.fileNames == ["cats/1.png", "dogs/1.png", "dogs/2.png"])
      // Those that are chosen keep theirs; what is made of such images did not come from these files.
      #expect(classes.subset([2, 0]).fileNames == ["dogs/2.png", "cats/1.png"] && classes.edges().fileNames == nil)
      #expect(classes.prefix(1).fileNames == ["cats/1.png"])
      var generator = RandomGenerator(seed: 1)
      let (train, heldOut) = classes.split(heldOut: 0.3, using: &generator)
      #expect(Set((train.fileNames ?? []) + (heldOut?.fileNames ?? [])).count == 3)
      #expect(train.choice?.count == 3 && classes.subset([2, 0]).prefix(1).choice?.places == [2])
      #expect(try ImageSet.load(folder + "/plain/a.png").fileNames == nil)
    }
  }
}

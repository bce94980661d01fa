import LatentSystem
import Tensor

extension ImageSet {
  /// The images on coloured textures that are drawn for them, each on its own: another kind of images that show the same,
  /// for models that have to tell what is shown whatever is around it. Labels stay, and image i is what image i became.
  ///
  /// Where an image is black, the texture is seen; where it is white, its opposite: a pixel is the distance of both. The
  /// texture of image i depends on the seed and i alone, on every platform to the last bit.
  ///
  /// Reference: Ganin et al., "Domain-adversarial training of neural networks", arXiv:1505.07818, section 5.2.4, whose
  /// MNIST-M has parts of photographs in place of drawn textures.
  /// - Parameter seed: another one gives other textures.
  /// - Returns: images of three channels.
  /// - Precondition: the images are grey or coloured.
  public func onTextures(seed: UInt64 = 0) -> ImageSet {
    require(
      channels == 1 || channels == 3,
      "ImageSet.onTextures: images of \(channels) channels; grey or coloured ones are needed")
    let random = RandomGenerator(seed: seed, stream: Texture.stream)
    var result: [UInt8] = []
    result.reserveCapacity(count * height * width * 3)
    for index in 0..<count {
      var own = random.split(at: index)
      let texture = Texture(using: &own)
      let start = index * imageSize
      for row in 0..<height {
        for column in 0..<width {
          let (colour, place) = (texture.colour(row, column), start + (row * width + column) * channels)
          for channel in 0..<3 {
            let behind = Int((min(max(colour[channel], 0), 1) * 255).rounded())
            result.append(UInt8(abs(behind - Int(pixels[place + (channels == 1 ? 0 : channel)]))))
          }
        }
      }
    }
    return derived(result, count, height, width, 3, labels)
  }
}

/// A pattern in two colours, with a cloud over each channel. It has no edges, so it is of any size.
private struct Texture {
  private enum Pattern: CaseIterable {
    case stripes, checks, rings, clouds
  }

  private let pattern: Pattern
  private let colours: (SIMD3<Float>, SIMD3<Float>)
  /// By which the waves of a pattern move on from a row to the next, and from a column to the next.
  private let steps: SIMD2<Float>
  private let crossSteps: SIMD2<Float>
  private let phases: SIMD2<Float>
  private let centre: SIMD2<Float>
  /// How sudden one colour becomes the other.
  private let sharpness: Float
  private let clouds: Cloud
  private let shades: [Cloud]

  static let stream: UInt64 = 0x7E87
  /// How much of a channel is cloud.
  private static let shade: Float = 0.3

  init(using random: inout RandomGenerator) {
    func draw(_ range: Range<Float>) -> Float {
      range.lowerBound + (range.upperBound - range.lowerBound) * random.uniform()
    }
    func colour() -> SIMD3<Float> { SIMD3(draw(0..<1), draw(0..<1), draw(0..<1)) }
    pattern = Pattern.allCases[Int.random(in: 0..<Pattern.allCases.count, using: &random)]
    colours = (colour(), colour())
    // A wave of 4 to 14 pixels, and one across it.
    let (slope, pace) = (draw(-1..<1), 1 / draw(4..<14))
    let isUpright = random.uniform() < 0.5
    steps = (isUpright ? SIMD2(1, slope) : SIMD2(slope, 1)) * pace
    crossSteps = SIMD2(-steps.y, steps.x)
    phases = SIMD2(draw(0..<1), draw(0..<1))
    centre = SIMD2(draw(-8..<36), draw(-8..<36))
    sharpness = draw(1..<5)
    clouds = Cloud(cell: draw(4..<12), key: random.next())
    shades = (0..<3).map { _ in Cloud(cell: 3, key: random.next()) }
  }

  /// The colour at a pixel, somewhat beyond 0...1 at most.
  func colour(_ row: Int, _ column: Int) -> SIMD3<Float> {
    let place = SIMD2(Float(row), Float(column))
    let level = 0.5 + (level(place) - 0.5) * sharpness
    let mixed = colours.0 + (colours.1 - colours.0) * min(max(level, 0), 1)
    let shade = SIMD3(shades[0].value(place), shades[1].value(place), shades[2].value(place))
    return mixed + (shade - 0.5) * Self.shade
  }

  /// How much of the second colour there is, in 0...1.
  private func level(_ place: SIMD2<Float>) -> Float {
    switch pattern {
    case .stripes: triangleWave((place * steps).sum() + phases.x)
    case .checks:
      abs(triangleWave((place * steps).sum() + phases.x) - triangleWave((place * crossSteps).sum() + phases.y))
    case .rings:
      triangleWave(
        ((place - centre) * (place - centre)).sum().squareRoot() * max(abs(steps.x), abs(steps.y)) + phases.x)
    case .clouds: clouds.value(place)
    }
  }
}

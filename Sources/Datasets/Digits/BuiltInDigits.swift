import LatentSystem

/// Handwritten-looking digits that are drawn by this code: data to try every model on, with nothing to download.
///
/// Like MNIST they are 28×28, white on black, about 20 pixels high and centred by mass. Each digit has several ways of
/// being written; each sample has its own slant, proportions, pen and shaky hand. The same seed gives the same bytes on
/// every platform: only correctly rounded operations (`+ - * /` and the square root) are used.
public enum BuiltInDigits {
  /// Draws `count` digits with their labels, 0…9 in shuffled order and equally often (up to a remainder).
  ///
  /// Image i depends on `seed` and i only, so a smaller set is the beginning of a larger one.
  ///
  /// - Parameters:
  ///   - count: how many, at least 1.
  ///   - seed: another seed gives other images.
  /// - Precondition: `count > 0`.
  /// - Complexity: about 12 µs per image on one core.
  public static func make(count: Int = 10_000, seed: UInt64 = 0) -> ImageSet {
    require(count > 0, "BuiltInDigits.make: a count of \(count), expected at least 1")
    let size = DigitPen.size
    var pixels = [UInt8]()
    pixels.reserveCapacity(count * size * size)
    var labels = [Int]()
    labels.reserveCapacity(count)
    for index in 0..<count {
      let label = label(index, seed)
      var hand = Hand(seed: seed, stream: 2 * UInt64(index) + 1)
      pixels += hand.write(label)
      labels.append(label)
    }
    var images = ImageSet(unchecked: pixels, count, size, size, 1, labels)
    images.classCount = 10
    return images
  }

  /// Every ten labels in a row are a permutation of 0…9.
  private static func label(_ index: Int, _ seed: UInt64) -> Int {
    var random = DigitRandom(seed: seed, stream: 2 * UInt64(index / 10))
    var order = Array(0..<10)
    for last in stride(from: 9, to: 0, by: -1) { order.swapAt(last, Int(random.next() % UInt64(last + 1))) }
    return order[index % 10]
  }
}

/// One person writing one digit: the random choices, and the way from a template to pixels.
private struct Hand {
  private var random: DigitRandom

  init(seed: UInt64, stream: UInt64) { random = DigitRandom(seed: seed, stream: stream) }

  /// The pixels `[28, 28]` of a `digit`.
  mutating func write(_ digit: Int) -> [UInt8] {
    let shape = chooseShape(DigitShape.all[digit])
    let warp = DigitWarp(&random, digit: digit)
    // Sure hands and shaky ones.
    let shake = 0.012 + 0.022 * random.unit()
    var strokes = shape.strokes.map { curve($0, shake: shake, warp) }
    press(&strokes)
    fit(&strokes)
    return draw(strokes)
  }

  private mutating func chooseShape(_ shapes: [DigitShape]) -> DigitShape {
    var rest = random.unit() * shapes.reduce(0) { $0 + $1.weight }
    for shape in shapes {
      rest -= shape.weight
      if rest < 0 { return shape }
    }
    return shapes[shapes.count - 1]
  }

  /// The polyline of a stroke: its points, moved a little, joined by Catmull-Rom splines between corners.
  private mutating func curve(_ stroke: [Double], shake: Double, _ warp: DigitWarp) -> [DigitPen.Point] {
    var result = [DigitPen.Point]()
    var piece = [SIMD2<Double>]()
    var previous = SIMD2<Double>(-1, -1)
    for index in stride(from: 0, to: stroke.count, by: 2) {
      let point = SIMD2(stroke[index], stroke[index + 1])
      if point == previous, let corner = piece.last {
        Self.appendSpline(piece, to: &result)
        piece = [corner]
      } else {
        piece.append(warp.apply(point + shake * SIMD2(random.normal(), random.normal())))
      }
      previous = point
    }
    Self.appendSpline(piece, to: &result)
    return result
  }

  private static func appendSpline(_ points: [SIMD2<Double>], to result: inout [DigitPen.Point]) {
    let steps = 6
    for index in 0..<points.count - 1 {
      let (start, end) = (points[index], points[index + 1])
      // The tangents at a point are half the way between its neighbours; at an end the curve runs out straight.
      let startTangent = index > 0 ? 0.5 * (end - points[index - 1]) : end - start
      let endTangent = index + 2 < points.count ? 0.5 * (points[index + 2] - start) : end - start
      for step in (result.isEmpty ? 0 : 1)...steps {
        let t = Double(step) / Double(steps)
        let (square, rest) = (t * t, 1 - t)
        let value = (1 + 2 * t) * rest * rest * start + square * (3 - 2 * t) * end
        let slope = t * rest * rest * startTangent - square * rest * endTangent
        let point = value + slope
        result.append(DigitPen.Point(x: point.x, y: point.y, radius: 0))
      }
    }
  }

  /// Gives each point the radius of the pen in pixels: its width, and a pressure that drifts along the way.
  private mutating func press(_ strokes: inout [[DigitPen.Point]]) {
    let width = max(1.5, min(4.2, 2.65 + 0.4 * random.normal()))
    let drift = 0.08 * random.normal()
    let bend = 0.08 * random.normal()
    let lift = 0.25 * random.unit()
    let count = Double(strokes.reduce(0) { $0 + $1.count })
    var done = 0.0
    for stroke in strokes.indices {
      for index in strokes[stroke].indices {
        let t = 2 * done / count - 1
        // The pen lifts at the end of a stroke.
        let remaining = Double(strokes[stroke].count - 1 - index)
        let end = remaining < 4 ? 1 - lift * (1 - remaining / 4) : 1
        let pressure = max(0.6, min(1.4, 1 + drift * t + bend * (1 - 2 * t * t))) * end
        strokes[stroke][index].radius = 0.5 * width * pressure
        done += 1
      }
    }
  }

  /// Scales the strokes, pen included, to a height or width of 20 pixels, and moves their mass to the image's centre.
  private mutating func fit(_ strokes: inout [[DigitPen.Point]]) {
    var (low, high) = (SIMD2(1e9, 1e9), SIMD2(-1e9, -1e9))
    for point in strokes.joined() {
      low = pointwiseMin(low, SIMD2(point.x, point.y))
      high = pointwiseMax(high, SIMD2(point.x, point.y))
    }
    let extent = high - low
    let width = strokes.joined().reduce(0) { max($0, 2 * $1.radius) }
    let scale = (19.8 + 0.35 * random.normal() - width) / max(extent.x, extent.y)
    var center = SIMD2(0.0, 0.0)
    var mass = 1e-9
    for stroke in strokes {
      for index in 1..<stroke.count {
        let (start, end) = (stroke[index - 1], stroke[index])
        let delta = SIMD2(end.x - start.x, end.y - start.y)
        let weight = (delta * delta).sum().squareRoot() * (start.radius + end.radius)
        center += 0.5 * weight * SIMD2(start.x + end.x, start.y + end.y)
        mass += weight
      }
    }
    center /= mass
    let middle = SIMD2(repeating: 0.5 * Double(DigitPen.size)) + 0.2 * SIMD2(random.normal(), random.normal()) - 0.25
    for stroke in strokes.indices {
      for index in strokes[stroke].indices {
        strokes[stroke][index].x = middle.x + scale * (strokes[stroke][index].x - center.x)
        strokes[stroke][index].y = middle.y + scale * (strokes[stroke][index].y - center.y)
      }
    }
  }

  private mutating func draw(_ strokes: [[DigitPen.Point]]) -> [UInt8] {
    var pen = DigitPen(softness: 1.1 + 0.6 * random.unit())
    for stroke in strokes {
      for index in 1..<stroke.count { pen.draw(from: stroke[index - 1], to: stroke[index]) }
    }
    return pen.coverage.map { UInt8(255 * $0 + 0.5) }
  }
}

/// The large distortions of a hand: proportions, slant, rotation and a bend of the whole digit.
private struct DigitWarp {
  private let width: Double
  private let slant: Double
  private let cosine: Double
  private let sine: Double
  private let bend: SIMD2<Double>
  private let balance: Double

  init(_ random: inout DigitRandom, digit: Int) {
    width = max(0.62, min(1.6, 1.06 + 0.12 * random.normal()))
    // Most people's writing leans to the right; ones lean the most.
    slant = max(-0.35, min(0.7, 0.16 + (digit == 1 ? 0.2 : 0.12) * random.normal()))
    // A rotation by twice the angle whose tangent is `t`, exact without trigonometric functions.
    let t = max(-0.16, min(0.16, 0.045 * random.normal()))
    cosine = (1 - t * t) / (1 + t * t)
    sine = 2 * t / (1 + t * t)
    bend = 0.1 * SIMD2(random.normal(), random.normal())
    balance = 0.1 * random.normal()
  }

  /// Where a template's point goes; the result's box is not normalised.
  func apply(_ point: SIMD2<Double>) -> SIMD2<Double> {
    var x = width * (point.x - 0.33)
    var y = point.y - 0.5
    // A larger upper or lower half, then a bow of the vertical and of the horizontal lines.
    y += balance * (y * y - 0.25)
    x += bend.x * (y * y - 0.1)
    y += bend.y * (x * x - 0.05)
    x -= slant * y
    return SIMD2(cosine * x - sine * y, sine * x + cosine * y)
  }
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
private struct DigitRandom {
  private var state: UInt64

  /// A sequence of its own for each seed and stream.
  init(seed: UInt64, stream: UInt64) {
    state = seed
    state = next() ^ (stream &* 0xD134_2543_DE82_EF95)
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in 0..<1.
  mutating func unit() -> Double { Double(next() >> 11) * (1.0 / 9_007_199_254_740_992) }

  /// Close to a standard normal variable, without logarithms: a sum of twelve sixteen-bit uniform ones minus its mean.
  mutating func normal() -> Double {
    var sum: UInt64 = 0
    for _ in 0..<3 {
      let bits = next()
      sum += (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
    }
    return Double(sum) * (1.0 / 65536) - 6
  }
}

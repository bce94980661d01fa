import LatentSystem

/// One channel of a JPEG image, whose rows are had at the width of the image.
struct JPEGPlane {
  /// The samples in rows, ``stride`` from one to the next.
  private let samples: [UInt8]
  private let stride: Int
  private let width: Int
  private let height: Int
  private let enlargement: Enlargement

  /// How samples become as many as there are pixels.
  private enum Enlargement {
    case none
    /// Interpolated to twice as many in a row, in a column, or in both.
    case across, down, both
    /// Each as a rectangle.
    case repeated(across: Int, down: Int)
  }

  /// The samples of a channel.
  init(_ component: JPEGComponent, of frame: JPEGFrame) {
    (width, height, stride) = (component.width, component.height, component.stride)
    samples = frame.isProgressive ? Self.transformed(component) : component.samples
    let (across, down) = (frame.widestSampling / component.across, frame.tallestSampling / component.down)
    // A channel of one or two columns has too few to interpolate between.
    let isSmooth = across == 1 || component.width > 2
    enlargement =
      switch (across, down) {
      case (1, 1): .none
      case (2, 1) where isSmooth: .across
      case (1, 2): .down
      case (2, 2) where isSmooth: .both
      default: .repeated(across: across, down: down)
      }
  }

  /// The samples of a progressive image.
  private static func transformed(_ component: JPEGComponent) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: component.coefficients.count) { target, count in
      count = component.coefficients.count
      component.coefficients.withUnsafeBufferPointer { coefficients in
        component.steps.withUnsafeBufferPointer { steps in
          guard let steps = steps.baseAddress, let source = coefficients.baseAddress, let target = target.baseAddress
          else { return }
          for row in 0..<component.blocksPerColumn {
            for column in 0..<component.blocksPerRow {
              JPEGTransform.samples(
                of: source + (row * component.blocksPerRow + column) * 64, steps: steps,
                to: target + row * 8 * component.stride + column * 8, stride: component.stride)
            }
          }
        }
      }
    }
  }

  /// Bytes that a row may take, with what is written past the last pixel.
  var rowSize: Int {
    switch enlargement {
    case .none, .down: width
    case .across, .both: 2 * width
    case .repeated(let across, _): width * across
    }
  }

  /// Writes the row `row` of the image.
  ///
  /// - Parameters:
  ///   - target: has room for ``rowSize`` bytes.
  ///   - sums: may hold numbers in between; has room for as many.
  func copyRow(_ row: Int, to target: UnsafeMutablePointer<UInt8>, _ sums: UnsafeMutablePointer<UInt16>) {
    samples.withUnsafeBufferPointer { samples in
      guard let base = samples.baseAddress else { return }
      switch enlargement {
      case .none: target.update(from: base + row * stride, count: width)
      case .across: Self.doubleAcross(base + row * stride, width, to: target)
      case .down:
        let (near, other) = neighbours(row)
        Self.add(base + near, base + other, width, to: sums)
        let rounding: UInt16 = row % 2 == 0 ? 1 : 2
        for column in 0..<width { target[column] = UInt8(truncatingIfNeeded: (sums[column] &+ rounding) &>> 2) }
      case .both:
        let (near, other) = neighbours(row)
        Self.add(base + near, base + other, width, to: sums)
        Self.doubleAcross(sums, width, to: target)
      case .repeated(let across, let down):
        let line = base + row / down * stride
        for column in 0..<width {
          for place in 0..<across { target[column &* across &+ place] = line[column] }
        }
      }
    }
  }
}

// The interpolations of libjpeg: a new sample is three quarters of the nearer old one and a quarter of the other, in each
// direction. Halves are rounded up and down in turns, so that nothing drifts.

extension JPEGPlane {
  /// Where the two old rows begin that the new row `row` lies between, the nearer one first. Beyond the edge is the edge.
  private func neighbours(_ row: Int) -> (Int, Int) {
    let near = row / 2
    let other = min(max(row % 2 == 0 ? near - 1 : near + 1, 0), height - 1)
    return (near * stride, other * stride)
  }

  /// Three times one row and another.
  private static func add(
    _ near: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, _ width: Int, to sums: UnsafeMutablePointer<UInt16>
  ) {
    for column in 0..<width { sums[column] = 3 &* UInt16(near[column]) &+ UInt16(other[column]) }
  }

  private static func doubleAcross(
    _ line: UnsafePointer<UInt8>, _ width: Int, to target: UnsafeMutablePointer<UInt8>
  ) {
    target[0] = line[0]
    for column in 1..<width {
      let (left, right) = (UInt16(line[column &- 1]), UInt16(line[column]))
      target[2 &* column &- 1] = UInt8(truncatingIfNeeded: (3 &* left &+ right &+ 2) &>> 2)
      target[2 &* column] = UInt8(truncatingIfNeeded: (3 &* right &+ left &+ 1) &>> 2)
    }
    target[2 * width - 1] = line[width - 1]
  }

  /// - Parameter sums: of two rows, four times as large as samples.
  private static func doubleAcross(
    _ sums: UnsafePointer<UInt16>, _ width: Int, to target: UnsafeMutablePointer<UInt8>
  ) {
    target[0] = UInt8(truncatingIfNeeded: (4 &* sums[0] &+ 8) &>> 4)
    for column in 1..<width {
      let (left, right) = (sums[column &- 1], sums[column])
      target[2 &* column &- 1] = UInt8(truncatingIfNeeded: (3 &* left &+ right &+ 7) &>> 4)
      target[2 &* column] = UInt8(truncatingIfNeeded: (3 &* right &+ left &+ 8) &>> 4)
    }
    target[2 * width - 1] = UInt8(truncatingIfNeeded: (4 &* sums[width - 1] &+ 7) &>> 4)
  }
}

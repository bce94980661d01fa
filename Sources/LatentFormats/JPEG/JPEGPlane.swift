/// One channel of a JPEG image at the size of the image.
struct JPEGPlane {
  /// The samples in rows, ``stride`` from one to the next.
  private(set) var samples: [UInt8]
  private(set) var stride: Int

  /// The samples of a channel, interpolated if there are fewer of them than pixels.
  init(_ component: JPEGComponent, of frame: JPEGFrame) {
    stride = component.blocksPerRow * 8
    samples = [UInt8](unsafeUninitializedCapacity: component.coefficients.count) { target, count in
      count = component.coefficients.count
      Self.transform(component, to: target)
    }
    let (across, down) = (frame.widestSampling / component.across, frame.tallestSampling / component.down)
    // A channel of one or two columns has too few to interpolate between.
    let isSmooth = across == 1 || component.width > 2
    switch (across, down) {
    case (1, 1): break
    case (2, 1) where isSmooth: self = doubledAcross(component)
    case (1, 2): self = doubledDown(component)
    case (2, 2) where isSmooth: self = doubled(component)
    default: self = repeated(component, across, down)
    }
  }

  private init(_ samples: [UInt8], stride: Int) { (self.samples, self.stride) = (samples, stride) }

  private static func transform(_ component: JPEGComponent, to target: UnsafeMutableBufferPointer<UInt8>) {
    let stride = component.blocksPerRow * 8
    component.coefficients.withUnsafeBufferPointer { coefficients in
      component.steps.withUnsafeBufferPointer { steps in
        guard let steps = steps.baseAddress, let source = coefficients.baseAddress, let target = target.baseAddress
        else { return }
        for row in 0..<component.blocksPerColumn {
          for column in 0..<component.blocksPerRow {
            JPEGTransform.samples(
              of: source + (row * component.blocksPerRow + column) * 64, steps: steps,
              to: target + row * 8 * stride + column * 8, stride: stride)
          }
        }
      }
    }
  }

  /// Each sample as a rectangle.
  private func repeated(_ component: JPEGComponent, _ across: Int, _ down: Int) -> JPEGPlane {
    var result: [UInt8] = []
    result.reserveCapacity(component.width * across * component.height * down)
    for row in 0..<component.height {
      let line = samples[row * stride..<row * stride + component.width]
      let wide = across == 1 ? Array(line) : line.flatMap { repeatElement($0, count: across) }
      for _ in 0..<down { result += wide }
    }
    return JPEGPlane(result, stride: component.width * across)
  }
}

// The interpolations of libjpeg: a new sample is three quarters of the nearer old one and a quarter of the other, in each
// direction. Halves are rounded up and down in turns, so that nothing drifts.

extension JPEGPlane {
  private func doubledAcross(_ component: JPEGComponent) -> JPEGPlane {
    let width = component.width
    return made(width: 2 * width, height: component.height) { target, row in
      samples.withUnsafeBufferPointer { samples in
        let line = UnsafeBufferPointer(rebasing: samples[row * stride..<row * stride + width])
        target[0] = line[0]
        target[2 * width - 1] = line[width - 1]
        for column in 0..<width {
          let nearer = 3 * UInt16(line[column])
          if column > 0 { target[2 * column] = UInt8(truncatingIfNeeded: (nearer + UInt16(line[column - 1]) + 1) >> 2) }
          if column < width - 1 {
            target[2 * column + 1] = UInt8(truncatingIfNeeded: (nearer + UInt16(line[column + 1]) + 2) >> 2)
          }
        }
      }
    }
  }

  private func doubledDown(_ component: JPEGComponent) -> JPEGPlane {
    made(width: component.width, height: 2 * component.height) { target, row in
      let (near, other) = neighbours(row, component.height)
      let rounding: UInt16 = row % 2 == 0 ? 1 : 2
      samples.withUnsafeBufferPointer { samples in
        for column in 0..<component.width {
          let (a, b) = (UInt16(samples[near + column]), UInt16(samples[other + column]))
          target[column] = UInt8(truncatingIfNeeded: (3 * a + b + rounding) >> 2)
        }
      }
    }
  }

  private func doubled(_ component: JPEGComponent) -> JPEGPlane {
    let width = component.width
    return made(width: 2 * width, height: 2 * component.height) { target, row in
      let (near, other) = neighbours(row, component.height)
      samples.withUnsafeBufferPointer { samples in
        func sum(_ column: Int) -> UInt16 { 3 * UInt16(samples[near + column]) + UInt16(samples[other + column]) }
        var (last, this) = (sum(0), sum(0))
        for column in 0..<width {
          let next = column < width - 1 ? sum(column + 1) : this
          target[2 * column] = UInt8(truncatingIfNeeded: (3 * this + last + 8) >> 4)
          target[2 * column + 1] = UInt8(truncatingIfNeeded: (3 * this + next + 7) >> 4)
          (last, this) = (this, next)
        }
      }
    }
  }

  /// Where the two old rows begin that the new row `row` lies between, the nearer one first. Beyond the edge is the edge.
  private func neighbours(_ row: Int, _ height: Int) -> (Int, Int) {
    let near = row / 2
    let other = min(max(row % 2 == 0 ? near - 1 : near + 1, 0), height - 1)
    return (near * stride, other * stride)
  }

  /// A plane whose rows `fill` writes.
  private func made(
    width: Int, height: Int, _ fill: (_ target: UnsafeMutablePointer<UInt8>, _ row: Int) -> Void
  ) -> JPEGPlane {
    let all = [UInt8](unsafeUninitializedCapacity: width * height) { target, count in
      count = width * height
      guard let target = target.baseAddress else { return }
      for row in 0..<height { fill(target + row * width, row) }
    }
    return JPEGPlane(all, stride: width)
  }
}

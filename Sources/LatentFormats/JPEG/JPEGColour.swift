/// How the channels of a JPEG image become pixels.
struct JPEGColour {
  private let width: Int
  private let height: Int
  private let isTransformed: Bool

  /// - Parameter isTransformed: whether three channels are brightness, blue and red differences, not red, green and blue.
  init(_ frame: JPEGFrame, isTransformed: Bool) {
    (width, height) = (frame.width, frame.height)
    self.isTransformed = isTransformed
  }

  /// The pixels of one or three channels, `[height, width, channels]`.
  func pixels(of planes: [JPEGPlane]) -> [UInt8] {
    let count = planes.count
    return [UInt8](unsafeUninitializedCapacity: width * height * count) { target, size in
      size = width * height * count
      for (channel, plane) in planes.enumerated() {
        plane.samples.withUnsafeBufferPointer { samples in
          for row in 0..<height {
            let (from, to) = (row * plane.stride, row * width * count + channel)
            for column in 0..<width { target[to + column * count] = samples[from + column] }
          }
        }
      }
      if count == 3, isTransformed { Self.transform(target, width * height) }
    }
  }

  /// Factors of the transform with 16 bits after the point.
  private static func fixed(_ value: Double) -> Int32 { Int32((value * 65536).rounded()) }

  /// ITU-T T.871, section 7, in place.
  private static func transform(_ pixels: UnsafeMutableBufferPointer<UInt8>, _ count: Int) {
    let (redOfRed, blueOfBlue) = (fixed(1.402), fixed(1.772))
    let (greenOfRed, greenOfBlue) = (fixed(0.71414), fixed(0.34414))
    let half: Int32 = 1 << 15
    for pixel in 0..<count {
      let brightness = Int32(pixels[3 * pixel])
      let (blue, red) = (Int32(pixels[3 * pixel + 1]) - 128, Int32(pixels[3 * pixel + 2]) - 128)
      func clamped(_ difference: Int32) -> UInt8 {
        UInt8(truncatingIfNeeded: min(max(brightness + (difference + half) >> 16, 0), 255))
      }
      pixels[3 * pixel] = clamped(redOfRed * red)
      pixels[3 * pixel + 1] = clamped(-greenOfBlue * blue - greenOfRed * red)
      pixels[3 * pixel + 2] = clamped(blueOfBlue * blue)
    }
  }
}

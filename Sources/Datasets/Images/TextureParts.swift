// What drawn textures are put together from. No function of a mathematics library is in it, whose last bits would differ
// between platforms.

/// 0 at whole numbers, 1 between them, straight lines on the way.
func triangleWave(_ phase: Float) -> Float {
  let part = phase - phase.rounded(.down)
  return 1 - abs(2 * part - 1)
}

/// Random numbers at the corners of a grid, and smoothly in between.
struct Cloud {
  /// The pixels from a corner to the next.
  let cell: Float
  let key: UInt64

  func value(_ place: SIMD2<Float>) -> Float {
    let scaled = place / cell
    let first = scaled.rounded(.down)
    let part = scaled - first
    let (row, column) = (Int(first.x), Int(first.y))
    let share = part * part * (3 - 2 * part)
    let above = corner(row, column) + (corner(row, column + 1) - corner(row, column)) * share.y
    let below = corner(row + 1, column) + (corner(row + 1, column + 1) - corner(row + 1, column)) * share.y
    return above + (below - above) * share.x
  }

  /// In 0..<1, the same for the same corner (the finalizer of SplitMix64).
  private func corner(_ row: Int, _ column: Int) -> Float {
    var bits = key &+ UInt64(row) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(column) &* 0xC2B2_AE3D_27D4_EB4F
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float((bits ^ (bits >> 31)) >> 40) / 16_777_216
  }
}

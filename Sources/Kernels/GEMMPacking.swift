// Packing: operands of any strides into panels the micro-kernel reads from front to back.

/// Packs rows of A into panels `[depth][gemmTileRows]`.
///
/// - Parameters:
///   - source: element (row, k) is `source[row * rowStride + k * columnStride]`; strides may be anything.
///   - rows: rows to pack; the last panel is padded with zeros.
///   - target: `ceil(rows / gemmTileRows) * gemmTileRows * depth` floats, all written.
package func gemmPackA(
  rows: Int, depth: Int, source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
  target: UnsafeMutablePointer<Float>
) {
  gemmPack(rows, depth, source, rowStride, columnStride, gemmTileRows, target)
}

/// Packs columns of B into panels `[depth][gemmTileColumns]`.
///
/// - Parameters:
///   - source: element (k, column) is `source[k * rowStride + column * columnStride]`; strides may be anything.
///   - columns: columns to pack; the last panel is padded with zeros.
///   - target: `ceil(columns / gemmTileColumns) * gemmTileColumns * depth` floats, all written.
package func gemmPackB(
  columns: Int, depth: Int, source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
  target: UnsafeMutablePointer<Float>
) {
  gemmPack(columns, depth, source, columnStride, rowStride, gemmTileColumns, target)
}

/// Both: a *lane* is a row of A or a column of B, `width` lanes make a panel.
@inline(__always)
private func gemmPack(
  _ lanes: Int, _ depth: Int, _ source: UnsafePointer<Float>, _ laneStride: Int, _ depthStride: Int, _ width: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  if laneStride == 1 {
    gemmPackRows(lanes, depth, source, depthStride, width, target)
  } else if depthStride == 1 {
    gemmPackTransposed(lanes, depth, source, laneStride, width, target)
  } else {
    gemmPackStrided(lanes, depth, source, laneStride, depthStride, width, target)
  }
}

/// Neighbouring lanes are neighbours in memory: each row of a panel is a copy. A row of the source is read across a
/// few panels before the next one, because a large stride makes each row a new page.
@inline(__always)
private func gemmPackRows(
  _ lanes: Int, _ depth: Int, _ source: UnsafePointer<Float>, _ depthStride: Int, _ width: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  let panelsAtOnce = 4
  let full = lanes / width
  var panel = 0
  while panel < full {
    let end = min(full, panel + panelsAtOnce)
    for k in 0..<depth {
      var from = source + (k * depthStride + panel * width)
      var to = target + (panel * depth + k) * width
      for _ in panel..<end {
        gemmCopy(from, to, width)
        from += width
        to += width * depth
      }
    }
    panel = end
  }
  let rest = lanes - full * width
  guard rest > 0 else { return }
  for k in 0..<depth {
    let from = source + (k * depthStride + full * width)
    let to = target + (full * depth + k) * width
    for lane in 0..<width { to[lane] = lane < rest ? from[lane] : 0 }
  }
}

/// Copies `width` floats, which is known at compile time and even.
@inline(__always)
func gemmCopy(_ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ width: Int) {
  var lane = 0
  while lane + Vector.scalarCount <= width {
    store(load(from + lane), to + lane)
    lane += Vector.scalarCount
  }
  while lane + 4 <= width {
    storeQuad(loadQuad(from + lane), to + lane)
    lane += 4
  }
  while lane < width {
    to[lane] = from[lane]
    lane += 1
  }
}

/// Each lane is contiguous: blocks of 4 × 4 are transposed in registers, and of whole panels a line of a cache of each
/// lane at a time, so that lines of the panel are written while they are in the first-level cache. A lane beyond the
/// last one reads as zeros. (Not private: the compiler would keep it as a weak symbol.)
@inline(never)
func gemmPackTransposed(
  _ lanes: Int, _ depth: Int, _ source: UnsafePointer<Float>, _ laneStride: Int, _ width: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  var first = 0
  while first < lanes {
    let panel = target + first * depth
    let whole = first + width <= lanes && width % 4 == 0 ? depth / 16 * 16 : 0
    gemmTransposeLines(whole, source + first * laneStride, laneStride, width, panel)
    var lane = whole < depth ? 0 : width
    while lane < width {
      let group = min(4, width - lane)
      let valid = max(0, min(group, lanes - first - lane))
      // Zero lanes are not read: the offset of such a group may lie outside the source.
      let from = valid == 0 ? source : source + ((first + lane) * laneStride + whole)
      gemmTransposeGroup(depth - whole, from, laneStride, valid, group, width, panel + (whole * width + lane))
      lane += 4
    }
    first += width
  }
}

/// Packs a whole panel whose depth is a multiple of 16 and whose width is one of 4.
@inline(__always)
private func gemmTransposeLines(
  _ depth: Int, _ source: UnsafePointer<Float>, _ laneStride: Int, _ width: Int, _ target: UnsafeMutablePointer<Float>
) {
  var first = 0
  while first < depth {
    var lane = 0
    while lane < width {
      let from = source + (lane * laneStride + first)
      let to = target + (first * width + lane)
      var k = 0
      while k < 16 {
        gemmTranspose4x4(from + k, laneStride, to + k * width, width)
        k += 4
      }
      lane += 4
    }
    first += 16
  }
}

/// Writes the columns of four rows of four floats, `rowStride` apart, as rows `width` apart.
@inline(__always)
private func gemmTranspose4x4(
  _ source: UnsafePointer<Float>, _ rowStride: Int, _ target: UnsafeMutablePointer<Float>, _ width: Int
) {
  let (a, b) = (loadQuad(source), loadQuad(source + rowStride))
  let (c, d) = (loadQuad(source + 2 * rowStride), loadQuad(source + 3 * rowStride))
  storeQuad(SIMD4(a.x, b.x, c.x, d.x), target)
  storeQuad(SIMD4(a.y, b.y, c.y, d.y), target + width)
  storeQuad(SIMD4(a.z, b.z, c.z, d.z), target + 2 * width)
  storeQuad(SIMD4(a.w, b.w, c.w, d.w), target + 3 * width)
}

/// Packs up to four lanes, `group` (4 or 2) wide in the panel, of which `valid` exist.
@inline(__always)
private func gemmTransposeGroup(
  _ depth: Int, _ source: UnsafePointer<Float>, _ laneStride: Int, _ valid: Int, _ group: Int, _ width: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  let (lane1, lane2, lane3) = (source + laneStride, source + 2 * laneStride, source + 3 * laneStride)
  var k = 0
  while k + 4 <= depth {
    let a = valid > 0 ? loadQuad(source + k) : .zero
    let b = valid > 1 ? loadQuad(lane1 + k) : .zero
    let c = valid > 2 ? loadQuad(lane2 + k) : .zero
    let d = valid > 3 ? loadQuad(lane3 + k) : .zero
    let to = target + k * width
    if group == 4 {
      storeQuad(SIMD4(a.x, b.x, c.x, d.x), to)
      storeQuad(SIMD4(a.y, b.y, c.y, d.y), to + width)
      storeQuad(SIMD4(a.z, b.z, c.z, d.z), to + 2 * width)
      storeQuad(SIMD4(a.w, b.w, c.w, d.w), to + 3 * width)
    } else {
      gemmStore2(SIMD2(a.x, b.x), to)
      gemmStore2(SIMD2(a.y, b.y), to + width)
      gemmStore2(SIMD2(a.z, b.z), to + 2 * width)
      gemmStore2(SIMD2(a.w, b.w), to + 3 * width)
    }
    k += 4
  }
  while k < depth {
    for lane in 0..<group {
      target[k * width + lane] = lane < valid ? source[lane * laneStride + k] : 0
    }
    k += 1
  }
}

/// No stride is 1: element by element.
@inline(__always)
private func gemmPackStrided(
  _ lanes: Int, _ depth: Int, _ source: UnsafePointer<Float>, _ laneStride: Int, _ depthStride: Int, _ width: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  var first = 0
  while first < lanes {
    let valid = min(width, lanes - first)
    for k in 0..<depth {
      let from = source + (first * laneStride + k * depthStride)
      let to = target + (first * depth + k * width)
      for lane in 0..<width { to[lane] = lane < valid ? from[lane * laneStride] : 0 }
    }
    first += width
  }
}

@inline(__always)
func gemmStore2(_ value: SIMD2<Float>, _ p: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(p).storeBytes(of: value, as: SIMD2<Float>.self)
}

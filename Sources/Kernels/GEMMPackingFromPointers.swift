// Packing of operands whose rows lie anywhere: each row, or lane, comes with a pointer of its own. So the patches of an
// image, and a weight in any order of its axes, go into panels without a copy of them in between.
//
// Panels are as in GEMMPacking.swift: `[depth][width]`, where `width` is `gemmTileRows` for A and `gemmTileColumns` for
// B, and a *lane* is a row of A or a column of B.

/// Packs contiguous lanes into panels of B: lane i is `sources[i][0..<depth]`.
///
/// - Parameters:
///   - lanes: how many; the last panel is padded with zeros.
///   - panelStride: floats from one panel of the target to the next, at least `depth * gemmTileColumns`.
///   - target: where the first panel's first row goes.
package func gemmPackLanesB(
  lanes: Int, depth: Int, sources: UnsafePointer<UnsafePointer<Float>>, panelStride: Int,
  target: UnsafeMutablePointer<Float>
) {
  gemmPackLanes(lanes, depth, sources, gemmTileColumns, panelStride, target)
}

/// Packs a part of some rows of depth into panels of A: row k is `sources[k][0..<lanes]`.
///
/// - Parameters:
///   - depth: how many rows.
///   - lanes: how many floats of each row.
///   - firstLane: the lane of the target that the first float of a row is; other lanes stay as they are.
///   - panelStride: floats from one panel of the target to the next, at least `depth * gemmTileRows`.
///   - target: where the row of depth of the first panel goes.
package func gemmPackDepthA(
  depth: Int, lanes: Int, sources: UnsafePointer<UnsafePointer<Float>>, firstLane: Int, panelStride: Int,
  target: UnsafeMutablePointer<Float>
) {
  gemmPackDepth(depth, lanes, sources, firstLane, gemmTileRows, panelStride, target)
}

/// The same for panels of B.
package func gemmPackDepthB(
  depth: Int, lanes: Int, sources: UnsafePointer<UnsafePointer<Float>>, firstLane: Int, panelStride: Int,
  target: UnsafeMutablePointer<Float>
) {
  gemmPackDepth(depth, lanes, sources, firstLane, gemmTileColumns, panelStride, target)
}

/// `targets[i][j] += sources[i][j]` for `rows` rows of `length` floats, one after the other: targets may overlap.
package func addToRows(
  rows: Int, length: Int, sources: UnsafePointer<UnsafePointer<Float>>,
  targets: UnsafePointer<UnsafeMutablePointer<Float>>
) {
  for row in 0..<rows {
    let from = sources[row]
    let to = targets[row]
    var i = 0
    while i <= length &- Vector.scalarCount {
      store(load(to + i) + load(from + i), to + i)
      i &+= Vector.scalarCount
    }
    while i <= length &- 4 {
      storeQuad(loadQuad(to + i) + loadQuad(from + i), to + i)
      i &+= 4
    }
    while i < length {
      to[i] += from[i]
      i &+= 1
    }
  }
}

@inline(__always)
private func gemmPackLanes(
  _ lanes: Int, _ depth: Int, _ sources: UnsafePointer<UnsafePointer<Float>>, _ width: Int, _ panelStride: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  var first = 0
  var panel = target
  while first < lanes {
    var lane = 0
    while lane < width {
      let group = min(4, width &- lane)
      let valid = max(0, min(group, lanes &- first &- lane))
      gemmTransposeLanes(depth, sources + (first &+ lane), valid, group, width, panel + lane)
      lane &+= 4
    }
    first &+= width
    panel += panelStride
  }
}

/// Packs up to four lanes, `group` (4 or 2) wide in the panel, of which `valid` exist.
@inline(__always)
private func gemmTransposeLanes(
  _ depth: Int, _ sources: UnsafePointer<UnsafePointer<Float>>, _ valid: Int, _ group: Int, _ width: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  guard valid == group else { return gemmTransposeFewLanes(depth, sources, valid, group, width, target) }
  let (lane0, lane1) = (sources[0], sources[1])
  let (lane2, lane3) = (sources[group == 4 ? 2 : 0], sources[group == 4 ? 3 : 1])
  var k = 0
  var to = target
  while k <= depth &- 4 {
    let a = loadQuad(lane0 + k)
    let b = loadQuad(lane1 + k)
    if group == 4 {
      let c = loadQuad(lane2 + k)
      let d = loadQuad(lane3 + k)
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
    to += 4 * width
    k &+= 4
  }
  while k < depth {
    to[0] = lane0[k]
    to[1] = lane1[k]
    if group == 4 {
      to[2] = lane2[k]
      to[3] = lane3[k]
    }
    to += width
    k &+= 1
  }
}

/// The last lanes, element by element.
@inline(never)
func gemmTransposeFewLanes(
  _ depth: Int, _ sources: UnsafePointer<UnsafePointer<Float>>, _ valid: Int, _ group: Int, _ width: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  for k in 0..<depth {
    for lane in 0..<group { target[k &* width &+ lane] = lane < valid ? sources[lane][k] : 0 }
  }
}

/// Rows are cut where panels begin: the rest of a panel, whole panels, the beginning of one. A row is read across a few
/// panels before the next one, because rows may lie far apart.
@inline(__always)
private func gemmPackDepth(
  _ depth: Int, _ lanes: Int, _ sources: UnsafePointer<UnsafePointer<Float>>, _ firstLane: Int, _ width: Int,
  _ panelStride: Int, _ target: UnsafeMutablePointer<Float>
) {
  let panelsAtOnce = 4
  var done = 0
  while done < lanes {
    let lane = firstLane &+ done
    let place = lane % width
    let count = min(width &- place, lanes &- done)
    let panel = target + (lane / width &* panelStride &+ place)
    if count == width {
      let panels = min(panelsAtOnce, (lanes &- done) / width)
      for k in 0..<depth {
        var from = sources[k] + done
        var to = panel + k &* width
        for _ in 0..<panels {
          gemmCopy(from, to, width)
          from += width
          to += panelStride
        }
      }
      done &+= panels &* width
      continue
    }
    if count == 4 {
      for k in 0..<depth { storeQuad(loadQuad(sources[k] + done), panel + k &* width) }
    } else {
      for k in 0..<depth {
        let (from, to) = (sources[k] + done, panel + k &* width)
        for i in 0..<count { to[i] = from[i] }
      }
    }
    done &+= count
  }
}

import LatentSystem

extension VolumeSet {
  /// These volumes brought to `side` voxels along each axis.
  ///
  /// A volume that is no cube is put in the middle of the smallest one that holds it, so proportions stay. Each voxel is
  /// the mean of what it covers: smaller volumes keep how much of them is filled, larger ones are made of blocks.
  /// - Precondition: `side >= 1`.
  public func resized(to side: Int) -> VolumeSet {
    require(side >= 1, "VolumeSet.resized: a side of \(side); the least is 1")
    if depth == side, height == side, width == side { return self }
    let cube = max(depth, height, width)
    let axes = [depth, height, width].map { VolumeAxis(size: $0, cube: cube, side: side) }
    var resized: [UInt8] = []
    resized.reserveCapacity(count * side * side * side)
    for index in 0..<count {
      var volume = voxels[index * volumeSize..<(index + 1) * volumeSize].map { Float($0) }
      var (outer, inner) = (1, volumeSize)
      for axis in axes {
        inner /= axis.size
        volume = axis.means(volume, outer: outer, inner: inner)
        outer *= side
      }
      for value in volume { resized.append(UInt8(min(255, value + 0.5))) }
    }
    return requireSome(
      try? VolumeSet(voxels: resized, depth: side, height: side, width: side), "VolumeSet.resized: no volumes")
  }
}

/// How an axis in the middle of a longer one becomes `side` parts of that.
private struct VolumeAxis {
  let size: Int
  /// For each part the places that it covers, and their shares in it; what lies beyond the axis is empty.
  private let parts: [[(place: Int, share: Float)]]

  init(size: Int, cube: Int, side: Int) {
    self.size = size
    let (length, offset) = (Double(cube) / Double(side), Double(cube - size) / 2)
    parts = (0..<side).map { part in
      let (start, end) = (Double(part) * length - offset, Double(part + 1) * length - offset)
      let first = max(0, Int(start.rounded(.down)))
      let places = first..<max(first, min(size, Int(end.rounded(.up))))
      return places.compactMap { place in
        let covered = min(end, Double(place + 1)) - max(start, Double(place))
        return covered > 0 ? (place, Float(covered / length)) : nil
      }
    }
  }

  /// `[outer, size, inner]` → `[outer, side, inner]`.
  func means(_ values: [Float], outer: Int, inner: Int) -> [Float] {
    var result = [Float](repeating: 0, count: outer * parts.count * inner)
    for block in 0..<outer {
      for (part, covered) in parts.enumerated() {
        let target = (block * parts.count + part) * inner
        for (place, share) in covered {
          let source = (block * size + place) * inner
          for index in 0..<inner { result[target + index] += share * values[source + index] }
        }
      }
    }
    return result
  }
}

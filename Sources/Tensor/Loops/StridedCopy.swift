/// Copies a box of scalars between two strided layouts: what permuting, slicing, padding, broadcasting and joining are.
struct StridedCopy {
  private var sizes: [Int] = []
  private var sourceStrides: [Int] = []
  private var targetStrides: [Int] = []

  /// - Parameters:
  ///   - sizes: the box.
  ///   - sourceStrides, targetStrides: the distances between neighbours along each axis of the box.
  init(_ sizes: [Int], from sourceStrides: [Int], to targetStrides: [Int]) {
    for axis in sizes.indices where sizes[axis] != 1 {
      let last = self.sizes.count - 1
      let (size, source, target) = (sizes[axis], sourceStrides[axis], targetStrides[axis])
      if last >= 0, self.sourceStrides[last] == source * size, self.targetStrides[last] == target * size {
        self.sizes[last] *= size
        self.sourceStrides[last] = source
        self.targetStrides[last] = target
      } else {
        self.sizes.append(size)
        self.sourceStrides.append(source)
        self.targetStrides.append(target)
      }
    }
  }

  func run(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>) {
    guard sizes.allSatisfy({ $0 > 0 }) else { return }
    let plane = planeAxes
    let others = sizes.indices.filter { $0 != plane.row && $0 != plane.column }
    let (rows, columns) = (size(plane.row), size(plane.column))
    let planes = others.reduce(1) { $0 * sizes[$1] }
    let planesAtOnce = max(1, Elementwise.chunk / max(1, rows * columns))
    let rowsAtOnce = max(16, Elementwise.chunk / max(1, columns))
    Elementwise.forEachChunk(planes, size: planesAtOnce) { range in
      for index in range {
        let (from, to) = offsets(of: index, along: others)
        if planes > 1 {
          copyPlane(source + from, target + to, plane, rows: 0..<rows)
        } else {
          Elementwise.forEachChunk(rows, size: rowsAtOnce) { copyPlane(source + from, target + to, plane, rows: $0) }
        }
      }
    }
  }

  private typealias Plane = (row: Int, column: Int)

  /// The two axes that one kernel call copies: the last one, and the one along which the source is contiguous.
  private var planeAxes: Plane {
    let column = sizes.count - 1
    guard column > 0 else { return (-1, column) }
    let contiguous = sizes.indices.dropLast().first { sourceStrides[$0] == 1 }
    let isTransposed = sourceStrides[column] != 1 && targetStrides[column] == 1
    return (isTransposed ? contiguous ?? column - 1 : column - 1, column)
  }

  private func size(_ axis: Int) -> Int { axis < 0 ? 1 : sizes[axis] }

  private func offsets(of index: Int, along axes: [Int]) -> (source: Int, target: Int) {
    var rest = index
    var (source, target) = (0, 0)
    for axis in axes.reversed() {
      let coordinate = rest % sizes[axis]
      rest /= sizes[axis]
      source += coordinate * sourceStrides[axis]
      target += coordinate * targetStrides[axis]
    }
    return (source, target)
  }

  private func copyPlane(
    _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ plane: Plane, rows: Range<Int>
  ) {
    let columns = size(plane.column)
    let sourceRow = plane.row < 0 ? 0 : sourceStrides[plane.row]
    let targetRow = plane.row < 0 ? 0 : targetStrides[plane.row]
    let sourceColumn = plane.column < 0 ? 1 : sourceStrides[plane.column]
    let targetColumn = plane.column < 0 ? 1 : targetStrides[plane.column]
    let (from, to) = (source + rows.lowerBound * sourceRow, target + rows.lowerBound * targetRow)
    if sourceRow == 1 && sourceColumn != 1 && sourceColumn != 0 && targetColumn == 1 {
      // Rows of the source run along the plane's row axis.
      kernels.movement.transpose2D(from, sourceColumn, to, targetRow, columns, rows.count)
    } else {
      kernels.movement.copyStrided2D(from, sourceColumn, sourceRow, to, targetColumn, targetRow, columns, rows.count)
    }
  }
}

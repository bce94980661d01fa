import LatentSystem

extension Tensor {
  /// A scalar, of shape `[]`.
  public init(_ value: Float) { self.init(repeating: value, shape: []) }

  /// A vector of shape `[scalars.count]`.
  public init(_ scalars: [Float]) { self.init(scalars, shape: [scalars.count]) }

  /// A matrix of shape `[rows.count, columns]`.
  /// - Precondition: all rows are equally long.
  public init(_ rows: [[Float]]) {
    let columns = rows.first?.count ?? 0
    for (index, row) in rows.enumerated() {
      require(row.count == columns, "Tensor: row \(index) has \(row.count) scalars, row 0 has \(columns)")
    }
    self.init(rows.flatMap { $0 }, shape: [rows.count, columns])
  }

  /// A tensor of shape `shape` with the given scalars in row-major order.
  /// - Precondition: `scalars.count == shape.scalarCount`.
  public init(_ scalars: [Float], shape: Shape) {
    require(
      scalars.count == shape.scalarCount,
      "Tensor: \(scalars.count) scalars for shape \(shape), which has \(shape.scalarCount)")
    self.init(shape) { pointer in
      scalars.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { pointer.update(from: base, count: source.count) }
      }
    }
  }

  /// A tensor of shape `shape` with `value` everywhere.
  public init(repeating value: Float, shape: Shape) { self.init(repeating: value, shape: shape, for: #function) }

  private init(repeating value: Float, shape: Shape, for operation: StaticString) {
    self.init(shape, for: operation) { pointer in
      Elementwise.forEachChunk(shape.scalarCount) { range in
        kernels.movement.fill(value, pointer + range.lowerBound, range.count)
      }
    }
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: Shape) -> Tensor { Tensor(repeating: 0, shape: shape, for: #function) }

  /// Zeros in the shape of `other`.
  public static func zeros(like other: Tensor) -> Tensor { zeros(other.shape) }

  /// A tensor of ones.
  public static func ones(_ shape: Shape) -> Tensor { Tensor(repeating: 1, shape: shape, for: #function) }

  /// Ones in the shape of `other`.
  public static func ones(like other: Tensor) -> Tensor { ones(other.shape) }

  /// The identity matrix, of shape `[size, size]`.
  public static func identity(_ size: Int) -> Tensor {
    var result = zeros([size, size])
    result.withMutableScalars { scalars in for i in 0..<size { scalars[i * size + i] = 1 } }
    return result
  }

  /// The numbers `start`, `start + step`, …, of shape `[count]`.
  public static func ramp(from start: Float = 0, by step: Float = 1, count: Int) -> Tensor {
    Tensor((0..<count).map { start + Float($0) * step })
  }

  /// `count` numbers at equal distances from `start` to `end`, both included, of shape `[count]`.
  /// - Precondition: `count >= 2`.
  public static func linearSpace(from start: Float, to end: Float, count: Int) -> Tensor {
    require(count >= 2, "linearSpace: \(count) points cannot include both ends; at least 2 are needed")
    let step = (Double(end) - Double(start)) / Double(count - 1)
    return Tensor((0..<count).map { $0 == count - 1 ? end : Float(Double(start) + Double($0) * step) })
  }

  /// Rows that are 1 at the place of the label and 0 elsewhere, of shape `[labels.count, classCount]`.
  /// - Precondition: every label lies in `0..<classCount`.
  public static func oneHot(_ labels: [Int], classCount: Int) -> Tensor {
    var result = zeros([labels.count, classCount])
    result.withMutableScalars { scalars in
      for (row, label) in labels.enumerated() {
        require(
          label >= 0 && label < classCount, "oneHot: label \(label) at \(row) is not one of \(classCount) classes")
        scalars[row * classCount + label] = 1
      }
    }
    return result
  }
}

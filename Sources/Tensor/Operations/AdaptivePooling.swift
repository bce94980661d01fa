import LatentSystem

// Pooling to a given size, whatever the size before: a linear map along each axis.

extension Tensor {
  /// The means of as many windows as there shall be positions: `[N, L, C]` → `[N, size, C]`.
  ///
  /// Position `i` is the mean of positions `⌊i * L / size⌋ ..< ⌈(i + 1) * L / size⌉`, windows that overlap where the sizes
  /// do not divide, and repeat positions where the sequence is shorter (PyTorch's `adaptive_avg_pool1d`).
  ///
  /// - Precondition: this tensor has three axes, and neither sequence is empty.
  public func adaptiveAveragePool1d(to size: Int) -> Tensor {
    adaptivelyPooled("adaptiveAveragePool1d", "sequences [N, L, C]", to: [size])
  }

  /// The means of as many windows as there shall be pixels: `[N, H, W, C]` → `[N, height, width, C]`.
  ///
  /// Row `i` is the mean of rows `⌊i * H / height⌋ ..< ⌈(i + 1) * H / height⌉`, and columns likewise: windows that overlap
  /// where the sizes do not divide, and repeat pixels where the image is smaller (PyTorch's `adaptive_avg_pool2d`).
  ///
  /// ```swift
  /// let features = Tensor.ones([16, 13, 17, 512])
  /// features.adaptiveAveragePool2d(to: 7)   // [16, 7, 7, 512]
  /// ```
  ///
  /// - Precondition: this tensor has four axes, and neither image is empty.
  public func adaptiveAveragePool2d(to size: Size2D) -> Tensor {
    adaptivelyPooled("adaptiveAveragePool2d", "images [N, H, W, C]", to: size.sizes)
  }

  /// The means of as many windows as there shall be positions: `[N, D, H, W, C]` → `[N, depth, height, width, C]`; see
  /// ``adaptiveAveragePool2d(to:)``.
  ///
  /// - Precondition: this tensor has five axes, and neither volume is empty.
  public func adaptiveAveragePool3d(to size: Size3D) -> Tensor {
    adaptivelyPooled("adaptiveAveragePool3d", "volumes [N, D, H, W, C]", to: size.sizes)
  }

  private func adaptivelyPooled(_ operation: StaticString, _ kind: StaticString, to counts: [Int]) -> Tensor {
    require(rank == counts.count + 2, "\(operation): shape \(shape); \(kind) are needed")
    require(
      counts.allSatisfy { $0 >= 1 } && shape.sizes[1...counts.count].allSatisfy { $0 >= 1 },
      "\(operation): shape \(shape) to size \(counts); the least size along an axis is 1")
    var steps: [(axis: Int, map: AxisMap)] = []
    for (index, count) in counts.enumerated() where shape.sizes[index + 1] != count {
      let size = shape.sizes[index + 1]
      let map = AxisMap(from: size, to: count) { position in
        let window = position * size / count..<divideUp((position + 1) * size, count)
        return window.map { ($0, 1 / Float(window.count)) }
      }
      steps.append((index + 1, map))
    }
    return combined(by: steps)
  }
}

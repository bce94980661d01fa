import LatentSystem

/// The largest values of windows along one, two or three axes of `[N, sizes…, C]`, and their derivatives.
struct WindowMaximum: Sendable {
  /// Axes in the middle, three of them: those that are missing come first, with one position and a window of one.
  private let axes: [Tensor.ConvolutionAxis]
  private let input: [Int]
  private let output: [Int]
  private let samples: Int
  private let channels: Int
  private let inputShape: Tensor.Shape
  private let outputShape: Tensor.Shape

  /// - Precondition: the padding on each side is less than the window, and at least one window fits along each axis.
  init(_ shape: Tensor.Shape, _ axes: [Tensor.ConvolutionAxis], counts: [Int]) {
    let missing = 3 - axes.count
    self.axes = Array(repeating: Tensor.ConvolutionAxis(kernel: 1), count: missing) + axes
    input = Array(repeating: 1, count: missing) + shape.sizes[1...axes.count]
    output = Array(repeating: 1, count: missing) + counts
    (samples, channels, inputShape) = (shape[0], shape[-1], shape)
    outputShape = Tensor.Shape([shape[0]] + counts + [shape[-1]])
  }

  /// The largest value of each window.
  func values(_ x: Tensor) -> Tensor {
    x.recordUnary(
      "maxPool", mapped(x) { rows, x, start, y in kernels.pooling.maxOfWindows(rows, x, sizes, y + start) },
      saving: [.input(0), .output(0)]
    ) { u, saved in spread(u, saved[0], saved[1]) }
  }

  /// u where a value is the largest of its window, shared by those that are: linear in u.
  private func spread(_ u: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
    let sampleSize = input.reduce(1, *) * channels
    let result = Tensor(inputShape) { target in
      // Windows may overlap, so the rows of a sample are taken one after the other.
      Threads.parallelFor(samples) { sample in
        kernels.movement.fill(0, target + sample * sampleSize, sampleSize)
        for row in sample * rowCount..<(sample + 1) * rowCount {
          withRows(row, of: x.pointer) { rows, sources, places in
            withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>.self, capacity: rows) { targets in
              for index in 0..<rows { targets.initializeElement(at: index, to: target + places[index]) }
              let start = row * output[2] * channels
              kernels.pooling.maxOfWindowsGradient(
                rows, sources, sizes, y.pointer + start, u.pointer + start, targets.baseAddress!)
            }
          }
        }
      }
    }
    return u.recordUnary("maxPool's derivative", result, saving: [.constant(x), .constant(y)]) { v, saved in
      gathered(v, saved[0], saved[1])
    }
  }

  /// The adjoint of ``spread(_:_:_:)``: for each window the mean of v where its largest values are.
  private func gathered(_ v: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
    let result = mapped(x) { rows, sources, start, target in
      withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: rows) { others in
        for index in 0..<rows { others.initializeElement(at: index, to: v.pointer + (sources[index] - x.pointer)) }
        kernels.pooling.meanAtMaxOfWindows(
          rows, sources, sizes, y.pointer + start, others.baseAddress!, target + start)
      }
    }
    return v.recordUnary("maxPool's derivative", result, saving: [.constant(x), .constant(y)]) { u, saved in
      spread(u, saved[0], saved[1])
    }
  }

  // MARK: Rows

  private var sizes: WindowSizes {
    (input[2], axes[2].kernel, axes[2].stride, axes[2].padding.before, output[2], channels)
  }

  /// How many rows of windows a sample has.
  private var rowCount: Int { output[0] * output[1] }

  /// A tensor of the windows, made by `body` a row at a time, as a constant.
  /// - Parameter body: gets the rows of the input that the windows have, and where their values start in the target.
  private func mapped(
    _ x: Tensor,
    _ body: (_ rows: Int, _ sources: RowPointers, _ start: Int, _ target: UnsafeMutablePointer<Float>) -> Void
  ) -> Tensor {
    Tensor(outputShape) { target in
      let size = max(1, output[2] * channels)
      let rows = max(1, Elementwise.chunk / size)
      Elementwise.forEachChunk(samples * rowCount, size: rows) { range in
        for row in range {
          withRows(row, of: x.pointer) { rows, sources, _ in body(rows, sources, row * size, target) }
        }
      }
    }
  }

  /// Calls `body` with the rows of the input that the windows of a row have within it, and their places.
  private func withRows(
    _ row: Int, of x: UnsafePointer<Float>,
    _ body: (_ rows: Int, _ sources: RowPointers, _ places: UnsafeBufferPointer<Int>) -> Void
  ) {
    let (sample, depth, height) = (row / rowCount, row / output[1] % output[0], row % output[1])
    func positions(_ axis: Int, _ window: Int) -> Range<Int> {
      let start = window * axes[axis].stride - axes[axis].padding.before
      return max(0, start)..<min(input[axis], start + axes[axis].kernel)
    }
    let (planes, lines) = (positions(0, depth), positions(1, height))
    let capacity = planes.count * lines.count
    withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: capacity) { sources in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: capacity) { places in
        var count = 0
        for plane in planes {
          for line in lines {
            let place = (((sample * input[0] + plane) * input[1] + line) * input[2]) * channels
            sources.initializeElement(at: count, to: x + place)
            places.initializeElement(at: count, to: place)
            count += 1
          }
        }
        body(count, sources.baseAddress!, UnsafeBufferPointer(places))
      }
    }
  }
}

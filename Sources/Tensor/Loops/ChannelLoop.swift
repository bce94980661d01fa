import LatentSystem

/// How statistics and maps of channels run over a tensor `[N, …, C]`, seen as rows of C channels.
///
/// The kernels want whole vectors, so `group` rows side by side are taken as one row of `columns`. Sums are made per slice
/// of a fixed number of such rows and joined by a fixed binary tree, in Double at the end: the rows that fill no group,
/// and the columns that belong to one channel.
struct ChannelLoop {
  private let rows: Int
  private let channels: Int
  private let group: Int
  private let columns: Int

  init(_ shape: Tensor.Shape) {
    channels = shape[-1]
    rows = shape.sizes.dropLast().reduce(1, *)
    // The largest power of 2 that divides the channels: 16 columns suit every instruction set.
    let divisor = channels == 0 ? 16 : min(16, channels & -channels)
    group = 16 / divisor
    columns = group * channels
  }

  // MARK: Sums

  /// The mean and the mean squared distance from it, for each channel, `[C]`.
  func moments(_ x: Tensor) -> (mean: Tensor, variance: Tensor) {
    let partial = reduced { start, count, target in
      kernels.normalization.columnMoments(x.pointer + start, target, target + columns, count, columns)
    } join: { target, other, count, otherCount in
      kernels.normalization.joinColumnMoments(
        target, target + columns, other, other + columns, columns, count, otherCount)
    }
    let (mean, variance) = (Storage(count: channels), Storage(count: channels))
    for channel in 0..<channels {
      var total = (count: 0.0, mean: 0.0, squares: 0.0)
      func join(_ count: Double, _ mean: Double, _ squares: Double) {
        let (sum, distance) = (total.count + count, mean - total.mean)
        total.squares += squares + distance * distance * total.count * count / sum
        total.mean += distance * count / sum
        total.count = sum
      }
      forEachPartial(channel, partial) { join(Double(rows / group), $0, $1) }
      forEachRest(channel) { join(1, Double(x.pointer[$0]), 0) }
      mean.pointer[channel] = Float(total.mean)
      variance.pointer[channel] = Float(total.squares / total.count)
    }
    return (Tensor(storage: mean, shape: [channels]), Tensor(storage: variance, shape: [channels]))
  }

  /// `Σ u` and `Σ u · (x - mean)` for each channel, `[C]`.
  ///
  /// - Parameter fill: writes some of the scalars of u, from a place on, before they are read; nil if they are there.
  func gradientSums(
    _ u: Tensor, _ x: Tensor, mean: Tensor, filling fill: ((_ start: Int, _ count: Int) -> Void)? = nil
  ) -> (sum: Tensor, product: Tensor) {
    let means = widened(mean)
    let partial = reduced { start, count, target in
      fill?(start, count * columns)
      kernels.normalization.columnGradientSums(
        u.pointer + start, x.pointer + start, means.pointer, target, target + columns, count, columns)
    } join: { target, other, _, _ in
      kernels.binary.add(target, 1, 0, other, 1, 0, target, 2 * columns, 1)
    }
    withExtendedLifetime(means) {}
    let whole = rows / group * columns
    fill?(whole, rows * channels - whole)
    let (sum, product) = (Storage(count: channels), Storage(count: channels))
    for channel in 0..<channels {
      var total = (sum: 0.0, product: 0.0)
      forEachPartial(channel, partial) { total = (total.sum + $0, total.product + $1) }
      forEachRest(channel) {
        let u = Double(u.pointer[$0])
        total = (total.sum + u, total.product + u * (Double(x.pointer[$0]) - Double(mean.pointer[channel])))
      }
      sum.pointer[channel] = Float(total.sum)
      product.pointer[channel] = Float(total.product)
    }
    return (Tensor(storage: sum, shape: [channels]), Tensor(storage: product, shape: [channels]))
  }

  /// The same for u times the derivative of `function` where its value is y, and that product.
  func gradientSums(
    _ u: Tensor, through function: ChannelFinish.Function, at y: Tensor, _ x: Tensor, mean: Tensor
  ) -> (u: Tensor, sum: Tensor, product: Tensor) {
    let product = Storage(count: u.scalarCount)
    let through = Tensor(storage: product, shape: u.shape)
    let sums = gradientSums(through, x, mean: mean) { start, count in
      function.multiplySlope(u.pointer + start, y.pointer + start, product.pointer + start, count, kernels)
    }
    return (through, sums.sum, sums.product)
  }

  /// Two values a column, from the rows that fill groups; nil if there are none.
  private func reduced(
    _ reduce: (_ start: Int, _ count: Int, _ target: UnsafeMutablePointer<Float>) -> Void,
    join: (_ target: UnsafeMutablePointer<Float>, _ other: UnsafePointer<Float>, _ count: Int, _ otherCount: Int) ->
      Void
  ) -> Storage? {
    let all = rows / group
    // A multiple of 8, the rows that the kernels take at a time.
    let slice = max(8, Elementwise.chunk / max(1, columns) / 8 * 8)
    let slices = (all + slice - 1) / slice
    guard slices > 0 else { return nil }
    let partial = Storage(count: slices * 2 * columns)
    Threads.parallelFor(slices) { index in
      let start = index * slice
      reduce(start * columns, min(slice, all - start), partial.pointer + index * 2 * columns)
    }
    forEachPair(of: slices) { target, other, span in
      let (start, middle) = (target * slice, other * slice)
      let end = min(all, middle + span * slice)
      join(
        partial.pointer + target * 2 * columns, partial.pointer + other * 2 * columns, middle - start, end - middle)
    }
    return partial
  }

  /// Calls `body` with the two values of each column of a channel.
  private func forEachPartial(_ channel: Int, _ partial: Storage?, _ body: (Double, Double) -> Void) {
    guard let partial else { return }
    for column in stride(from: channel, to: columns, by: channels) {
      body(Double(partial.pointer[column]), Double(partial.pointer[columns + column]))
    }
  }

  /// Calls `body` with the places of a channel's scalars in the rows that fill no group.
  private func forEachRest(_ channel: Int, _ body: (Int) -> Void) {
    for row in rows / group * group..<rows { body(row * channels + channel) }
  }

  // MARK: Maps

  /// `(x - mean) · factor + offset` with one mean, factor and offset a channel, and then `function`, as a constant. The
  /// result for a row does not depend on how many rows there are.
  func normalized(
    _ x: Tensor, mean: Tensor, factor: Tensor, offset: Tensor, then function: ChannelFinish.Function? = nil
  ) -> Tensor {
    let (mean, factor, offset) = (widened(mean), widened(factor), widened(offset))
    return Tensor(x.shape) { output in
      forEachChunk { start, count in
        kernels.normalization.normalizeColumns(
          x.pointer + start, mean.pointer, factor.pointer, offset.pointer, output + start, count, columns)
        function?.run(output + start, count, kernels)
      }
      withExtendedLifetime((mean, factor, offset)) {}
    }
  }

  /// `factor · u + slope · (x - mean) + offset` with one mean, factor, slope and offset a channel, as a constant.
  func gradient(_ u: Tensor, _ x: Tensor, mean: Tensor, factor: Tensor, slope: Tensor, offset: Tensor) -> Tensor {
    let (mean, factor, slope, offset) = (widened(mean), widened(factor), widened(slope), widened(offset))
    return Tensor(x.shape) { output in
      forEachChunk { start, count in
        kernels.normalization.normalizeColumnsGradient(
          u.pointer + start, x.pointer + start, mean.pointer, factor.pointer, slope.pointer, offset.pointer,
          output + start, count, columns)
      }
      withExtendedLifetime((mean, factor, slope, offset)) {}
    }
  }

  /// Values of channels, repeated for each row of a group.
  private func widened(_ values: Tensor) -> Tensor {
    group == 1 ? values : values.detached().broadcast(to: [group, channels])
  }

  private func forEachChunk(_ body: (_ start: Int, _ count: Int) -> Void) {
    let size = max(1, Elementwise.chunk / max(1, columns)) * max(1, columns)
    Elementwise.forEachChunk(rows * channels, size: size, unit: max(1, columns)) { body($0.lowerBound, $0.count) }
  }
}

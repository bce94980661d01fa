import LatentSystem

/// Normalization of groups of neighbouring channels within each sample of `[N, …, C]`, with a scale and an offset for
/// each channel.
///
/// A sample is a matrix of positions and channels, of whose columns the kernels make the sums; those of the columns of a
/// group are joined in Double. The kernels want whole vectors, so `fold` positions side by side are taken as one row.
struct GroupNormalization: OwnNormalization {
  private let samples: Int
  private let positions: Int
  private let channels: Int
  private let groups: Int
  private let fold: Int
  private let columns: Int

  /// - Precondition: the shape is `[N, …, C]`, no axis but the first is empty, and `groups` divides C.
  init(_ shape: Tensor.Shape, groups: Int) {
    (samples, channels, self.groups) = (shape[0], shape[-1], groups)
    positions = shape.sizes.dropFirst().dropLast().reduce(1, *)
    fold = 16 / min(16, channels & -channels)
    columns = fold * channels
  }

  private var sampleSize: Int { positions * channels }
  private var groupSize: Int { channels / groups }

  func output(_ x: Tensor, _ scale: Tensor, _ offset: Tensor, _ epsilon: Float) -> Output {
    let (mean, inverse) = (Storage(count: samples * groups), Storage(count: samples * groups))
    let output = Tensor(x.shape) { output in
      Threads.parallelFor(samples) { sample in
        let x = x.pointer + sample * sampleSize
        let (means, inverses) = (mean.pointer + sample * groups, inverse.pointer + sample * groups)
        let work = Storage(count: 3 * columns)
        moments(x, work.pointer, epsilon, means, inverses)
        widen(work.pointer) { channel, group in
          (means[group], inverses[group] * scale.pointer[channel], offset.pointer[channel])
        }
        kernels.normalization.normalizeColumns(
          x, work.pointer, work.pointer + columns, work.pointer + 2 * columns, output + sample * sampleSize,
          sampleSize, columns)
      }
    }
    let shape: Tensor.Shape = [samples, groups]
    return (output, Tensor(storage: mean, shape: shape), Tensor(storage: inverse, shape: shape))
  }

  func gradients(
    _ u: Tensor, _ x: Tensor, _ scale: Tensor, mean: Tensor, inverse: Tensor, withInput: Bool
  ) -> [Tensor] {
    let sums = Storage(count: samples * 2 * channels)
    let input = Storage(count: withInput ? samples * sampleSize : 0)
    Threads.parallelFor(samples) { sample in
      let (u, x) = (u.pointer + sample * sampleSize, x.pointer + sample * sampleSize)
      let (means, inverses) = (mean.pointer + sample * groups, inverse.pointer + sample * groups)
      // The gradients at offset and scale by this sample.
      let (total, product) = (sums.pointer + sample * 2 * channels, sums.pointer + (sample * 2 + 1) * channels)
      let work = Storage(count: 4 * columns)
      gradientSums(u, x, work.pointer, means, total, product)
      if withInput {
        let lines = lines(scale.pointer, total, product, inverses)
        widen(work.pointer) { channel, group in
          (means[group], inverses[group] * scale.pointer[channel], lines[group].slope)
        }
        widen(work.pointer + 3 * columns) { _, group in lines[group].shift }
        kernels.normalization.normalizeColumnsGradient(
          u, x, work.pointer, work.pointer + columns, work.pointer + 2 * columns, work.pointer + 3 * columns,
          input.pointer + sample * sampleSize, sampleSize, columns)
      }
      for group in 0..<groups {
        for channel in channels(of: group) { product[channel] *= inverses[group] }
      }
    }
    let results = [overSamples(sums, from: channels), overSamples(sums, from: 0)]
    return withInput ? results + [Tensor(storage: input, shape: x.shape)] : results
  }

  // MARK: Parts

  /// Mean and `1 / √(variance + epsilon)` of each group of a sample.
  /// - Parameter work: room for two values a column.
  private func moments(
    _ x: UnsafePointer<Float>, _ work: UnsafeMutablePointer<Float>, _ epsilon: Float,
    _ means: UnsafeMutablePointer<Float>, _ inverses: UnsafeMutablePointer<Float>
  ) {
    let rows = positions / fold
    kernels.normalization.columnMoments(x, work, work + columns, rows, columns)
    if fold == 1 { return join(work, epsilon, means, inverses) }
    for group in 0..<groups {
      var total = (count: 0.0, mean: 0.0, squares: 0.0)
      func join(_ count: Double, _ mean: Double, _ squares: Double) {
        let (sum, distance) = (total.count + count, mean - total.mean)
        total.squares += squares + distance * distance * total.count * count / sum
        total.mean += distance * count / sum
        total.count = sum
      }
      for channel in channels(of: group) {
        if rows > 0 {
          for column in stride(from: channel, to: columns, by: channels) {
            join(Double(rows), Double(work[column]), Double(work[columns + column]))
          }
        }
        for row in rows * fold..<positions { join(1, Double(x[row * channels + channel]), 0) }
      }
      means[group] = Float(total.mean)
      inverses[group] = Float(1 / (total.squares / total.count + Double(epsilon)).squareRoot())
    }
  }

  /// The same of the moments in `work` where all columns have equally many values.
  private func join(
    _ work: UnsafePointer<Float>, _ epsilon: Float, _ means: UnsafeMutablePointer<Float>,
    _ inverses: UnsafeMutablePointer<Float>
  ) {
    for group in 0..<groups {
      var (sum, squares, distances) = (0.0, 0.0, 0.0)
      for channel in channels(of: group) { sum += Double(work[channel]) }
      let mean = sum / Double(groupSize)
      for channel in channels(of: group) {
        let distance = Double(work[channel]) - mean
        distances += distance * distance
        squares += Double(work[columns + channel])
      }
      let variance = (squares + distances * Double(positions)) / Double(positions * groupSize)
      means[group] = Float(mean)
      inverses[group] = Float(1 / (variance + Double(epsilon)).squareRoot())
    }
  }

  /// `Σ u` and `Σ u · (x - mean)` for each channel of a sample.
  /// - Parameter work: room for three values a column.
  private func gradientSums(
    _ u: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ work: UnsafeMutablePointer<Float>,
    _ means: UnsafePointer<Float>, _ total: UnsafeMutablePointer<Float>, _ product: UnsafeMutablePointer<Float>
  ) {
    let rows = positions / fold
    widen(work) { _, group in means[group] }
    kernels.normalization.columnGradientSums(u, x, work, work + columns, work + 2 * columns, rows, columns)
    for channel in 0..<channels {
      var (sum, products) = (0.0, 0.0)
      for column in stride(from: channel, to: columns, by: channels) {
        sum += Double(work[columns + column])
        products += Double(work[2 * columns + column])
      }
      for row in rows * fold..<positions {
        let place = row * channels + channel
        sum += Double(u[place])
        products += Double(u[place]) * (Double(x[place]) - Double(means[channel / groupSize]))
      }
      (total[channel], product[channel]) = (Float(sum), Float(products))
    }
  }

  /// For each group what is added to a value's scaled gradient: `slope · (x - mean) + shift`.
  private func lines(
    _ scale: UnsafePointer<Float>, _ total: UnsafePointer<Float>, _ product: UnsafePointer<Float>,
    _ inverses: UnsafePointer<Float>
  ) -> [(slope: Float, shift: Float)] {
    (0..<groups).map { group in
      var (sum, products) = (0.0, 0.0)
      for channel in channels(of: group) {
        sum += Double(scale[channel]) * Double(total[channel])
        products += Double(scale[channel]) * Double(product[channel])
      }
      let (inverse, count) = (Double(inverses[group]), Double(positions * groupSize))
      return (Float(-inverse * inverse * inverse * products / count), Float(-inverse * sum / count))
    }
  }

  private func channels(of group: Int) -> Range<Int> { group * groupSize..<(group + 1) * groupSize }

  /// Values of channels, repeated for each row of a fold.
  private func widen(_ target: UnsafeMutablePointer<Float>, _ value: (_ channel: Int, _ group: Int) -> Float) {
    for group in 0..<groups {
      for channel in channels(of: group) {
        let value = value(channel, group)
        for row in 0..<fold { target[row * channels + channel] = value }
      }
    }
  }

  /// Three values of channels, each repeated for each row of a fold.
  private func widen(
    _ target: UnsafeMutablePointer<Float>, _ values: (_ channel: Int, _ group: Int) -> (Float, Float, Float)
  ) {
    for group in 0..<groups {
      for channel in channels(of: group) {
        let (first, second, third) = values(channel, group)
        for row in 0..<fold {
          let column = row * channels + channel
          (target[column], target[columns + column], target[2 * columns + column]) = (first, second, third)
        }
      }
    }
  }

  /// The sums over the samples of one of the two values that each channel has, `[C]`.
  private func overSamples(_ sums: Storage, from start: Int) -> Tensor {
    Tensor([channels]) { result in
      for channel in 0..<channels {
        var total = 0.0
        for sample in 0..<samples { total += Double(sums.pointer[sample * 2 * channels + start + channel]) }
        result[channel] = Float(total)
      }
    }
  }
}

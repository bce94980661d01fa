/// The three maps of one convolution on memory. Each is a packed matrix product whose patches are read straight from the
/// image: no matrix of patches exists.
///
/// Everything is split by sizes alone, so that results do not depend on the number of threads; and what the forward map
/// and the input gradient give for an image does not depend on the other images.
struct ConvolutionProblem {
  let maps: ConvolutionMaps
  let kernels: KernelSet
  /// Whether the kernel is turned by half a turn: its last tap comes first.
  private let turnsKernel: Bool
  /// The block of the weight, if what is made of the weight may be kept with it.
  private let weightBlock: Storage?
  /// What is done with the pixels of the result in the end.
  let finish: ChannelFinish?

  init(
    _ maps: ConvolutionMaps, kernels: KernelSet = .current, weight: Storage? = nil, turnsKernel: Bool = false,
    finish: ChannelFinish? = nil
  ) {
    self.maps = maps
    self.kernels = kernels
    self.turnsKernel = turnsKernel
    self.finish = finish
    weightBlock = weight
  }

  /// For a stride of 1, the convolution whose forward map is this one's input-gradient map and the other way round. Its
  /// padding may be negative.
  var mirrored: ConvolutionProblem {
    let geometry = maps.geometry
    let (height, width) = (
      geometry.dilation.height * (geometry.kernel.height - 1), geometry.dilation.width * (geometry.kernel.width - 1)
    )
    let padding = Tensor.Padding2D(
      top: height - geometry.padding.top, bottom: height - geometry.padding.bottom,
      left: width - geometry.padding.left, right: width - geometry.padding.right)
    let mirror = ConvolutionMaps(
      geometry: Tensor.ConvolutionGeometry(kernel: geometry.kernel, padding: padding, dilation: geometry.dilation),
      count: maps.count, inputSize: maps.outputSize, inputChannels: maps.outputChannels,
      outputSize: maps.inputSize, outputChannels: maps.inputChannels,
      weightOrder: maps.weightOrder == .outputFirst ? .inputFirst : .outputFirst)
    return ConvolutionProblem(mirror, kernels: kernels, turnsKernel: !turnsKernel, finish: finish)
  }

  var taps: Int { maps.geometry.kernel.height * maps.geometry.kernel.width }
  /// Multiply-adds of each of the maps, roughly.
  var work: Int {
    maps.count * maps.outputSize.height * maps.outputSize.width * maps.outputChannels * taps * maps.inputChannels
  }
  /// Whether several threads are worth their while.
  var isParallel: Bool { work >= kernels.sizes.products.smallWork }

  // MARK: The weight

  /// Which of the weight's taps is tap `tap` of the kernel.
  func place(ofTap tap: Int) -> Int { turnsKernel ? taps - 1 - tap : tap }

  /// Where the first channel of each of the kernel's taps is in the weight.
  func places(ofTaps taps: [Int]) -> [Int] {
    taps.map { place(ofTap: $0) * (maps.weightOrder == .outputFirst ? maps.inputChannels : maps.outputChannels) }
  }

  /// Where each channel of `x` is in the weight.
  var inputPlaces: [Int] { places(maps.inputChannels, isLast: maps.weightOrder == .outputFirst, maps.outputChannels) }

  /// Where each channel of `y` is in the weight.
  var outputPlaces: [Int] { places(maps.outputChannels, isLast: maps.weightOrder == .inputFirst, maps.inputChannels) }

  private func places(_ channels: Int, isLast: Bool, _ others: Int) -> [Int] {
    (0..<channels).map { isLast ? $0 : $0 * taps * others }
  }

  /// Where the weight as the forward map or the input gradient uses it can be kept.
  func weightKeeper(isForward: Bool) -> WeightKeeper? {
    guard let weightBlock else { return nil }
    var single = maps
    single.count = 1
    return WeightKeeper(
      block: weightBlock,
      use: WeightKeeper.Use(maps: single, isForward: isForward, tileColumns: kernels.tileColumns),
      keepsAll: finish?.isKept ?? false)
  }

  // MARK: The forward map

  /// `y[position, o] = Σ patch(position)[k] · w[o, k]`: a product with patches as rows.
  func forward(_ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    let scalars = maps.yShape.scalarCount
    guard scalars > 0 else { return }
    guard work > 0 else {
      y.update(repeating: 0, count: scalars)
      finish?.run(y, count: scalars, kernels)
      return
    }
    if maps.geometry.stride == 1 {
      let spread = ConvolutionSpread(mirrored)
      if spread.isWorthwhile { return spread.run(x, w, y) }
    }
    let weight = ConvolutionWeight(
      start: w, columns: outputPlaces, depth: sums(places(ofTaps: Array(0..<taps)), inputPlaces))
    let (size, channels) = (maps.outputSize, maps.outputChannels)
    let target = ConvolutionGrid(
      start: y, imageStride: size.height * size.width * channels, rowStride: size.width * channels,
      columnStride: channels)
    ConvolutionPatchProduct.run(
      [
        ConvolutionPatchProduct(
          windows: windows(on: x), weight: weight, target: target, kernels: kernels, finish: finish)
      ],
      parallel: isParallel, keeper: weightKeeper(isForward: true))
  }

  /// The patches of `x` that the outputs are made of.
  func windows(on x: UnsafePointer<Float>) -> ConvolutionWindows {
    let geometry = maps.geometry
    return ConvolutionWindows(
      image: x, count: maps.count, height: maps.inputSize.height, width: maps.inputSize.width,
      channels: maps.inputChannels, rows: maps.outputSize.height, columns: maps.outputSize.width,
      strideY: geometry.stride.height, strideX: geometry.stride.width, originY: -geometry.padding.top,
      originX: -geometry.padding.left, tapRows: geometry.kernel.height, tapColumns: geometry.kernel.width,
      stepY: geometry.dilation.height, stepX: geometry.dilation.width,
      manyChannels: kernels.sizes.patches.manyChannels)
  }
}

/// All sums of an element of `a` and one of `b`, those with the first element of `a` first.
func sums(_ a: [Int], _ b: [Int]) -> [Int] { a.flatMap { first in b.map { first + $0 } } }

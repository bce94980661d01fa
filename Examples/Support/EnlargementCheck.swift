import Latent
import LatentSystem

/// How near to whole images those come that a model makes of the same images, shrunk.
public struct EnlargementCheck {
  /// The path of the images; the built-in digits if nil.
  public var data: String?
  /// The path of a classifier that names them, if there is one.
  public var judge: String?
  /// Whether to print nothing but figures.
  public var isQuiet = false
  private let out: String

  /// A check that draws some images to the picture `out`.
  public init(out: String) { self.out = out }

  /// Prints the figures and writes the picture: small images, interpolated ones, enlarged ones and whole ones.
  /// - Throws: ``UsageError``, ``FileError`` or ``CapabilityError``.
  public func run(_ trained: TrainedModel, factor: Int) throws {
    guard out.hasSuffix(".png") else {
      throw UsageError("--out: expected a name that ends in .png, found \"\(out)\"")
    }
    try checkTarget(out, besides: [data])
    let shape = trained.model.inputs.first?.sampleShape ?? []
    let compared = try ComparisonData(ComparisonSource(data), like: shape)
    let images = compared.test
    var names = try NamesKeptRow(judge, columnCount: 2, like: shape)
    if let remark = compared.preparationRemark, !isQuiet { tell(remark) }
    var pictured = PicturedSets(most: min(Self.mostPictured, images.count))
    var ratios: [[Double]] = [[], []]
    var progress = CountProgress(total: images.count, unit: "images", isQuiet: isQuiet)
    let size = InferenceBatch.size(images.sampleShape)
    for start in stride(from: 0, to: images.count, by: size) {
      let whole = images.batch(at: Array(start..<min(images.count, start + size))).samples
      let small = whole.averagePool2d(.init(factor))
      let full = Tensor.Size2D(height: whole.shape[1], width: whole.shape[2])
      let interpolated = small.resized(to: full, method: .bicubic).clamped(to: 0...1)
      let enlarged = try trained.enlarge(small)
      for (place, made) in [interpolated, enlarged].enumerated() {
        ratios[place] += PeakSignalToNoise(of: made, to: whole).limitedValues
      }
      try names.add([interpolated, enlarged], like: whole)
      pictured.add([small.resized(to: full, method: .nearest), interpolated, enlarged, whole])
      progress.add(whole.shape[0])
    }
    progress.finish()
    var table = Table(columns: ["interpolated", trained.kind])
    table.add("to the whole images, dB", ratios.map { $0.reduce(0, +) / Double(max(1, $0.count)) })
    names.add(to: &table)
    tell(table: table.text)
    try pictured.write(to: out)
    if !isQuiet { tell("wrote \(out): \(pictured.most) of \(counted(images.count, "image"))") }
  }

  private static let mostPictured = 64
}

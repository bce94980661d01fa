import LatentSystem
import Layers
import Tensor
import Training

/// Differentiable augmentation: real and generated images are recoloured, moved and covered in part, each at random, in
/// both networks' updates, so that a discriminator cannot learn few images by heart and the generator need not make
/// augmented ones.
///
/// Reference: Zhao et al., "Differentiable augmentation for data-efficient GAN training", arXiv:2006.10738. What a shift or
/// a cut leaves empty is 0, the middle grey of pixels in -1...1. With an ``adaptation``, the share of images that are
/// augmented follows how sure the discriminator is: Karras et al., "Training generative adversarial networks with limited
/// data", arXiv:2006.06676, section 3.
public struct Augmentation: SampleView {
  public static let name = "augmentation"

  /// What is done to an image.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Brightness by up to ±0.5; saturation, of images in colour, times 0 to 2; contrast times 0.5 to 1.5.
    case colour
    /// A shift by up to an eighth of height and width.
    case translation
    /// A rectangle of half the height and width is covered.
    case cutout
  }

  /// How the probability follows the discriminator.
  public struct Adaptation: Codable, Sendable, Equatable {
    /// What the mean sign of real samples' scores is kept at, above -1 and below 1.
    public var target: Float
    /// How many real samples it takes to get from probability 0 to 1, 1 or more.
    public var sampleCount: Int

    /// An adaptation that keeps the mean sign at `target`.
    public init(target: Float = 0.6, sampleCount: Int = 500_000) {
      self.target = target
      self.sampleCount = sampleCount
    }
  }

  /// What is done, each once at most, in the order of ``Kind``.
  public var kinds: [Kind]
  /// With which probability each kind is done to an image, in 0...1; with an adaptation, that at the start.
  public var probability: Float
  /// How the probability follows the discriminator; nil if it stays.
  public var adaptation: Adaptation?

  /// Every image is augmented in the given ways.
  public init(_ kinds: [Kind] = Kind.allCases, probability: Float = 1) {
    self.kinds = kinds
    self.probability = probability
  }

  /// Images are augmented with a probability that starts at 0 and follows the discriminator.
  public init(_ kinds: [Kind] = Kind.allCases, adaptation: Adaptation) {
    self.init(kinds, probability: 0)
    self.adaptation = adaptation
  }

  public func validate() throws {
    guard !kinds.isEmpty, Set(kinds).count == kinds.count else {
      throw ConfigurationError(
        "the augmentation has the kinds \(kinds.map(\.rawValue)), expected one or more, each once")
    }
    guard (0...1).contains(probability) else {
      throw ConfigurationError("the augmentation's probability is \(probability), expected 0 to 1")
    }
    guard let adaptation else { return }
    guard adaptation.target > -1, adaptation.target < 1, adaptation.sampleCount >= 1 else {
      throw ConfigurationError(
        "the augmentation's target is \(adaptation.target), within \(adaptation.sampleCount) samples; "
          + "expected a mean sign above -1 and below 1, and 1 or more")
    }
  }
}

extension Augmentation: CustomStringConvertible {
  /// `cutout`, `colour, translation with probability 0.5`, and how that follows the discriminator.
  public var description: String {
    let names = kinds.map(\.rawValue).joined(separator: ", ")
    guard let adaptation else { return probability == 1 ? names : "\(names) with probability \(probability)" }
    return "\(names) with probability \(probability) at first, for a mean sign of \(adaptation.target) within "
      + counted(adaptation.sampleCount, "sample")
  }
}

// MARK: - The probability

extension Augmentation {
  public var needsSignedScores: Bool { adaptation != nil }

  /// The probability, the sum of the mean signs since it was moved last, and how many they are.
  public func makeMemory() -> State {
    adaptation == nil ? State() : State([Self.memoryName: Tensor([probability, 0, 0])])
  }

  /// Every fourth update moves the probability: up if the signs were above the target in the mean, down if below.
  public func remember(meanSign: Float, of count: Int, in memory: inout State) {
    guard let adaptation else { return }
    var (probability, sum, updates) = remembered(memory)
    (sum, updates) = (sum + meanSign, updates + 1)
    if updates == Self.updatesBetweenMoves {
      let move = updates * Float(count) / Float(adaptation.sampleCount)
      let distance = sum / updates - adaptation.target
      probability += distance > 0 ? move : distance < 0 ? -move : 0
      (probability, sum, updates) = (min(max(probability, 0), 1), 0, 0)
    }
    memory[Self.memoryName] = Tensor([probability, sum, updates])
  }

  public func metrics(_ memory: State) -> [Metrics.Entry] {
    guard adaptation != nil else { return [] }
    return [Metrics.Entry(name: "augmentation", value: Double(remembered(memory).probability))]
  }

  private func remembered(_ memory: State) -> (probability: Float, sum: Float, updates: Float) {
    let values = requireSome(
      memory[Self.memoryName]?.scalars,
      "Augmentation: the training's memory has no \(Self.memoryName); start from AdversarialTraining.makeMemory()")
    return (values[0], values[1], values[2])
  }

  static let memoryName = "augmentation"
  private static let updatesBetweenMoves: Float = 4
}

// MARK: - Images

extension Augmentation {
  public func shown(_ samples: Tensor, step: Int, memory: State, random: inout SampleRandom) -> Tensor {
    augmented(
      samples, probability: adaptation == nil ? probability : remembered(memory).probability, random: &random)
  }

  /// `[N, H, W, C]`, pixels in -1...1, augmented with the given probability, recorded. Each image gets numbers of its own,
  /// the same amount whatever is done to it.
  public func augmented(_ images: Tensor, probability: Float, random: inout SampleRandom) -> Tensor {
    require(
      images.rank == 4, "Augmentation: samples of shape \(images.shape); images [N, H, W, C] are needed")
    let numbers = random.uniform([images.shape[0], Draw.count]).scalars
    let draws = (0..<images.shape[0]).map { Draw(numbers[$0 * Draw.count..<($0 + 1) * Draw.count], probability) }
    var result = images
    if kinds.contains(.colour) { result = recoloured(result, draws) }
    if kinds.contains(.translation) { result = moved(result, draws) }
    if kinds.contains(.cutout) { result = covered(result, draws) }
    return result
  }

  /// What was drawn for an image.
  private struct Draw {
    static let count = 10
    let isDone: [Kind: Bool]
    let brightness, saturation, contrast: Float
    /// Numbers in 0..<1, by row and column.
    let shift, cut: (row: Float, column: Float)

    init(_ numbers: ArraySlice<Float>, _ probability: Float) {
      let numbers = Array(numbers)
      isDone = Dictionary(
        uniqueKeysWithValues: zip(Kind.allCases, numbers[7...]).map { ($0, probability >= 1 || $1 < probability) })
      let isRecoloured = isDone[.colour] ?? false
      brightness = isRecoloured ? numbers[0] - 0.5 : 0
      saturation = isRecoloured ? 2 * numbers[1] : 1
      contrast = isRecoloured ? numbers[2] + 0.5 : 1
      shift = (numbers[3], numbers[4])
      cut = (numbers[5], numbers[6])
    }

    func has(_ kind: Kind) -> Bool { isDone[kind] ?? false }
  }

  private func recoloured(_ images: Tensor, _ draws: [Draw]) -> Tensor {
    guard draws.contains(where: { $0.has(.colour) }) else { return images }
    func column(_ value: (Draw) -> Float) -> Tensor { Tensor(draws.map(value), shape: [draws.count, 1, 1, 1]) }
    var result = images + column(\.brightness)
    if images.shape[3] > 1 {
      let grey = result.mean(axes: [3], keepingDimensions: true)
      result = (result - grey) * column(\.saturation) + grey
    }
    let mean = result.mean(axes: [1, 2, 3], keepingDimensions: true)
    return (result - mean) * column(\.contrast) + mean
  }

  private func moved(_ images: Tensor, _ draws: [Draw]) -> Tensor {
    guard draws.contains(where: { $0.has(.translation) }) else { return images }
    let (height, width) = (images.shape[1], images.shape[2])
    func shift(_ number: Float, _ size: Int) -> Int {
      let most = Int(Float(size) * 0.125 + 0.5)
      return Self.whole(number, below: 2 * most + 1) - most
    }
    var (places, mask) = ([Int](), [Float]())
    for (sample, draw) in draws.enumerated() {
      let (down, right) =
        draw.has(.translation) ? (shift(draw.shift.row, height), shift(draw.shift.column, width)) : (0, 0)
      for row in (0..<height).map({ $0 - down }) {
        for column in (0..<width).map({ $0 - right }) {
          let isInside = row >= 0 && row < height && column >= 0 && column < width
          places.append(isInside ? (sample * height + row) * width + column : 0)
          mask.append(isInside ? 1 : 0)
        }
      }
    }
    let pixels = images.reshaped(to: [draws.count * height * width, images.shape[3]])
    return pixels.gathered(at: places).reshaped(to: images.shape)
      * Tensor(mask, shape: [draws.count, height, width, 1])
  }

  private func covered(_ images: Tensor, _ draws: [Draw]) -> Tensor {
    guard draws.contains(where: { $0.has(.cutout) }) else { return images }
    let (height, width) = (images.shape[1], images.shape[2])
    func range(_ number: Float, _ size: Int) -> Range<Int> {
      let length = Int(Float(size) * 0.5 + 0.5)
      let start = Self.whole(number, below: size + 1 - length % 2) - length / 2
      return start..<start + length
    }
    var mask: [Float] = []
    for draw in draws {
      let (rows, columns) = (range(draw.cut.row, height), range(draw.cut.column, width))
      for row in 0..<height {
        for column in 0..<width {
          mask.append(draw.has(.cutout) && rows.contains(row) && columns.contains(column) ? 0 : 1)
        }
      }
    }
    return images * Tensor(mask, shape: [draws.count, height, width, 1])
  }

  /// A whole number below `bound`, each as likely, of one in 0..<1.
  private static func whole(_ number: Float, below bound: Int) -> Int { min(bound - 1, Int(number * Float(bound))) }
}

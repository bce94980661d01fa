import LatentFormats
import LatentSystem
import Tensor

/// Pictures of one to four equal digits, small or large, in thin or thick strokes, with captions such as "two small thick
/// sevens": what a model that makes images of text learns from, and of which a judge can tell whether it got it right.
///
/// ```swift
/// let scenes = try CaptionedDigits(digits, count: 60_000)
/// print(scenes.caption(at: 0), scenes.batch(at: [0]).samples.shape)   // [1, 28, 28, 1]
/// ```
///
/// A scene is drawn when it is asked for; it depends on the digits, the seed and its index. Digits lie in quarters of the
/// picture, a pixel or more apart, anywhere in them. Their strokes are made thinner or thicker by erosion and dilation.
/// Captions leave out the size or the stroke now and then, and the count of one, down to a bare "seven".
public struct CaptionedDigits: CaptionedSource {
  /// Which scenes there are.
  public enum Part: String, Sendable, CaseIterable {
    /// All combinations of count, size, stroke and digit.
    case all
    /// Those that are not ``DigitScene/isUnseen``.
    case seen
    /// Those that are.
    case unseen
  }

  /// The digits that scenes are drawn from.
  public let images: ImageSet
  public let count: Int
  /// The height and width of a scene in pixels.
  public let side: Int
  /// Which scenes there are.
  public let part: Part
  /// Decides the scenes.
  public let seed: UInt64
  /// The scenes that may occur, all equally often.
  public let scenes: [DigitScene]
  /// Where each digit is found.
  private let places: [[Int]]

  /// - Parameters:
  ///   - images: grey digits with labels 0 to 9. Digits of which there are none do not occur.
  ///   - count: how many scenes there are.
  ///   - side: the height and width of a scene, an even number from 20 on.
  ///   - part: which scenes there are.
  ///   - seed: decides the scenes.
  /// - Throws: ``FileError`` for images with colours, without labels or with others, or of fewer than ``leastSide`` pixels
  ///   a side.
  /// - Precondition: a count of 1 or more; `side` is even and 20 or more.
  public init(_ images: ImageSet, count: Int, side: Int = 28, part: Part = .all, seed: UInt64 = 0) throws {
    require(count >= 1, "CaptionedDigits: \(count) scenes; at least 1 is needed")
    require(
      side >= 20 && side % 2 == 0, "CaptionedDigits: scenes of \(side) pixels; an even number from 20 on is needed")
    guard images.channels == 1 else {
      throw FileError(path: "images", expected: "grey digits", found: "images of \(images.channels) channels")
    }
    guard let labels = images.labels else {
      let reason = images.missingConditions.map { ": \($0)" } ?? ""
      throw FileError(path: "images", expected: "digits with labels", found: "none\(reason)")
    }
    guard min(images.height, images.width) >= Self.leastSide else {
      throw FileError(
        path: "images", expected: "digits of \(Self.leastSide)×\(Self.leastSide) pixels or more",
        found: "images of \(images.height)×\(images.width)")
    }
    if let other = labels.first(where: { $0 > 9 }) {
      throw FileError(path: "images", expected: "digits with labels 0 to 9", found: "the label \(other)")
    }
    (self.images, self.count, self.side, self.part, self.seed) = (images, count, side, part, seed)
    var places = [[Int]](repeating: [], count: 10)
    for (index, label) in labels.enumerated() { places[label].append(index) }
    self.places = places
    scenes = DigitScene.all.filter { scene in
      !places[scene.digit].isEmpty && (part == .all || scene.isUnseen == (part == .unseen))
    }
    guard !scenes.isEmpty else {
      throw FileError(path: "images", expected: "digits that occur in \(part) scenes", found: "none")
    }
  }

  /// The least height and width of images of digits. The smallest digits of scenes have 5 pixels on their longer side,
  /// which is what digits have in images of 7 where they leave a margin as those of MNIST; with fewer, none can be told
  /// from others.
  public static let leastSide = 7

  public var sampleShape: Tensor.Shape { [side, side, 1] }
  public var vocabulary: CaptionVocabulary { DigitScene.vocabulary }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    // What is drawn follows from these numbers.
    let own = images.fingerprint(withConditions: true)
    let numbers = [UInt64(own), UInt64(count), UInt64(side), UInt64(Part.allCases.firstIndex(of: part) ?? 0), seed]
    return numbers.withUnsafeBytes { CRC32.checksum($0) }
  }

  /// The scene at an index.
  public func scene(at index: Int) -> DigitScene { draft(index).scene }

  public func caption(at index: Int) -> String { draft(index).caption }

  public func batch(at indices: [Int]) -> Batch {
    let drafts = indices.map(draft)
    let pixels = drafts.flatMap { drawn($0) }
    let tokens = drafts.map { draft in
      requireSome(try? vocabulary.tokens(of: draft.caption), "CaptionedDigits: no caption: \(draft.caption)")
    }
    return Batch(
      samples: Tensor(bytes: pixels, rowsAt: Array(indices.indices), rowShape: sampleShape),
      condition: .tokens(tokens), indices: indices)
  }
}

// MARK: - Drawing

extension CaptionedDigits {
  /// What is drawn, and the random numbers for the rest.
  private typealias Draft = (scene: DigitScene, caption: String, random: RandomGenerator)

  private func draft(_ index: Int) -> Draft {
    require((0..<count).contains(index), "CaptionedDigits: scene \(index) of \(count)")
    var random = RandomGenerator(seed: seed, stream: Self.stream).split(at: index)
    let scene = scenes[Int.random(in: 0..<scenes.count, using: &random)]
    let has = (
      count: Int.random(in: 0..<2, using: &random) > 0, size: Int.random(in: 0..<Self.openness, using: &random) > 0,
      stroke: Int.random(in: 0..<Self.openness, using: &random) > 0
    )
    return (scene, scene.caption(hasCount: has.count, hasSize: has.size, hasStroke: has.stroke), random)
  }

  /// The pixels `[side, side]` of a scene.
  private func drawn(_ draft: Draft) -> [UInt8] {
    let (scene, _, generator) = draft
    var random = generator
    var pixels = [UInt8](repeating: 0, count: side * side)
    let cell = side / 2
    let longerSide = scene.size == .large ? cell - 2 : cell * 4 / 7
    for quarter in random.permutation(4).prefix(scene.count) {
      let candidates = places[scene.digit]
      let glyph = DigitGlyph(images, at: candidates[Int.random(in: 0..<candidates.count, using: &random)])
        .drawn(scene.stroke, longerSide: longerSide)
      // The last row and column of a quarter stay empty.
      let top = quarter / 2 * cell + Int.random(in: 0..<cell - glyph.height, using: &random)
      let left = quarter % 2 * cell + Int.random(in: 0..<cell - glyph.width, using: &random)
      for row in 0..<glyph.height {
        for column in 0..<glyph.width {
          pixels[(top + row) * side + left + column] = glyph.pixels[row * glyph.width + column]
        }
      }
    }
    return pixels
  }

  private static let stream: UInt64 = 0x5CE2E
  /// One in so many captions leaves the size open, and one in so many the stroke.
  private static let openness = 4
}

// MARK: - Labels

extension CaptionedDigits {
  /// The same scenes with one of their attributes as classes, in place of captions: what a judge of it learns from.
  public func labelled(by attribute: DigitScene.Attribute) -> any SampleSource {
    LabelledScenes(scenes: self, attribute: attribute)
  }

  private struct LabelledScenes: SampleSource {
    let scenes: CaptionedDigits
    let attribute: DigitScene.Attribute

    var count: Int { scenes.count }
    var sampleShape: Tensor.Shape { scenes.sampleShape }
    var conditions: ConditionSpace { .classes(attribute.classCount) }

    func fingerprint(withConditions: Bool) -> UInt32 {
      let own = scenes.fingerprint(withConditions: withConditions)
      return Array(attribute.rawValue.utf8).withUnsafeBytes { CRC32.checksum($0, initial: own) }
    }

    func batch(at indices: [Int]) -> Batch {
      Batch(
        samples: scenes.batch(at: indices).samples,
        condition: .labels(indices.map { scenes.scene(at: $0).label(of: attribute) }), indices: indices)
    }
  }
}

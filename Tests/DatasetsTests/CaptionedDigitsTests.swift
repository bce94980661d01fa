import LatentSystem
import LatentTestSupport
import Tensor
import Testing

@testable import Datasets

@Suite struct CaptionedDigitsTests {
  /// Digits of one part each, so that parts can be counted.
  private static let whole: ImageSet = {
    let digits = BuiltInDigits.make(count: 600)
    return digits.subset((0..<digits.count).filter { DigitGlyph(digits, at: $0).partCount == 1 })
  }()

  /// A scene's pixels from its tensor.
  private func pixels(_ scenes: CaptionedDigits, _ index: Int) -> [UInt8] { scenes.batch(at: [index]).samples.bytes }

  private func partCount(_ pixels: [UInt8], _ side: Int) -> Int {
    DigitGlyph.partCount(of: pixels.map { $0 > 0 }, height: side, width: side)
  }

  /// As many digits as the caption says, whatever they touch: what is not black is in as many parts.
  @Test(arguments: [28, 32, 20]) func counts(side: Int) throws {
    let scenes = try CaptionedDigits(Self.whole, count: 400, side: side, seed: 3)
    var found = [Int](repeating: 0, count: 5)
    for index in 0..<scenes.count {
      let (scene, pixels) = (scenes.scene(at: index), pixels(scenes, index))
      // Digits of one part may have been left with grey crumbs that are none to the eye.
      let parts = DigitGlyph.partCount(of: pixels.map { $0 > 51 }, height: side, width: side)
      if parts == scene.count { found[scene.count] += 1 }
      let quarters = (0..<4).count { quarter in
        (0..<side * side / 4).contains { place in
          let (row, column) = (
            place / (side / 2) + quarter / 2 * (side / 2), place % (side / 2) + quarter % 2 * (side / 2)
          )
          return pixels[row * side + column] > 0
        }
      }
      #expect(quarters == scene.count, "\(scene)")
      #expect(partCount(pixels, side) >= scene.count, "\(scene)")
      #expect(pixels.max() == 255)
    }
    #expect(found.reduce(0, +) >= 385, "\(found)")
  }

  /// Large digits are larger, thick ones thicker, and neither by chance.
  @Test func sizesAndStrokes() throws {
    let digits = BuiltInDigits.make(count: 200)
    var thickerCount = 0
    for index in 0..<digits.count {
      let glyph = DigitGlyph(digits, at: index)
      let (thin, thick) = (glyph.drawn(.thin, longerSide: 20), glyph.drawn(.thick, longerSide: 20))
      #expect(max(thin.height, thin.width) == 20 && max(thick.height, thick.width) == 20)
      #expect(thick.strokeWidth > thin.strokeWidth - 0.1, "\(thin.strokeWidth) \(thick.strokeWidth)")
      if thick.strokeWidth > thin.strokeWidth + 0.8 { thickerCount += 1 }
      let small = glyph.drawn(.thin, longerSide: 8)
      #expect(max(small.height, small.width) == 8 && small.pixels.max() == 255)
    }
    #expect(thickerCount >= 190, "\(thickerCount)")
  }

  /// A digit that is thin in one part and thick in another keeps both.
  @Test func unevenStrokes() throws {
    var pixels = [UInt8](repeating: 0, count: 28 * 28)
    for row in 4..<24 { for column in 13..<15 { pixels[row * 28 + column] = 255 } }
    for row in 15..<24 { for column in 10..<19 { pixels[row * 28 + column] = 255 } }
    let glyph = DigitGlyph(try ImageSet(pixels: pixels, height: 28, width: 28), at: 0)
    let thin = glyph.drawn(.thin, longerSide: 20)
    #expect(thin.height == 20 && thin.width < 12 && thin.strokeWidth < glyph.strokeWidth)
  }

  @Test func anIndexIsAScene() throws {
    let digits = BuiltInDigits.make(count: 300)
    let scenes = try CaptionedDigits(digits, count: 50, seed: 1)
    let all = scenes.batch(at: Array(0..<50))
    #expect(all.samples.shape == [50, 28, 28, 1] && all.condition.tokens?.count == 50)
    let some = scenes.batch(at: [7, 3, 7])
    #expect(some.samples[0] == all.samples[7] && some.samples[1] == all.samples[3] && some.samples[2] == all.samples[7])
    #expect(some.condition == all.condition.rows(at: [7, 3, 7]))
    // More scenes begin with the same; another seed gives others.
    let more = try CaptionedDigits(digits, count: 60, seed: 1)
    #expect(more.batch(at: Array(0..<50)).samples == all.samples)
    #expect(try CaptionedDigits(digits, count: 50, seed: 2).batch(at: Array(0..<50)).samples != all.samples)
    for other in [
      more, try CaptionedDigits(digits, count: 50, seed: 2),
      try CaptionedDigits(digits, count: 50, part: .seen, seed: 1),
      try CaptionedDigits(digits, count: 50, side: 32, seed: 1),
    ] {
      #expect(other.fingerprint(withConditions: true) != scenes.fingerprint(withConditions: true))
    }
  }

  /// A caption says nothing that is wrong of its scene, and all that it may say occurs.
  @Test func captions() throws {
    let scenes = try CaptionedDigits(BuiltInDigits.make(count: 100), count: 800)
    var kinds = Set<[Bool]>()
    for index in 0..<scenes.count {
      let (scene, words) = (scenes.scene(at: index), CaptionVocabulary.words(in: scenes.caption(at: index)))
      #expect(Set(words).isSubset(of: CaptionVocabulary.words(in: scene.caption)))
      #expect(words.last == CaptionVocabulary.words(in: scene.caption).last)
      if scene.count > 1 { #expect(words.first == ["one", "two", "three", "four"][scene.count - 1]) }
      kinds.insert([words.count == 1, words.contains(scene.size.rawValue), words.contains(scene.stroke.rawValue)])
    }
    #expect(kinds.contains([true, false, false]) && kinds.contains([false, true, false]) && kinds.count == 5)
    #expect(DigitScene(count: 2, size: .small, stroke: .thick, digit: 7).caption == "two small thick sevens")
    #expect(DigitScene.vocabulary.words.count == 24)
  }

  /// A fixed tenth is left out; its words all occur in the rest.
  @Test func unseenCombinations() throws {
    let unseen = DigitScene.all.filter(\.isUnseen)
    #expect(DigitScene.all.count == 160 && Set(DigitScene.all).count == 160 && unseen.count == 16)
    let rest = DigitScene.all.filter { !$0.isUnseen }
    #expect(Set(rest.map(\.caption)).isDisjoint(with: unseen.map(\.caption)))
    #expect(Set(rest.flatMap { CaptionVocabulary.words(in: $0.caption) }) == Set(DigitScene.vocabulary.words))
    let digits = BuiltInDigits.make(count: 100)
    let (seen, left) = (
      try CaptionedDigits(digits, count: 500, part: .seen), try CaptionedDigits(digits, count: 100, part: .unseen)
    )
    #expect(
      (0..<500).allSatisfy { !seen.scene(at: $0).isUnseen } && (0..<100).allSatisfy { left.scene(at: $0).isUnseen })
    #expect(Set((0..<500).map { seen.scene(at: $0) }).count > 130)
  }

  @Test func labels() throws {
    let scenes = try CaptionedDigits(BuiltInDigits.make(count: 100), count: 40)
    for attribute in DigitScene.Attribute.allCases {
      let labelled = scenes.labelled(by: attribute)
      #expect(labelled.conditions == .classes(attribute.classCount))
      let batch = labelled.batch(at: [5, 6])
      #expect(batch.samples == scenes.batch(at: [5, 6]).samples)
      #expect(batch.labels == [5, 6].map { scenes.scene(at: $0).label(of: attribute) })
    }
    let scene = DigitScene(count: 4, size: .large, stroke: .thin, digit: 9)
    #expect(DigitScene.Attribute.allCases.map(scene.label) == [9, 3, 1, 0])
  }

  @Test func badDigits() throws {
    func message(_ images: ImageSet, part: CaptionedDigits.Part = .all) -> String? {
      #expect(throws: FileError.self) { try CaptionedDigits(images, count: 1, part: part) }?.description
    }
    func images(_ labels: [Int]?, channels: Int = 1, height: Int = 28) throws -> ImageSet {
      try ImageSet(
        pixels: [UInt8](repeating: 9, count: height * 28 * channels * 2), height: height, width: 28,
        channels: channels, labels: labels)
    }
    #expect(try message(images(nil)) == "images: expected digits with labels, found none")
    #expect(try message(images([1, 12])) == "images: expected digits with labels 0 to 9, found the label 12")
    #expect(try message(images([1, 2], channels: 3)) == "images: expected grey digits, found images of 3 channels")
    #expect(
      try message(images([1, 2], height: 6)) == "images: expected digits of 7×7 pixels or more, found images of 6×28")
    #expect(try CaptionedDigits(images([1, 2], height: 7), count: 1).count == 1)
    // Digits of which there are none do not occur; a black picture is a black digit.
    let two = try CaptionedDigits(images([3, 5]), count: 60)
    #expect(Set((0..<60).map { two.scene(at: $0).digit }) == [3, 5])
  }
}

@Suite struct CaptionVocabularyTests {
  @Test func tokens() throws {
    let vocabulary = CaptionVocabulary(of: ["two sevens", "a small seven", "Two, SMALL sevens."])
    #expect(vocabulary.words == ["a", "seven", "sevens", "small", "two"] && vocabulary.length == 3)
    #expect(try vocabulary.tokens(of: " two-sevens! ") == [5, 3, 0])
    #expect(
      vocabulary.text(of: [5, 3, 0]) == "two sevens" && vocabulary.conditions == .tokens(vocabulary: 6, length: 3))
    #expect(throws: CaptionError.unknownWord("red", known: vocabulary.words)) { try vocabulary.tokens(of: "two red") }
    #expect(throws: CaptionError.noWords(known: vocabulary.words)) { try vocabulary.tokens(of: " ! ") }
    #expect(throws: CaptionError.tooManyWords(4, most: 3)) { try vocabulary.tokens(of: "a a a a") }
    #expect(
      CaptionError.unknownWord("red", known: ["a", "seven"]).description
        == "expected words out of a, seven, found \"red\"")
  }

  @Test(arguments: [
    ("two small thick sevens", "two small thick sevens", false), ("two thick sevens", "two small sevens", false),
    ("two thick sevens", "two thin sevens", true), ("two sevens", "three sevens", true), ("seven", "one seven", false),
    ("seven", "two sevens", true), ("one", "one one", false), ("one", "four ones", true), ("four", "one four", false),
    ("four fours", "one four", true), ("small one", "large one", true), ("thin four", "small one", true),
  ])
  func exclusion(first: String, second: String, excludes: Bool) throws {
    let vocabulary = DigitScene.vocabulary
    let (a, b) = (try vocabulary.tokens(of: first), try vocabulary.tokens(of: second))
    #expect(vocabulary.exclude(a, b) == excludes && vocabulary.exclude(b, a) == excludes)
  }

  /// Two captions of one scene never exclude each other; whole ones of two scenes always do.
  @Test func exclusionIsTrue() throws {
    let vocabulary = DigitScene.vocabulary
    let whole = try DigitScene.all.map { try vocabulary.tokens(of: $0.caption) }
    for (index, scene) in DigitScene.all.enumerated() {
      for part in 0..<8 {
        let caption = scene.caption(hasCount: part & 1 > 0, hasSize: part & 2 > 0, hasStroke: part & 4 > 0)
        #expect(!vocabulary.exclude(try vocabulary.tokens(of: caption), whole[index]))
      }
      #expect(whole.indices.allSatisfy { $0 == index || vocabulary.exclude(whole[$0], whole[index]) })
    }
  }

  @Test func ownCaptions() throws {
    let images = try ImageSet(pixels: (0..<12).map { UInt8($0) }, height: 2, width: 2)
    let source = try CaptionedImages(images, captions: ["a red house", "a house", "Red!"])
    #expect(source.batch(at: [2, 0]).condition == .tokens([[3, 0, 0], [1, 3, 2]]))
    #expect(source.batch(at: [2]).samples == images.batch(at: [2]).samples && source.caption(at: 1) == "a house")
    #expect(source.vocabulary.exclude([1, 2, 0], [1, 3, 2]) && !source.vocabulary.exclude([1, 2, 0], [1, 2]))
    let other = try CaptionedImages(images, captions: ["a red house", "a house", "house"])
    #expect(other.fingerprint(withConditions: true) != source.fingerprint(withConditions: true))
    #expect(other.fingerprint(withConditions: false) == source.fingerprint(withConditions: false))
    func message(_ captions: [String]) -> String? {
      #expect(throws: FileError.self) { try CaptionedImages(images, captions: captions, path: "c.txt") }?.description
    }
    #expect(message(["a", "b"]) == "c.txt: expected a caption for each of 3 images, found 2")
    for (line, others) in [(" ", ["b"]), ("!!!", ["b"]), ("", ["b", "c"])] {
      #expect(
        message(["a", line] + others)
          == "c.txt: expected a caption in line 2, found \"\(line)\", which has no word: words are made of letters and digits"
      )
    }
    #expect(message(["a", "a", "A"]) == "c.txt: expected captions that differ, found \"a\" in each line")
  }

  /// Blank lines at the end of a file are no captions; elsewhere they are.
  @Test(arguments: [
    ("a house\nred", ["a house", "red"]), ("a house\n\n \t\r\n\n", ["a house"]), ("a\n\nb\n", ["a", "", "b"]),
    ("\n\n", []),
  ])
  func lines(text: String, lines: [String]) throws {
    try withTemporaryFolder { folder in
      try addFile("captions.txt", text, in: folder)
      #expect(try CaptionedImages.lines(of: folder + "/captions.txt") == lines)
    }
  }
}

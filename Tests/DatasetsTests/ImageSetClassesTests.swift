import LatentSystem
import LatentTestSupport
import Tensor
import Testing

@testable import Datasets

/// Sets of images by class, put together, and written as folders.
@Suite struct ImageSetClassesTests {
  private func named(_ labels: [Int], _ names: [String]?) throws -> ImageSet {
    var set = try ImageSet(pixels: labels.map { UInt8($0) }, height: 1, width: 1, labels: labels)
    set.classNames = names
    if let names { set.classCount = names.count }
    return set
  }

  /// Classes are the same if they are called the same, by a name or, without, by their number.
  @Test func numberedAsOthers() throws {
    let animals = try named([0, 1, 2], ["ape", "cat", "dog"])
    let some = try #require(try named([1, 0, 1], ["cat", "dog"]).numberingClasses(as: animals))
    #expect(some.labels == [2, 1, 2] && some.classCount == 3 && some.classNames == animals.classNames)
    #expect(some.pixels == [1, 0, 1])
    // A class of which there is no image does not matter; one that the others lack does.
    #expect(try named([1, 1], ["bee", "cat"]).numberingClasses(as: animals)?.labels == [1, 1])
    #expect(try named([0, 1], ["bee", "cat"]).numberingClasses(as: animals) == nil)
    let digits = try named([0, 2, 11], nil)
    #expect(try named([0, 1, 2], ["0", "11", "2"]).numberingClasses(as: digits)?.labels == [0, 11, 2])
    #expect(try named([2, 1], nil).numberingClasses(as: digits)?.labels == [2, 1])
    #expect(try named([12], nil).numberingClasses(as: digits) == nil && digits.numberingClasses(as: animals) == nil)
    let plain = try ImageSet(pixels: [1], height: 1, width: 1)
    #expect(plain.numberingClasses(as: digits) == nil && digits.numberingClasses(as: plain) == nil)
    #expect((0..<4).map(animals.className) == ["ape", "cat", "dog", "3"])
  }

  /// Twelve images of one pixel, which is their place, with the labels 0, 1, 3, 0, 1, 3, ….
  private let images: ImageSet

  init() throws {
    images = try ImageSet(pixels: Array(0..<12), height: 1, width: 1, labels: (0..<12).map { [0, 1, 3][$0 % 3] })
  }

  @Test func someOfEachClass() throws {
    #expect(images.classCounts == [4, 4, 0, 4])
    var (generator, same) = (RandomGenerator(seed: 3), RandomGenerator(seed: 3))
    let two = images.subset(perClass: 2, using: &generator)
    #expect(two.count == 6 && two.classCounts == [2, 2, 0, 2] && two.classCount == 4)
    #expect(Set(two.pixels).count == 6)
    #expect(zip(two.pixels, two.labels ?? []).allSatisfy { [0, 1, 3][Int($0) % 3] == $1 })
    // Fewer of the same generator are a part of more; a class that has fewer gives what it has.
    let three = images.subset(perClass: 3, using: &same)
    #expect(Set(three.pixels).isStrictSuperset(of: two.pixels))
    #expect(images.subset(perClass: 9, using: &same).pixels.sorted() == Array(0..<12))
    // Another generator gives others, and every image has its turn.
    let seen = (0..<40).reduce(into: Set<UInt8>()) { seen, seed in
      var generator = RandomGenerator(seed: UInt64(seed))
      seen.formUnion(images.subset(perClass: 1, using: &generator).pixels)
    }
    #expect(seen.count == 12)
  }

  @Test func oneSetAfterTheOther() throws {
    let more = try ImageSet(pixels: [99, 98], height: 1, width: 1, labels: [2, 5])
    let all = ImageSet.concatenated([images, more])
    #expect(all.pixels == Array(0..<12) + [99, 98] && all.labels == (images.labels ?? []) + [2, 5])
    #expect(all.classCount == 6 && ImageSet.concatenated([images]) == images)
    // Of a part, the classes of all.
    #expect(ImageSet.concatenated([more.prefix(1), more.prefix(1)]).classCount == 6)
    let unlabelled = try ImageSet(pixels: [7], height: 1, width: 1)
    let mixed = ImageSet.concatenated([images, unlabelled])
    #expect(mixed.count == 13 && mixed.labels == nil && mixed.classCount == nil)
  }

  @Test(arguments: [1, 3], [10, 300]) func foldersAreReadAgain(channels: Int, classes: Int) throws {
    let labels = (0..<5).map { $0 * (classes - 1) / 4 }
    let set = try ImageSet(
      pixels: noise(5 * 6 * channels), height: 2, width: 3, channels: channels, labels: labels)
    try withTemporaryFolder { folder in
      let place = folder + "/a/b"
      for split in ImageSet.Split.allCases {
        let own = split == .train ? set : set.prefix(2)
        try own.save(to: place, split: split)
        #expect(try ImageSet.load(place, split: split) == own)
      }
      try set.prefix(3).save(to: place + "/")
      #expect(try ImageSet.load(place) == set.prefix(3))
      let unlabelled = try ImageSet(pixels: [7], height: 1, width: 1)
      #expect(
        try message { try unlabelled.save(to: place) }
          == place + "/train-labels-idx1-ubyte: expected no labels beside images that have none, found a file of labels"
      )
      try unlabelled.save(to: folder)
      #expect(try ImageSet.load(folder).labels == nil)
      let file = folder + "/train-images-idx3-ubyte"
      #expect(
        try message { try set.save(to: file + "/a") } == "\(file): expected a folder, or a place for one, found a file")
    }
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var generator = RandomGenerator(seed: 1)
      _ = try ImageSet(pixels: [7], height: 1, width: 1).subset(perClass: 1, using: &generator)
    }
    expect(result, saysWhy: "ImageSet.subset: images of each class, but they have no labels")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (one, other) = (try ImageSet(pixels: [7], height: 1, width: 1), BuiltInDigits.make(count: 1))
      _ = ImageSet.concatenated([one, other])
    }
    expect(
      result, saysWhy: "ImageSet.concatenated: images of shapes [1, 1, 1] and [28, 28, 1]; they must be equal")
  }
}

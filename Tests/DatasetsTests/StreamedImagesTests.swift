import Foundation
import LatentFormats
import LatentSystem
import LatentTestSupport
import Tensor
import Testing

@testable import Datasets

/// Images that are read from the disk as they are needed: the same as in memory, to the last bit.
@Suite struct StreamedImagesTests {
  /// Files of every kind that can be streamed, by name.
  enum Kind: String, CaseIterable {
    case pictures, classes, idx, floats, published, bytes, wide, channelsFirst, cifar
  }

  /// Writes images of a kind into a folder.
  private func write(_ kind: Kind, _ folder: String) throws -> (path: String, preparation: ImagePreparation) {
    let path = folder + "/" + kind.rawValue
    switch kind {
    case .pictures, .classes:
      for index in 0..<11 {
        // One of the later ones is coloured, so that all are.
        let channels = index == 7 ? 3 : 1
        let below = kind == .classes ? path + "/\(index % 3)" : path
        try SystemFile.createFolder(below)
        try PNG.write(
          noise(6 * 5 * channels, seed: UInt64(index)), height: 6, width: 5, channels: channels,
          to: below + "/\(index).png")
      }
      return (path, ImagePreparation(size: kind == .classes ? Tensor.Size2D(4) : nil))
    case .idx: try IDXFile.write(IDXArray(bytes: noise(13 * 20), shape: [13, 4, 5]), to: path)
    case .floats:
      try IDXFile.write(IDXArray(floats: noise(13 * 60).map { Float($0) / 255 }, shape: [13, 4, 5, 3]), to: path)
    case .published:
      try SystemFile.createFolder(path)
      try IDXFile.write(IDXArray(bytes: noise(13 * 20), shape: [13, 4, 5]), to: path + "/train-images-idx3-ubyte")
      try IDXFile.write(
        IDXArray(integers: (0..<13).map { $0 % 4 }, shape: [13]), to: path + "/train-labels-idx1-ubyte.gz")
    case .bytes, .wide, .channelsFirst:
      let shape = kind == .channelsFirst ? [9, 3, 4, 5] : [9, 4, 5]
      try NumPy.write(
        noise(shape.reduce(1, *)).map { kind == .wide ? Float($0 & 1) : Float($0) / 255 }, shape: shape, to: path)
      return (path, ImagePreparation(layout: kind == .channelsFirst ? .nchw : nil))
    case .cifar:
      try SystemFile.createFolder(path)
      for file in 1...5 {
        var records: [UInt8] = []
        for record in 0..<2 {
          records.append(UInt8(file + record))
          records += noise(3072, seed: UInt64(10 * file + record))
        }
        try AtomicFile.write(records, to: path + "/data_batch_\(file).bin")
      }
      return (path, ImagePreparation(channels: 1))
    }
    return (path, ImagePreparation())
  }

  private func streamed(
    _ path: String, limit: Int? = nil, _ preparation: ImagePreparation = ImagePreparation()
  ) throws -> StreamedImages {
    try #require(
      try ImageSet.open(path, limit: limit, preparation: preparation, memory: 1) as? StreamedImages, "\(path)")
  }

  @Test(arguments: Kind.allCases, [nil, 6]) func sameAsInMemory(_ kind: Kind, limit: Int?) throws {
    try withTemporaryFolder { folder in
      let (path, preparation) = try write(kind, folder)
      let loaded = try ImageSet.load(path, limit: limit, preparation: preparation)
      #expect(try ImageSet.open(path, limit: limit, preparation: preparation) is ImageSet)
      let images = try streamed(path, limit: limit, preparation)
      #expect(images.count == loaded.count && images.sampleShape == loaded.sampleShape)
      #expect(images.labels == loaded.labels && images.conditions == loaded.conditions)
      #expect(images.classNames == loaded.classNames && images.fileNames == loaded.fileNames)
      #expect(images.missingConditions == loaded.missingConditions)
      #expect(images.preparedCount == loaded.preparedCount && images.poverty == loaded.poverty)
      for withConditions in [false, true] {
        let expected = loaded.fingerprint(withConditions: withConditions)
        #expect(images.fingerprint(withConditions: withConditions) == expected)
      }
      var (first, second) = (RandomGenerator(seed: 1), RandomGenerator(seed: 1))
      let (parts, loadedParts) = (
        images.split(heldOut: 0.3, using: &first), loaded.split(heldOut: 0.3, using: &second)
      )
      for (own, other) in [(parts.train, loadedParts.train), (parts.heldOut ?? images, loadedParts.heldOut ?? loaded)] {
        #expect(own.fingerprint(withConditions: true) == other.fingerprint(withConditions: true))
        #expect(own.batch(at: [1, 0, 1]).samples == other.batch(at: [1, 0, 1]).samples)
      }
      try expectSameBatches(images, loaded)
    }
  }

  /// Test images have the classes of the training images, and what belongs to one set stays together.
  @Test func partsAreThoseInMemory() throws {
    try withTemporaryFolder { folder in
      for (index, name) in ["train/cat", "train/dog", "train/emu", "test/emu", "test/dog"].enumerated() {
        try SystemFile.createFolder("\(folder)/parts/\(name)")
        try PNG.write(
          noise(20, seed: UInt64(index)), height: 4, width: 5, channels: 1, to: "\(folder)/parts/\(name)/1.png")
      }
      let images = IDXArray(bytes: noise(60), shape: [3, 4, 5])
      try SystemFile.createFolder("\(folder)/sets")
      for name in ["emnist-train-images", "fashion-t10k-images", "emnist-t10k-images"] {
        try IDXFile.write(images, to: "\(folder)/sets/\(name)-idx3-ubyte")
      }
      try IDXFile.write(IDXArray(integers: [0, 1, 2], shape: [3]), to: "\(folder)/sets/train-labels-idx1-ubyte")
      for (name, split) in [("parts", ImageSet.Split.train), ("parts", .test), ("sets", .train), ("sets", .test)] {
        let loaded = try ImageSet.load("\(folder)/\(name)", split: split)
        let streamed = try ImageSet.open("\(folder)/\(name)", split: split, memory: 1)
        #expect(streamed is StreamedImages)
        #expect(streamed.fingerprint(withConditions: true) == loaded.fingerprint(withConditions: true))
        #expect(streamed.labels == loaded.labels && streamed.classNames == loaded.classNames)
        #expect(streamed.conditions == loaded.conditions && streamed.missingConditions == loaded.missingConditions)
      }
      #expect(try ImageSet.open("\(folder)/parts", split: .test, memory: 1).labels == [1, 2])
    }
  }

  /// Where chosen images stood among all, and classes that are numbered as others.
  @Test func choicesAndClassesAreThoseInMemory() throws {
    try withTemporaryFolder { folder in
      let (path, preparation) = try write(.classes, folder)
      let (images, loaded) = (try streamed(path, preparation), try ImageSet.load(path, preparation: preparation))
      #expect(images.choice == nil && images.subset([5, 2, 9]).prefix(2).choice?.places == [5, 2])
      #expect(images.subset([5, 2, 9]).prefix(2).choice == loaded.subset([5, 2, 9]).prefix(2).choice)
      var others = try ImageSet(pixels: [7], height: 1, width: 1, labels: [3])
      others.classNames = ["2", "x", "0", "1"]
      let numbered = try #require(images.subset([5, 2, 9]).numberingClasses(as: others))
      #expect(numbered.labels == loaded.subset([5, 2, 9]).numberingClasses(as: others)?.labels)
      #expect(numbered.classNames == others.classNames && numbered.conditions == .classes(4))
      #expect(numbered.batch(at: [1]).samples == loaded.batch(at: [2]).samples)
      others.classNames = ["x", "0", "1"]
      #expect(images.numberingClasses(as: others) == nil)
      #expect(images.labeled(nil, classCount: nil, classNames: nil).conditions == .none)
    }
  }

  /// Batches of several epochs, prepared ahead as a training does it.
  private func expectSameBatches(_ images: StreamedImages, _ loaded: ImageSet) throws {
    let generator = RandomGenerator(seed: 7)
    var feed = BatchFeed(TrainingData(images), batchSize: 2, generator: generator)
    var expected = BatchFeed(TrainingData(loaded), batchSize: 2, generator: generator)
    feed.prepare(1)
    for _ in 0..<3 * images.count {
      feed.prepare(1, after: 1)
      let (batch, other) = (feed.next(), expected.next())
      #expect(batch.samples == other.samples && batch.indices == other.indices && batch.labels == other.labels)
      #expect(images.failure == nil && images.windowCount <= 4)
    }
  }

  /// A file of 1 GB, which has no contents and takes no room: what is in memory does not grow with it.
  @Test func theWindowIsBounded() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/large.npy"
      let count = 64
      var header = NumPy.header(shape: [count, 4096, 4096])
      header.replaceSubrange(header.firstRange(of: Array("<f4".utf8))!, with: Array("|u1".utf8))
      try AtomicFile.write(header, to: path)
      #expect(truncate(path, off_t(header.count + count << 24)) == 0)
      let store = try #require(try ArrayStore(path, limit: nil, ImagePreparation()))
      let memory = try store.memory
      #expect(store.count == count && memory > count << 24)
      let reader = ReadAhead { try store.image(at: $0).image.pixels }
      for step in 0..<6 {
        reader.prepare([2 * step, 2 * step + 1])
        #expect(reader.failure == nil && reader.count <= 4)
        #expect(reader.bytes(at: 2 * step)?.count == 1 << 24)
      }
    }
  }

  @Test func aFileThatVanishes() throws {
    try withTemporaryFolder { folder in
      let path = try write(.pictures, folder).path
      let images = try streamed(path)
      #expect(images.failure == nil)
      #expect(unlink(path + "/3.png") == 0)
      images.prepare([1, 2])
      #expect(images.failure == nil)
      // Names are in the order of their bytes: 10 comes before 2.
      images.prepare([4])
      let error = try #require(images.failure as? FileError)
      #expect(error.description == "\(path)/3.png: expected a readable file, found no such file")
      // Something has to stand in its place.
      #expect(images.batch(at: [4]).samples == Tensor.zeros([1, 6, 5, 3]))
    }
  }

  @Test func aFileThatChanges() throws {
    try withTemporaryFolder { folder in
      let path = try write(.pictures, folder).path
      let images = try streamed(path)
      #expect(images.failure == nil)
      try PNG.write(noise(20), height: 4, width: 5, channels: 1, to: path + "/3.png")
      _ = images.batch(at: [4])
      let error = try #require(images.failure as? FileError)
      #expect(error.expected == "an image of 6×5 pixels as it was before" && error.found.hasPrefix("one of 4×5"))
    }
  }

  /// What is found before the work begins, as in memory.
  @Test func whatCannotBeStreamed() throws {
    try withTemporaryFolder { folder in
      let path = try write(.pictures, folder).path
      try PNG.write(noise(20), height: 4, width: 5, channels: 1, to: path + "/9.png")
      for memory in [1, 1 << 20] {
        let text = try message { _ = try ImageSet.open(path, memory: memory) }
        #expect(text.contains("9.png: expected an image of 6×5 pixels as \(path)/0.png, found one of 4×5"))
      }
      let size = ImagePreparation(size: Tensor.Size2D(4))
      #expect(try streamed(path, size).preparedCount == ImageSet.load(path, preparation: size).preparedCount)

      // Compressed: it says what to do, which helps.
      let packed = folder + "/packed.idx.gz"
      let array = IDXArray(bytes: noise(4000), shape: [10, 20, 20])
      try IDXFile.write(array, to: packed)
      let text = try message { _ = try ImageSet.open(packed, memory: 2000) }
      #expect(text.contains("; a limit of 4 fits; what gunzip makes of it need not fit into memory"), "\(text)")
      #expect(try ImageSet.open(packed, limit: 4, memory: 2000).count == 4)
      try IDXFile.write(array, to: folder + "/unpacked.idx")
      #expect(try streamed(folder + "/unpacked.idx").count == 10)

      // In Fortran order.
      let fortran = try fixture("fortran-bytes.npy")
      try AtomicFile.write(fortran, to: folder + "/fortran.npy")
      let order = try message {
        _ = try ImageSet.open(folder + "/fortran.npy", preparation: ImagePreparation(layout: .nhw), memory: 1)
      }
      #expect(order.contains("numpy.save(path, numpy.ascontiguousarray(x)) writes the other"))
      try AtomicFile.write(fixture("images.npy"), to: folder + "/rows.npy")
      #expect(try streamed(folder + "/rows.npy", ImagePreparation(layout: .nhwc)).sampleShape == [3, 4, 1])
    }
  }
}

import Kernels
import LatentSystem

/// A source of random numbers that is a value: it is passed in, copied, split and saved, and never shared.
///
/// Philox4x32-10: block number `position` of a stream is a pure function of key, stream and position, so a million
/// numbers can be made by any number of threads and are the same on all of them.
///
/// ```swift
/// var generator = RandomGenerator(seed: 1)
/// let noise = Tensor.normal([64, 100], using: &generator)
/// ```
///
/// Reference: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct RandomGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
  /// The seed.
  public let key: UInt64
  /// Which of the key's 2⁶⁴ independent streams this is.
  public let stream: UInt64
  /// The number of the stream's next block of four 32-bit words.
  public private(set) var position: UInt64

  /// The stream `stream` of `seed`, from its start. Different streams are independent of one another.
  public init(seed: UInt64, stream: UInt64 = 0) {
    key = seed
    self.stream = stream
    position = 0
  }

  /// The next 64 random bits. Each call uses a block of its own.
  public mutating func next() -> UInt64 {
    let words = nextBlock()
    return UInt64(words.1) << 32 | UInt64(words.0)
  }

  /// A generator that is independent of this one and of all others split from it; this one moves on.
  public mutating func split() -> RandomGenerator {
    let words = nextBlock()
    return RandomGenerator(
      seed: UInt64(words.1) << 32 | UInt64(words.0), stream: UInt64(words.3) << 32 | UInt64(words.2))
  }

  /// The generator for item `index`: a pure function of this generator and the index, which does not move on.
  public func split(at index: Int) -> RandomGenerator {
    var own = RandomGenerator(seed: key ^ 0x9E37_79B9_7F4A_7C15, stream: stream)
    own.position = position
    // The index counts streams of a key that belongs to this position. Were it added to the position, item 1 here
    // would be item 0 one block later.
    let family = own.split()
    return RandomGenerator(seed: family.key, stream: family.stream &+ UInt64(bitPattern: Int64(index)))
  }

  /// A number in `0..<1`, in steps of 2⁻²⁴.
  public mutating func uniform() -> Float { Float(nextBlock().0 >> 8) * 0x1p-24 }

  /// The whole numbers `0..<count` in random order, each order equally likely (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    Array(0..<count).shuffled(using: &self)
  }

  /// `size` different numbers below `count`, in random order: the beginning of a permutation.
  package mutating func distinctIndices(_ size: Int, of count: Int) -> [Int] {
    var indices = Array(0..<count)
    for place in 0..<size { indices.swapAt(place, Int.random(in: place..<count, using: &self)) }
    return Array(indices.prefix(size))
  }

  /// Moves past `count` blocks and returns the number of the first.
  mutating func takeBlocks(_ count: Int) -> UInt64 {
    defer { position &+= UInt64(count) }
    return position
  }

  var keyWords: (UInt32, UInt32) { (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)) }

  private mutating func nextBlock() -> (UInt32, UInt32, UInt32, UInt32) {
    let block = takeBlocks(1)
    return Self.block(
      counter: (
        UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
        UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)
      ), key: keyWords)
  }

  /// One block of Philox4x32-10.
  static func block(
    counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4) { words in
      let base = requireSome(words.baseAddress, "RandomGenerator: no memory for four words")
      Kernels.philoxBlock(counter.0, counter.1, counter.2, counter.3, key.0, key.1, base)
      return (base[0], base[1], base[2], base[3])
    }
  }
}

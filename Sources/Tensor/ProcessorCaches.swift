import LatentSystem

/// The sizes of a core's data caches in bytes; 0 for one that the processor does not have or does not tell.
package struct ProcessorCaches: Equatable, Sendable {
  /// By level, the first one first.
  package var bytes: [Int]

  /// Those of this processor, or those that the environment variable `LATENT_CACHES` names: kilobytes by level, as in
  /// `32,1024`. Of a value that makes no sense standard error says so.
  package static let current = setting(or: detected, called: "caches: \(detected)", chosenInEnvironment)

  private static let detected = ProcessorCaches(bytes: (1...3).map(detectCache))
  private static let variable = "LATENT_CACHES"

  /// The sizes that `LATENT_CACHES` asks for; nil if it is not set.
  package static func chosenInEnvironment() throws(EnvironmentError) -> ProcessorCaches? {
    guard let text = environmentValue(variable) else { return nil }
    return try chosen(by: text)
  }

  /// The sizes to use when `LATENT_CACHES` is `text`.
  static func chosen(by text: String) throws(EnvironmentError) -> ProcessorCaches {
    let sizes = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...3).contains(sizes.count), sizes.allSatisfy({ $0.map { (1...1 << 24).contains($0) } ?? false }) else {
      throw EnvironmentError(variable, "'\(text)' is not one to three sizes in kilobytes, as in 32,1024")
    }
    return ProcessorCaches(bytes: sizes.map { ($0 ?? 0) << 10 })
  }

  /// The bytes of a level, from 1; 0 if they are not known.
  func level(_ level: Int) -> Int { level <= bytes.count ? bytes[level - 1] : 0 }
}

extension ProcessorCaches: CustomStringConvertible {
  /// `32 KB, 1024 KB, 32768 KB`, by level.
  package var description: String {
    bytes.map { $0 == 0 ? "unknown" : "\($0 >> 10) KB" }.joined(separator: ", ")
  }
}

#if arch(x86_64)
  /// The bytes of a level of caches for data. Intel's leaf 4 and AMD's 8000_001D describe a cache a subleaf, alike: its
  /// type (1 for data, 3 for data and instructions) and level; lines of so many bytes, partitions, ways and sets, each
  /// less one.
  private func detectCache(_ level: Int) -> Int {
    for leaf in [4, 0x8000_001D] as [UInt32] {
      for subleaf in 0..<8 as Range<UInt32> {
        let cache = cpuid(leaf, subleaf)
        let type = cache.a & 31
        if type == 0 { break }
        guard type != 2, cache.a >> 5 & 7 == UInt32(level) else { continue }
        let (line, partitions, ways) = (cache.b & 0xfff, cache.b >> 12 & 0x3ff, cache.b >> 22)
        return [line, partitions, ways, cache.c].reduce(1) { $0 * (Int($1) + 1) }
      }
    }
    return 0
  }
#elseif canImport(Darwin)
  private func detectCache(_ level: Int) -> Int {
    let names = level == 1 ? ["l1dcachesize"] : ["perflevel0.l\(level)cachesize", "l\(level)cachesize"]
    for name in names {
      var (value, size) = (0, MemoryLayout<Int>.size)
      if sysctlbyname("hw." + name, &value, &size, nil, 0) == 0, value > 0 { return value }
    }
    return 0
  }
#else
  private func detectCache(_ level: Int) -> Int {
    for index in 0..<8 {
      let folder = "/sys/devices/system/cpu/cpu0/cache/index\(index)/"
      guard systemFileLine(folder + "level", startingWith: "") == "\(level)",
        systemFileLine(folder + "type", startingWith: "") != "Instruction",
        let size = systemFileLine(folder + "size", startingWith: ""), size.hasSuffix("K")
      else { continue }
      return (Int(size.dropLast()) ?? 0) << 10
    }
    return 0
  }
#endif

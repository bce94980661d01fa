import LatentSystem

#if arch(x86_64)
  import _Builtin_intrinsics.intel.cpuid
#endif

/// The instruction sets the kernels are compiled for.
package enum InstructionSet: String, CaseIterable, Comparable, Sendable {
  /// What every processor of the architecture has: SSE2 on x86-64, NEON on arm64.
  case baseline
  /// AVX2 and FMA: eight floats a register.
  case avx2
  /// AVX-512 F, BW, DQ and VL: sixteen floats a register, and twice as many registers.
  case avx512

  /// The set in use: the best this processor and operating system can run, or a lesser one that the environment
  /// variable `LATENT_KERNELS` asks for. Chosen once; an unknown or impossible name there is ignored, and standard error
  /// says so.
  package static let current = setting(or: detected, called: "kernels: \(detected.rawValue)", chosenInEnvironment)

  /// The set that `LATENT_KERNELS` asks for; nil if it is not set.
  package static func chosenInEnvironment() throws(EnvironmentError) -> InstructionSet? {
    guard let name = environmentValue(variable) else { return nil }
    return try chosen(by: name, best: detected)
  }

  private static let variable = "LATENT_KERNELS"

  /// The sets this processor can run, in ascending order.
  package static var available: [InstructionSet] { allCases.filter { $0 <= detected } }

  /// Whether `right` asks more of the processor.
  package static func < (left: InstructionSet, right: InstructionSet) -> Bool {
    left.order < right.order
  }

  private var order: Int {
    switch self {
    case .baseline: 0
    case .avx2: 1
    case .avx512: 2
    }
  }

  /// The best this processor and operating system can run.
  private static let detected = detect()

  /// The set to use when `LATENT_KERNELS` is `name`.
  static func chosen(by name: String, best: InstructionSet) throws(EnvironmentError) -> InstructionSet {
    guard let wanted = InstructionSet(rawValue: name) else {
      throw EnvironmentError(
        variable, "'\(name)' is not one of \(allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard wanted <= best else {
      throw EnvironmentError(
        variable, "this processor cannot run '\(name)'; the best it can is '\(best.rawValue)'")
    }
    return wanted
  }
}

/// Checks the environment variables that say how to compute, for programs that refuse what a library would only warn of.
package func checkEnvironment() throws(EnvironmentError) {
  _ = try Threads.countInEnvironment()
  _ = try InstructionSet.chosenInEnvironment()
  _ = try ProcessorCaches.chosenInEnvironment()
}

#if arch(x86_64)
  /// Asks the processor what it has, and the operating system what it keeps when it switches between threads.
  private func detect() -> InstructionSet {
    let basic = cpuid(1, 0)
    let extended = cpuid(7, 0)
    // FMA, OSXSAVE and AVX: without OSXSAVE, the operating system saves no registers newer than SSE's.
    guard basic.c.has(12), basic.c.has(27), basic.c.has(28), extended.b.has(5) else { return .baseline }
    guard systemSaves(component: 2), systemSupports("avx2", "hw.optional.avx2_0") else { return .baseline }
    // AVX-512 F, DQ, BW and VL. Components 5, 6 and 7 are its masks and registers, enabled together or not at all.
    guard [16, 17, 30, 31].allSatisfy({ extended.b.has($0) }), systemSaves(component: 7) else { return .avx2 }
    return systemSupports("avx512f", "hw.optional.avx512f") ? .avx512 : .avx2
  }

  /// What the processor says of itself in a leaf.
  func cpuid(_ leaf: UInt32, _ subleaf: UInt32) -> (a: UInt32, b: UInt32, c: UInt32, d: UInt32) {
    var (a, b, c, d): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    // Leaves the processor does not have read as zeros.
    _ = __get_cpuid_count(leaf, subleaf, &a, &b, &c, &d)
    return (a, b, c, d)
  }

  extension UInt32 {
    fileprivate func has(_ bit: Int) -> Bool { self >> bit & 1 == 1 }
  }

  /// Whether the area in which the operating system saves registers reaches beyond the given component.
  ///
  /// XGETBV would say exactly, but Swift cannot reach it without processor flags. CPUID leaf 13 gives the size of
  /// the area for what is enabled; since protection keys lie behind AVX-512's registers this alone could claim too
  /// much, so ``systemSupports(_:_:)`` must agree.
  private func systemSaves(component: UInt32) -> Bool {
    let part = cpuid(13, component)
    return part.a > 0 && cpuid(13, 0).b >= part.a + part.b
  }

  /// Whether the operating system says itself that programs may use a feature. Linux removes the flags of features it
  /// has not enabled from /proc/cpuinfo; where that file cannot be read, CPUID's word stands.
  private func systemSupports(_ flag: String, _ sysctlName: String) -> Bool {
    #if canImport(Darwin)
      var value: Int32 = 0
      var size = MemoryLayout<Int32>.size
      return sysctlbyname(sysctlName, &value, &size, nil, 0) == 0 && value != 0
    #else
      guard let flags = processorFlags else { return true }
      return flags.contains(flag)
    #endif
  }

  #if !canImport(Darwin)
    /// The words of the first `flags` line of /proc/cpuinfo.
    private let processorFlags = systemFileLine("/proc/cpuinfo", startingWith: "flags").map { line in
      Set(line.split(whereSeparator: \.isWhitespace).map(String.init))
    }
  #endif
#else
  private func detect() -> InstructionSet { .baseline }
#endif

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What of the machine this process may use.
package enum Machine {
  /// The number of processors: those of the machine, as far as the process may run on them and its container has a
  /// quota for them, but at least 1.
  package static let processorCount = processorCount(of: ProcessInfo.processInfo.activeProcessorCount)

  /// The bytes of memory: those of the machine, or fewer if its container has a limit.
  package static let memory = memory(of: Int(clamping: ProcessInfo.processInfo.physicalMemory))

  /// - Parameters:
  ///   - count: the processors of the machine.
  ///   - root: what to put before the paths of the system's files.
  static func processorCount(of count: Int, root: String = "") -> Int {
    let limits = [allowedProcessorCount(root), ControlGroup(root: root).processorLimit]
    return max(1, limits.compactMap(\.self).reduce(count, min))
  }

  /// - Parameters:
  ///   - size: the memory of the machine.
  ///   - root: what to put before the paths of the system's files.
  static func memory(of size: Int, root: String = "") -> Int {
    min(size, ControlGroup(root: root).memoryLimit ?? size)
  }

  /// How many processors `taskset`, cpusets and the like leave to the process, which Linux's count of processors
  /// ignores; nil if the system does not say. The mask is hexadecimal.
  private static func allowedProcessorCount(_ root: String) -> Int? {
    guard let mask = systemFileLine(root + "/proc/self/status", startingWith: "Cpus_allowed:") else { return nil }
    let allowed = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    return allowed > 0 ? allowed : nil
  }
}

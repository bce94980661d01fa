/// The control groups of Linux (`man 7 cgroups`) that this process is in: a container's limits, or a service's.
///
/// `/proc/self/cgroup` says which groups those are and `/proc/self/mountinfo` where their files lie. Version 2 has one
/// hierarchy of groups, version 1 one for each resource; a machine may have both. A limit holds for everything below a
/// group, so the least of those on the way up counts. Other systems have no such files, and so no limits.
struct ControlGroup {
  /// How many processors' time the process may use, rounded up; nil if there is no quota.
  let processorLimit: Int?

  /// The most bytes of memory the process may use; nil if there is no limit.
  let memoryLimit: Int?

  /// - Parameter root: what to put before the paths of the system's files.
  init(root: String = "") {
    let groups = systemFileLines(root + "/proc/self/cgroup").compactMap(Membership.init)
    let mounts = systemFileLines(root + "/proc/self/mountinfo").compactMap(Mount.init)
    func least(_ resource: Substring, _ limit: (_ folder: String, _ isUnified: Bool) -> Int?) -> Int? {
      groups.filter { $0.isUnified || $0.resources.contains(resource) }.flatMap { group in
        mounts.filter { $0.isUnified == group.isUnified && ($0.isUnified || $0.resources.contains(resource)) }
          .flatMap { $0.folders(of: group.path) }.compactMap { limit(root + $0, group.isUnified) }
      }.min()
    }
    processorLimit = least("cpu", Self.processorLimit)
    memoryLimit = least("memory") { folder, isUnified in
      Self.numbers("\(folder)/\(isUnified ? "memory.max" : "memory.limit_in_bytes")").first ?? nil
    }
  }

  private static func processorLimit(_ folder: String, isUnified: Bool) -> Int? {
    let numbers =
      isUnified
      ? numbers(folder + "/cpu.max")
      : numbers(folder + "/cpu.cfs_quota_us") + numbers(folder + "/cpu.cfs_period_us")
    // No quota is `max` in version 2 and -1 in version 1.
    guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0, period > 0 else { return nil }
    return (quota - 1) / period + 1
  }

  /// The words of a file's first line as numbers; nil stands for what is none.
  private static func numbers(_ path: String) -> [Int?] {
    systemFileLines(path).first?.split(separator: " ").map { Int($0) } ?? []
  }

  /// A line of `/proc/self/cgroup`: `4:cpu,cpuacct:/docker/0a1b`, or `0::/user.slice` for version 2.
  private struct Membership {
    let resources: [Substring]
    let path: Substring
    var isUnified: Bool { resources.isEmpty }

    init?(_ line: Substring) {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      resources = parts[1].split(separator: ",")
      path = parts[2]
    }
  }

  /// A line of `/proc/self/mountinfo` about control groups:
  /// `36 25 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct`.
  private struct Mount {
    /// The group that is mounted.
    let group: String
    /// Where.
    let folder: String
    let isUnified: Bool
    /// The options of the file system, the resources among them.
    let resources: [Substring]

    init?(_ line: Substring) {
      let fields = line.split(separator: " ")
      guard let end = fields.firstIndex(of: "-"), end >= 6, fields.count > end + 3 else { return nil }
      let type = fields[end + 1]
      guard type == "cgroup" || type == "cgroup2" else { return nil }
      (group, folder) = (Self.plain(fields[3]), Self.plain(fields[4]))
      isUnified = type == "cgroup2"
      resources = fields[end + 3].split(separator: ",")
    }

    /// The folders of the group at `path` and of those above it, as far as they are mounted. A group outside of what is
    /// mounted, as a container may see it, has the mounted one above it at least.
    func folders(of path: Substring) -> [String] {
      let prefix = group == "/" ? "" : group
      var rest = path == prefix || path.hasPrefix(prefix + "/") ? path.dropFirst(prefix.count) : ""
      if rest.split(separator: "/").contains("..") { rest = "" }
      var folders = [folder]
      for name in rest.split(separator: "/") { folders.append("\(folders[folders.count - 1])/\(name)") }
      return folders
    }

    /// `text` with its spaces, which are written as `\040`, and the like.
    private static func plain(_ text: Substring) -> String {
      let parts = text.split(separator: "\\", omittingEmptySubsequences: false)
      let rest = parts.dropFirst().map { part in
        guard part.count >= 3, let code = UInt8(part.prefix(3), radix: 8) else { return "\\" + part }
        return String(Unicode.Scalar(code)) + part.dropFirst(3)
      }
      return String(parts[0]) + rest.joined()
    }
  }
}

import LatentTestSupport
import Testing

@testable import LatentSystem

/// What of a machine this process may use, read from files as Linux has them.
@Suite struct MachineTests {
  /// A machine's files: paths and contents.
  struct Files: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let contents: [String: String]
    let processors: Int
    let memory: Int

    /// - Parameters:
    ///   - processors: how many of 8 there are for the process.
    ///   - memory: how many of 1000 bytes.
    init(_ name: String, processors: Int, memory: Int = 1000, _ contents: [String: String]) {
      (testDescription, self.contents, self.processors, self.memory) = (name, contents, processors, memory)
    }
  }

  private static let unified = "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  private static let version1 = """
    25 1 8:1 / / rw - ext4 /dev/sda1 rw
    36 25 0:31 /docker/0a1b /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:9 - cgroup cgroup rw,cpu,cpuacct
    37 25 0:32 /docker/0a1b /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory
    38 25 0:33 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset

    """

  static let machines = [
    Files("no files", processors: 8, [:]),
    Files("affinity", processors: 3, ["proc/self/status": "Name:\tx\nCpus_allowed:\t00000000,00000007\n"]),
    Files("no control groups", processors: 8, ["proc/self/status": "Cpus_allowed:\tffff\n"]),
    Files(
      "version 2, in a container", processors: 2, memory: 600,
      [
        "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": unified, "sys/fs/cgroup/cpu.max": "150000 100000\n",
        "sys/fs/cgroup/memory.max": "600\n",
      ]),
    Files(
      "version 2, half a processor", processors: 1,
      [
        "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": unified, "sys/fs/cgroup/cpu.max": "50000 100000\n",
        "sys/fs/cgroup/memory.max": "max\n",
      ]),
    Files(
      "version 2, limits of groups above", processors: 3, memory: 500,
      [
        "proc/self/cgroup": "0::/system.slice/x.service\n", "proc/self/mountinfo": unified,
        "sys/fs/cgroup/system.slice/cpu.max": "300000 100000\n",
        "sys/fs/cgroup/system.slice/x.service/cpu.max": "max 100000\n",
        "sys/fs/cgroup/system.slice/memory.max": "max\n",
        "sys/fs/cgroup/system.slice/x.service/memory.max": "500\n",
      ]),
    Files(
      "version 2, no limits", processors: 8,
      [
        "proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": unified, "sys/fs/cgroup/a/cpu.max": "max 100000\n",
        "sys/fs/cgroup/a/memory.max": "max\n",
      ]),
    Files(
      "version 2, a group outside of what is mounted", processors: 4,
      [
        "proc/self/cgroup": "0::/../../other\n", "proc/self/mountinfo": unified,
        "sys/fs/cgroup/cpu.max": "400000 100000\n", "sys/fs/other/cpu.max": "100000 100000\n",
      ]),
    Files(
      "version 2, a place with a space", processors: 5,
      [
        "proc/self/cgroup": "0::/\n", "sys/fs/c g/cpu.max": "500000 100000\n",
        "proc/self/mountinfo": "30 25 0:26 / /sys/fs/c\\040g rw - cgroup2 cgroup2 rw\n",
      ]),
    Files(
      "version 1, in a container", processors: 3, memory: 700,
      [
        "proc/self/cgroup": "12:memory:/docker/0a1b\n4:cpu,cpuacct:/docker/0a1b\n3:cpuset:/\n1:name=systemd:/x\n",
        "proc/self/mountinfo": version1, "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "250000\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "700\n",
      ]),
    Files(
      "version 1, no limits", processors: 8,
      [
        "proc/self/cgroup": "4:cpu,cpuacct:/docker/0a1b\n12:memory:/docker/0a1b\n", "proc/self/mountinfo": version1,
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      ]),
    Files(
      "both versions, and fewer processors allowed", processors: 2,
      [
        "proc/self/cgroup": "4:cpu,cpuacct:/docker/0a1b/inner\n0::/docker/0a1b\n",
        "proc/self/mountinfo": version1 + unified, "proc/self/status": "Cpus_allowed:\t3\n",
        "sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us": "400000\n",
        "sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us": "100000\n",
      ]),
    Files(
      "nonsense", processors: 8,
      [
        "proc/self/cgroup": "0\n::\n\n0::/\n", "proc/self/mountinfo": "- cgroup2\n1 2 3 - cgroup\n" + unified,
        "proc/self/status": "Cpus_allowed:\n", "sys/fs/cgroup/cpu.max": "0 0\n", "sys/fs/cgroup/memory.max": "",
      ]),
  ]

  @Test("Limits", arguments: machines) func limits(_ machine: Files) throws {
    try withTemporaryFolder { root in
      for (name, text) in machine.contents { try addFile(name, text, in: root) }
      #expect(Machine.processorCount(of: 8, root: root) == machine.processors)
      #expect(Machine.memory(of: 1000, root: root) == machine.memory)
    }
  }

  @Test func thisMachine() {
    #expect(Machine.processorCount >= 1)
    #expect(Machine.memory >= 1 << 20)
  }

  @Test func numbersHaveCacheLinesOfTheirOwn() {
    let lines = CacheLines(3)
    let addresses = (0..<3).map { Int(bitPattern: lines[$0]) }
    #expect(addresses[0] % 128 == 0 && addresses[1] - addresses[0] == 128 && addresses[2] - addresses[1] == 128)
    lines[1].pointee.store(7, ordering: .relaxed)
    #expect((0..<3).map { lines[$0].pointee.load(ordering: .relaxed) } == [0, 7, 0])
  }
}

import Testing

@testable import LatentBenchmarkHarness

@Suite struct HarnessOptionsTests {
  @Test func everyOption() throws {
    let options = try HarnessOptions([
      "--filter", "^mat", "--filter-not=512$", "--min-time", "0.25", "--iterations=10", "--warmup-iterations", "0",
      "--format", "csv", "--list", "--allow-debug-build",
    ])
    #expect(options.minTime == 0.25)
    #expect(options.iterations == 10)
    #expect(options.warmupIterations == 0)
    #expect(options.format == .csv)
    #expect(options.listsNames && options.allowsDebugBuild && !options.showsHelp)
    #expect(options.selects("matmul/256"))
    #expect(!options.selects("matmul/512"))
    #expect(!options.selects("a matmul"))
  }

  @Test func patternsMatchAnywhere() throws {
    #expect(try HarnessOptions(["--filter", "b/[0-9]+"]).selects("ab/12c"))
    #expect(try HarnessOptions(["--filter", ".*"]).selects("anything"))
    #expect(try HarnessOptions([]).selects("anything"))
    #expect(try HarnessOptions(["--filter=a=b"]).selects("a=b"))
  }

  @Test(arguments: [
    (["--bogus"], #"unknown option "--bogus"; see --help"#),
    (["stray"], #"unknown option "stray"; see --help"#),
    (["--filter"], "--filter: a value is missing"),
    (["--filter", "("], #"--filter: expected a regular expression, found "(""#),
    (["--filter", ""], #"--filter: expected a regular expression, found """#),
    (["--min-time", "0"], #"--min-time: expected a number of seconds above 0 and up to 3600, found "0""#),
    (["--min-time", "nan"], #"--min-time: expected a number of seconds above 0 and up to 3600, found "nan""#),
    (["--iterations", "0"], #"--iterations: expected a whole number of 1 or more, found "0""#),
    (["--warmup-iterations=-1"], #"--warmup-iterations: expected a whole number of 0 or more, found "-1""#),
    (["--format", "xml"], #"--format: expected console or json or csv, found "xml""#),
    (["--list=yes"], "--list: takes no value"),
    (["--iterations", "1", "--iterations", "2"], "--iterations: given twice"),
  ])
  func refused(arguments: [String], message: String) {
    #expect(throws: HarnessUsageError(message: message)) { try HarnessOptions(arguments) }
  }
}

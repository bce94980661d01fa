import LatentBenchmarkHarness

/// What the harness itself costs: the time of an empty iteration is in every other row too.
let harnessBenchmarks = BenchmarkSuite(name: "harness") { suite in
  suite.benchmark("empty") {}
}

import LatentBenchmarkHarness

Benchmark.main([harnessBenchmarks])

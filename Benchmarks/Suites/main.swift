import LatentBenchmarkHarness

Benchmark.main([harnessBenchmarks, processor, matrixProducts] + elementwise + [training])

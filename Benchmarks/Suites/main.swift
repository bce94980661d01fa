import LatentBenchmarkHarness

Benchmark.main([harnessBenchmarks, processor, matrixProducts] + convolutions + elementwise + memoryBound + [training])

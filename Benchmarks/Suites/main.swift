import LatentBenchmarkHarness

Benchmark.main([harnessBenchmarks, processor, matrixProducts] + convolutions + elementwise + [training, generation])

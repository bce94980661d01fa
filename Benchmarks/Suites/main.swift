import LatentBenchmarkHarness

Benchmark.main(
  [harnessBenchmarks, processor, matrixProducts] + convolutions + [convolutionMaps] + elementwise + memoryBound
    + [training, generation])

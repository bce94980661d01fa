import LatentBenchmarkHarness

Benchmark.main(
  [harnessBenchmarks, processor, matrixProducts] + convolutions + [convolutionMaps] + elementwise
    + [training, generation])

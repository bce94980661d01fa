import Latent
import LatentBenchmarkHarness

Benchmark.main(
  [harnessBenchmarks, processor, matrixProducts] + convolutions + [convolutionMaps] + elementwise + memoryBound
    + [training, scaling, generation], peaks: peaks,
  peakMemory: Tensor.peakStorageBytes)

import Latent
import LatentBenchmarkHarness
import LatentSystem

do {
  try checkEnvironment()
} catch {
  SystemFile.writeError("Benchmarks: \(error)\n")
  exit(2)
}

Benchmark.main(
  [harnessBenchmarks, processor, matrixProducts] + convolutions + [convolutionMaps] + elementwise + memoryBound
    + [
      layers, operations, linearAlgebra, autodiff, training, styleTraining, pixelTraining, codeTraining, textTraining,
      imageTraining,
      volumeTraining,
    ]
    + [scaling, familyScaling, generation, evaluation, pictures],
  heading: processorSummary,
  peaks: peaks,
  peakMemory: Tensor.peakStorageBytes)

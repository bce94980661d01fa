import Latent
import LatentBenchmarkHarness

/// Decompositions of a matrix that no cache of a core holds, in double precision inside.
let linearAlgebra = BenchmarkSuite(name: "linear") { suite in
  suite.benchmark("symmetric-eigen-512") {
    normal([512, 512])
  } body: {
    blackHole($0.symmetricEigen().vectors)
  }
  suite.benchmark("solve-512", .flops(8 * 512 * 512 * 512 / 3)) {
    (normal([512, 512]), normal([512, 512]))
  } body: { operands in
    blackHole(operands.0.solve(operands.1))
  }
}

import Latent
import LatentBenchmarkHarness

/// What a recorded operation costs beside its arithmetic: chains of 10,000 operations on single scalars, as recurrent
/// models build them. Items are nodes. The forward pass frees the recording of the one before it too.
let autodiff = BenchmarkSuite(name: "autodiff") { suite in
  suite.benchmark("node-forward", .items(nodes)) {
    chain()
  } body: { recording in
    recording = chain()
  }
  suite.benchmark("node-backward", .items(nodes)) {
    chain()
  } body: { recording in
    blackHole(recording.result.gradient(at: recording.leaf))
  }
}

private let nodes = 10_000

/// Additions and multiplications in turn, all of which depend on one leaf.
private func chain() -> (leaf: Tensor, result: Tensor) {
  let leaf = Tensor([0.5]).recorded()
  var result = leaf
  for _ in 0..<nodes / 2 { result = result * leaf + leaf }
  return (leaf, result)
}

import Datasets
import Layers
import Tensor

/// A model of windows of series, `[L, C]`, that reconstructs them, and so tells at which times a window is strange.
public protocol TimeScoring: LatentEncoding {
  /// How far each time of some windows lies from what it should be: `[N, L, C]` → `[N, L]`, the higher the stranger.
  ///
  /// - Parameters:
  ///   - windows: `[N, L, C]`.
  ///   - reconstructions: of them.
  func timeScores(of windows: Tensor, given reconstructions: Tensor) -> Tensor
}

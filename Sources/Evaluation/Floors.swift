import LatentSystem

/// The figures of training samples, by how many there are: they are the same for all models, and take as long as those of
/// a model.
///
/// Unchecked `Sendable`: all access is under the lock.
final class Floors: @unchecked Sendable {
  struct Figures {
    let frechetDistance: Double
    let kernelDistance: Double
    let scores: NeighbourhoodScores
    let classifierScore: Double?
  }

  private let lock = Lock()
  private var known: [Int: Figures] = [:]

  subscript(count: Int) -> Figures? {
    get { lock.withLock { known[count] } }
    set { lock.withLock { known[count] = newValue } }
  }
}

import Dispatch
import LatentSystem

/// Reads images ahead of their use, on a thread of its own, and keeps no more of them than two calls of ``prepare(_:)``
/// have asked for.
///
/// Unchecked `Sendable`: what changes is behind a lock.
final class ReadAhead: @unchecked Sendable {
  private let read: @Sendable (Int) throws -> [UInt8]
  private let queue = DispatchQueue(label: "latent.reading")
  private let lock = Lock()
  private var window: [Int: [UInt8]] = [:]
  private var (older, newer) = (Set<Int>(), Set<Int>())
  private var error: (any Error)?
  private var isWatched = false

  /// - Parameter read: the bytes of an image.
  init(_ read: @escaping @Sendable (Int) throws -> [UInt8]) { self.read = read }

  /// Begins to read images, which will be asked for soon.
  func prepare(_ indices: [Int]) {
    let missing = lock.withLock {
      isWatched = true
      (older, newer) = (newer, Set(indices))
      let (needed, alsoNeeded) = (older, newer)
      window = window.filter { needed.contains($0.key) || alsoNeeded.contains($0.key) }
      return indices.filter { window[$0] == nil }
    }
    queue.async { [self] in
      for index in missing { readAhead(index) }
    }
  }

  private func readAhead(_ index: Int) {
    let isNeeded = lock.withLock {
      error == nil && window[index] == nil && (newer.contains(index) || older.contains(index))
    }
    guard isNeeded else { return }
    let result = Result { try read(index) }
    lock.withLock {
      switch result {
      case .success(let bytes): window[index] = bytes
      case .failure(let failure): error = error ?? failure
      }
    }
  }

  /// The bytes of an image, wherever they have to come from; nil if it cannot be read, of which ``failure`` tells.
  func bytes(at index: Int) -> [UInt8]? {
    if let known = lock.withLock({ window[index] }) { return known }
    do {
      return try read(index)
    } catch {
      let isWatched = lock.withLock {
        self.error = self.error ?? error
        return self.isWatched
      }
      require(isWatched, "StreamedImages: \(error); whoever asks for images looks at failure")
      return nil
    }
  }

  /// Why an image could not be read, after all are that were to be prepared.
  var failure: (any Error)? {
    queue.sync {}
    return lock.withLock {
      isWatched = true
      return error
    }
  }

  /// How many images are kept.
  var count: Int {
    queue.sync {}
    return lock.withLock { window.count }
  }
}

import Latent
import LatentSystem

/// Checks that the memory holds a training: the system would end the process without a word.
///
/// - Parameters:
///   - parameterCount: how many numbers are learned.
///   - memory: the bytes of memory.
/// - Throws: ``ConfigurationError`` if there is no room for the parameters, their gradients, and one average of these that
///   an optimizer keeps; most trainings take more.
func checkTrainingMemory(parameterCount: Int, memory: Int = Machine.memory) throws {
  guard parameterCount > memory / 12 else { return }
  func gigabytes(_ bytes: Double) -> String { "\(DecimalText.fixed(bytes / 1e9, decimals: 1)) GB" }
  throw ConfigurationError(
    "a training of \(parameterCount) parameters takes \(gigabytes(12 * Double(parameterCount))) of memory or more, and the "
      + "machine has \(gigabytes(Double(memory))); smaller layers or images have fewer")
}

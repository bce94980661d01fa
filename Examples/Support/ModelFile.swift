import Latent
import LatentSystem

/// The model of a checkpoint, as an option `--model` names it.
///
/// - Parameter isAveraged: whether to use the moving average of the generator, for `--ema`.
/// - Throws: ``UsageError`` if there is no path, or no average; ``FileError`` if the file is no checkpoint.
public func openModel(_ path: String?, isAveraged: Bool = false) throws -> TrainedModel {
  guard let path else { throw UsageError("--model: expected the path of a checkpoint") }
  let trained = try ModelRegistry.standard.load(path)
  guard isAveraged else { return trained }
  guard let averaged = trained.averaged else { throw UsageError("--ema: \(path) has no moving average") }
  return averaged
}

/// The judge of a checkpoint, as an option `--judge` names it.
/// - Throws: ``UsageError`` if there is no such file; ``FileError`` if it is no checkpoint; ``CapabilityError`` if its model
///   cannot judge.
func openJudge(_ path: String) throws -> Judge { try Judge(openClassifier(path)) }

/// The model of a checkpoint, as an option `--judge` names it.
/// - Throws: ``UsageError`` if there is no such file; ``FileError`` if it is no checkpoint.
func openClassifier(_ path: String) throws -> TrainedModel {
  guard AtomicFile.kind(of: path).exists else {
    throw UsageError(
      "--judge: expected a trained classifier, found no file \(path); train-classifier with the same --data makes one")
  }
  return try ModelRegistry.standard.load(path)
}

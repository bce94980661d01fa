import Latent

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

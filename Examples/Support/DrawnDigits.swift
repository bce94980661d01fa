import Latent

/// The digits that the library draws, where others are read from a path.
public enum DrawnDigits {
  /// What names them in place of a path. A folder of this name is `./built-in`.
  static let name = "built-in"

  /// What a help text says of the name.
  public static let help = "\(name) for the digits that the library draws"

  /// What is said where images of another kind would be the same digits.
  static let twice = UsageError(
    "--\(TranslationOptions.name): expected images of another kind than those of --data, which without a path are "
      + "\(TrainingImages.builtIn) already")

  /// Those to learn from, or those to test on, which are others.
  ///
  /// - Parameter limit: the first of them; all if nil.
  static func images(_ split: ImageSet.Split, limit: Int? = nil, _ preparation: ImagePreparation) -> ImageSet {
    let count = split == .train ? TrainingImages.builtInCount : TrainingImages.builtInCount / 10
    return preparation(BuiltInDigits.make(count: min(limit ?? count, count), seed: split == .train ? 0 : 1))
  }
}

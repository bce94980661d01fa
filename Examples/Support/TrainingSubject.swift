import Latent

/// What a training program learns from: samples of one kind, with the options that only they have.
///
/// Each kind is a type in a file of its own, and all that a program knows of it is here.
public protocol TrainingSubject {
  /// What one sample is called.
  static var noun: String { get }
  /// What is learned from where `--data` is not given.
  static var builtIn: String { get }
  /// How many samples there are of that, which lengths of trainings are made for.
  static var builtInCount: Int { get }
  /// What the help text says of `--data`.
  static var dataHelp: String { get }

  /// Declares the options.
  init(_ options: inout Options)

  /// Reads or draws the samples that the options ask for.
  /// - Throws: ``UsageError``, ``FileError``.
  func samples(_ request: TrainingRequest) throws -> TrainingSamples
}

/// What the options of all training programs ask for of the samples.
public struct TrainingRequest {
  /// All that was given, for the options that only some samples have.
  let arguments: Arguments
  /// What `--data` names; nil if it is not given.
  let path: String?
  /// How many samples are wanted; all if nil.
  let limit: Int?
  /// Which share of them is held out; none if nil.
  let heldOutShare: Double?
  /// What draws those that are held out.
  let heldOutGenerator: RandomGenerator
  /// The training that goes on; nil for a new one.
  let before: TrainingCheckpoint?
  /// Whether nothing is to be told on the way.
  let isQuiet: Bool
}

/// What a model learns from, and what it is looked at with in between.
public struct TrainingSamples {
  let train: any SampleSource
  let heldOut: (any SampleSource)?
  /// How images are changed at random at each use; nil if they are not.
  var augmentation: ImageAugmentation?
  /// Why there is nothing to learn from them, if so.
  var poverty: String?
  /// How many samples there were to learn from, with those that are held out.
  let loadedCount: Int
  /// What was found about them, in words.
  var remarks: [String] = []
}

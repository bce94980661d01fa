import Datasets
import LatentSystem
import Tensor
import Training

/// What generated images are worth to a classifier that has few labels: its accuracy on test images when it learns from
/// some labelled images alone, and when samples are added.
///
/// ```swift
/// let experiment = try AugmentationExperiment(ClassifierTraining(classifier), training: images, test: testImages)
/// let trials = try (0..<5).map { seed in
///   try experiment.trial(labelsPerClass: 50, seed: seed) { images in
///     let generator = try Trainer(vae, length: .steps(1000), seed: seed).train(on: images)
///     return try LabelledSamples(perClass: 50, of: generator, classCount: 10, seed: seed).images
///   }
/// }
/// let gain = AugmentationGain(trials)
/// print("\(gain.gain) ± \(gain.gainDeviation ?? 0)")
/// ```
///
/// The gain is one of samples only if what makes them has seen no other labels than the classifier: a generator that
/// learned from all labels hands them on. That is why the closure is given the images that are left.
public struct AugmentationExperiment: Sendable {
  /// How classifiers learn, with or without samples: of as many updates, from the same first values.
  public let classifier: ClassifierTraining
  /// Where the few labelled images are taken from.
  public let training: ImageSet
  /// What classifiers are tested on.
  public let test: ImageSet

  /// An experiment on the given images.
  /// - Throws: ``CapabilityError`` if images have no labels.
  public init(_ classifier: ClassifierTraining, training: ImageSet, test: ImageSet) throws {
    for images in [training, test] where images.labels == nil {
      throw CapabilityError(
        "samples help a classifier, which takes images with labels, found none: \(images.missingConditions ?? "")")
    }
    self.classifier = classifier
    self.training = training
    self.test = test
  }

  /// One comparison.
  ///
  /// - Parameters:
  ///   - count: how many labelled images of each class there are, which the seed chooses.
  ///   - seed: decides these, and first values and randomness of both classifiers, which are the same.
  ///   - onStep: called after every update of a classifier, of which there are twice as many as ``ClassifierTraining/steps``.
  ///   - makeSamples: makes labelled samples of the images' shape and classes, given the images that there are; nil if it
  ///     finds none.
  /// - Throws: ``CapabilityError`` if a class has fewer images, or if samples are of another shape, without labels or of
  ///   classes that the classifier does not know; ``TrainingError``, and what `makeSamples` throws.
  public func trial(
    labelsPerClass count: Int, seed: UInt64, onStep: () throws -> Void = {},
    makeSamples: (_ images: ImageSet) throws -> ImageSet?
  ) throws -> AugmentationTrial {
    let images = try labelled(count, seed: seed)
    let samples = try makeSamples(images)
    if let samples { try check(samples) }
    var classifier = classifier
    // Of few images a batch cannot be larger; it is as small with samples, so that updates are equal.
    classifier.batchSize = min(classifier.batchSize, images.count)
    func accuracy(_ images: ImageSet) throws -> Double {
      try classifier.accuracy(learningFrom: images, seed: seed, testedOn: test, onStep: onStep).share
    }
    return AugmentationTrial(
      labelsPerClass: count, seed: seed, sampleCount: samples?.count ?? 0, accuracy: try accuracy(images),
      augmentedAccuracy: try accuracy(.concatenated([images, samples].compactMap(\.self))))
  }

  private func check(_ samples: ImageSet) throws {
    guard samples.sampleShape == training.sampleShape else {
      throw CapabilityError("expected samples of shape \(training.sampleShape), found \(samples.sampleShape)")
    }
    guard let labels = samples.labels else { throw CapabilityError("expected samples with labels, found none") }
    let known = classifier.classifier.classCount
    if let label = labels.first(where: { $0 >= known }) {
      throw CapabilityError("expected samples of the classifier's \(known) classes, found class \(label)")
    }
  }

  /// The labelled images that a trial has, of the classes that occur: `count` of each.
  /// - Throws: ``CapabilityError`` if one has fewer.
  public func labelled(_ count: Int, seed: UInt64) throws -> ImageSet {
    try Self.labelled(count, of: training, seed: seed)
  }

  /// The labelled images that a trial with `images` has.
  /// - Throws: ``CapabilityError`` if a class that occurs has fewer than `count`, or if images have no labels.
  public static func labelled(_ count: Int, of images: ImageSet, seed: UInt64) throws -> ImageSet {
    guard let counts = images.classCounts else { throw CapabilityError("expected images with labels, found none") }
    for (label, found) in counts.enumerated() where found > 0 && found < count {
      throw CapabilityError("expected \(count) labelled images of each class, found \(found) of class \(label)")
    }
    var generator = RandomGenerator(seed: seed, stream: choiceStream)
    return images.subset(perClass: count, using: &generator)
  }

  /// Not one of those that trainings of the same seed have.
  private static let choiceStream: UInt64 = 0x6C61_6265_6C73
}

/// The accuracies of a classifier without and with samples.
public struct AugmentationTrial: Sendable, Hashable, Codable {
  /// How many labelled images of each class there were.
  public let labelsPerClass: Int
  /// What decided which.
  public let seed: UInt64
  /// How many samples were added.
  public let sampleCount: Int
  /// The share of test images that is named right, without samples.
  public let accuracy: Double
  /// The same with samples.
  public let augmentedAccuracy: Double

  /// What samples added to the accuracy; negative if they did harm.
  public var gain: Double { augmentedAccuracy - accuracy }

  /// A trial with the given figures.
  public init(labelsPerClass: Int, seed: UInt64, sampleCount: Int, accuracy: Double, augmentedAccuracy: Double) {
    self.labelsPerClass = labelsPerClass
    self.seed = seed
    self.sampleCount = sampleCount
    self.accuracy = accuracy
    self.augmentedAccuracy = augmentedAccuracy
  }
}

/// What samples are worth over several trials, each with other labelled images and other first values.
///
/// Deviations are those of what differs between trials. What trials have in common is not in them: the test images, and
/// the generator where it is one and the same.
public struct AugmentationGain: Sendable, Hashable, Codable {
  /// The trials.
  public let trials: [AugmentationTrial]
  /// The mean accuracy without samples.
  public let accuracy: Double
  /// Its standard deviation over the trials, divided by one less than their number; nil of one.
  public let accuracyDeviation: Double?
  /// The mean accuracy with samples.
  public let augmentedAccuracy: Double
  /// Its standard deviation; nil of one trial.
  public let augmentedAccuracyDeviation: Double?
  /// The mean of the gains; negative if samples did harm.
  public let gain: Double
  /// The standard deviation of the gains, each within a trial: what trials have in common does not count. Nil of one.
  public let gainDeviation: Double?

  /// What trials come to.
  /// - Precondition: at least one.
  public init(_ trials: [AugmentationTrial]) {
    require(!trials.isEmpty, "AugmentationGain: no trials; at least one is needed")
    func deviation(_ values: [Double]) -> Double? { values.count < 2 ? nil : values.sampleDeviation }
    self.trials = trials
    (accuracy, accuracyDeviation) = (trials.map(\.accuracy).mean, deviation(trials.map(\.accuracy)))
    augmentedAccuracy = trials.map(\.augmentedAccuracy).mean
    augmentedAccuracyDeviation = deviation(trials.map(\.augmentedAccuracy))
    (gain, gainDeviation) = (trials.map(\.gain).mean, deviation(trials.map(\.gain)))
  }
}

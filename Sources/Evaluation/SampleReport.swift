/// How good samples are, by a judge that has seen real ones: every figure that the judge and the samples allow.
///
/// ```swift
/// let judge = try Judge(ModelRegistry.standard.load("runs/train-classifier/model.safetensors"))
/// let reference = try SampleReference(test: testImages, training: images, judge: judge)
/// print(try reference.report(on: trained, seed: 1).frechetDistance)
/// ```
///
/// Figures of different judges, or of other numbers of samples, cannot be compared.
public struct SampleReport: Sendable, Equatable, Codable {
  /// The Fréchet distance to the test samples.
  public let frechetDistance: Double
  /// The Fréchet distance of as many training samples (all, if there are fewer), drawn at random: about what samples that
  /// are as good as real ones have. Nil without training samples.
  public let frechetFloor: Double?
  /// The kernel distance to the test samples.
  public let kernelDistance: Double
  /// Its standard deviation over subsets.
  public let kernelDeviation: Double
  /// The kernel distance of as many training samples. Nil without training samples.
  public let kernelFloor: Double?
  /// The share of the samples that look real.
  public let precision: Double
  /// The share of the test samples that could be generated.
  public let recall: Double
  /// In how many neighbourhoods of test samples a sample lies, divided by the number of neighbours that make one; 1 is
  /// expected.
  public let density: Double
  /// The share of test samples with a generated one in their neighbourhood.
  public let coverage: Double
  /// The precision of as many training samples. Nil without training samples.
  public let precisionFloor: Double?
  /// The recall of as many training samples. Nil without training samples.
  public let recallFloor: Double?
  /// The density of as many training samples. Nil without training samples.
  public let densityFloor: Double?
  /// The coverage of as many training samples. Nil without training samples.
  public let coverageFloor: Double?
  /// The exponential of the mean divergence of a sample's class probabilities from their mean; 1 to the number of classes.
  public let classifierScore: Double?
  /// The same of as many training samples. Nil without training samples.
  public let classifierScoreFloor: Double?
  /// The share of each class among the samples, as the judge sees them.
  public let classShares: [Double]?
  /// The divergence of these from the shares among the test samples, in nats; nil too if there are samples of a class
  /// that does not occur there.
  public let classDivergence: Double?
  /// The number of classes that occur.
  public let classesHit: Int?
  /// The share of the samples that the judge takes for the class that they were made for.
  public let labelAccuracy: Double?
  /// Whether samples are copies: the share of pairs in which a sample is nearer to a training sample than a test sample is
  /// to its own. About ½ without copying, 1 of copies. Nil without training samples.
  public let nearerToTraining: Double?
  /// How much samples change along ways between latents, in the judge's features: ``PathLength/mean`` of spherical ways.
  /// Short is smooth. Nil of models without latents, and of samples that were there.
  public let pathLength: Double?
  /// The same along straight ways between mapped latents. Nil of models that do not map theirs.
  public let mappedPathLength: Double?
  /// How many samples were looked at.
  public let sampleCount: Int
  /// How many test samples they were compared with.
  public let testCount: Int
  /// What the samples were drawn with; nil if they were there.
  public let seed: UInt64?
  /// By whom.
  public let judge: JudgeRecord

  /// In files, the distances have the names that are usual for them.
  private enum CodingKeys: String, CodingKey {
    case frechetDistance = "fid"
    case frechetFloor = "fidFloor"
    case kernelDistance = "kid"
    case kernelDeviation = "kidDeviation"
    case kernelFloor = "kidFloor"
    case precision, recall, density, coverage, precisionFloor, recallFloor, densityFloor, coverageFloor
    case classifierScore, classifierScoreFloor, classShares, labelAccuracy, nearerToTraining
    case pathLength, mappedPathLength
    case classDivergence = "modeKl"
    case classesHit = "modes"
    case sampleCount, testCount, seed, judge
  }

  /// What tells one judge from others.
  public struct JudgeRecord: Sendable, Equatable, Codable {
    /// The kind of model.
    public let kind: String
    /// CRC-32 of its numbers.
    public let checksum: String
    /// The number of features.
    public let featureCount: Int
    /// The share of the test samples whose class it tells right; nil if it tells none, or there are no labels.
    public let accuracy: Double?
  }
}

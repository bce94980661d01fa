import Datasets
import LatentSystem
import Layers
import Tensor

extension TrainedModel {
  /// `count` new samples, `[count, …]`; images in 0...1. Sample `i` depends on the seed, its condition and `i` alone.
  ///
  /// - Parameter condition: what each should be, for instance `.labels([3, 3, 3])`. Models with classes that are told
  ///   none make one class after the other: 0, 1, …, 9, 0, ….
  /// - Throws: ``CapabilityError`` if the model makes no samples, or none of that condition.
  /// - Precondition: `count >= 1`.
  public func sample(_ count: Int, given condition: Condition? = nil, seed: UInt64 = 0) throws -> Tensor {
    let (model, conditions) = try samplingPlan(count, condition)
    return try .joined(model.batches(count), count: count) {
      try samples($0, of: model, given: conditions($0), seed: seed)
    }
  }

  /// Latents drawn from the model's prior, `[count, …]`, to be decoded, interpolated or traversed.
  ///
  /// - Parameter condition: of each latent, where the prior depends on it; none is taken by every model whose prior does
  ///   not.
  /// - Throws: ``CapabilityError`` if the model has no latents, or none of that condition.
  public func drawLatents(_ count: Int, given condition: Condition = .none, seed: UInt64 = 0) throws -> Tensor {
    require(count >= 1, "drawLatents: \(count) latents were asked for; at least 1 is needed")
    let model = try ability("draw latents", "it has none") { $0 as? any LatentDecoding }
    if condition != .none { try check(condition, model.sampleConditions, count, "draw latents") }
    var random = SampleRandom(RandomGenerator(seed: seed), places: 0..<count)
    return model.drawLatents(count, given: condition, with: state, using: &random)
  }

  /// The sample of each latent, `[N, …]` → `[N, …]`.
  /// - Throws: ``CapabilityError`` if the model has no latents, or these are of another shape.
  public func decode(_ latents: Tensor, given condition: Condition = .none) throws -> Tensor {
    let model = try ability("decode latents", "it has none") { $0 as? any LatentDecoding }
    try check(latents, model.latentShape, "decode latents")
    try check(condition, model.sampleConditions, latents.shape[0], "decode latents")
    return decode(latents, condition, with: model)
  }

  private func decode(_ latents: Tensor, _ condition: Condition, with model: any LatentDecoding) -> Tensor {
    inBatches(latents, condition, to: model.sampleShape) { latents, condition, _ in
      model.decode(latents, given: condition, with: state)
    }
  }

  /// The latent of each sample, `[N, …]` → `[N, …]`.
  /// - Throws: ``CapabilityError`` if the model has no encoder, or the samples are of another shape.
  public func encode(_ samples: Tensor, given condition: Condition = .none) throws -> Tensor {
    try encode(samples, condition, with: encoder("encode", samples, condition))
  }

  private func encode(_ samples: Tensor, _ condition: Condition, with model: any LatentEncoding) -> Tensor {
    inBatches(samples, condition) { samples, condition, _ in
      model.encode(samples, given: condition, with: state)
    }
  }

  /// Each sample as the model sees it: that of its latent.
  /// - Throws: ``CapabilityError`` if the model has no encoder, or the samples are of another shape.
  public func reconstruct(_ samples: Tensor, given condition: Condition = .none) throws -> Tensor {
    let model = try encoder("reconstruct", samples, condition)
    return inBatches(samples, condition) { samples, condition, _ in
      model.decode(model.encode(samples, given: condition, with: state), given: condition, with: state)
    }
  }

  /// Samples on the way from one sample to another: those of `count` latents on the straight line between theirs, both
  /// ends included.
  ///
  /// - Parameters:
  ///   - first: one sample, `[…]`.
  ///   - last: another.
  ///   - count: 2 or more.
  ///   - condition: of all of them, for one sample, if the model takes conditions.
  /// - Returns: `[count, …]`.
  /// - Throws: ``CapabilityError`` if the model has no encoder, or the samples are of another shape.
  public func interpolate(
    from first: Tensor, to last: Tensor, count: Int, given condition: Condition = .none
  ) throws -> Tensor {
    require(count >= 2, "interpolate: \(count) samples on the way; at least 2 are needed")
    func repeated(_ times: Int) -> Condition {
      condition.count == 1 ? condition.rows(at: Array(repeating: 0, count: times)) : condition
    }
    let ends = [first, last].map { $0.expanded(axis: 0) }
    for end in ends { _ = try encoder("interpolate", end, condition) }
    let samples = Tensor.concatenated(ends)
    let model = try encoder("interpolate", samples, repeated(2))
    let latents = encode(samples, repeated(2), with: model)
    let shares = Tensor.linearSpace(from: 0, to: 1, count: count)
      .reshaped(to: Tensor.Shape([count] + Array(repeating: 1, count: latents.rank - 1)))
    return decode(latents[0] * (1 - shares) + latents[1] * shares, repeated(count), with: model)
  }

  /// The log-likelihood of each sample in nats, or a bound of it, `[N, …]` → `[N]`; ``LikelihoodEstimating/likelihoodKind``
  /// says which.
  ///
  /// Samples are taken as they are: those for a model of binary pixels have to be binary, as ``GenerativeModel/prepared(_:)``
  /// makes them.
  ///
  /// - Parameters:
  ///   - condition: what is known of each sample.
  ///   - draws: latents for each sample, 1 or more; exact likelihoods take none.
  ///   - seed: decides the latents.
  ///   - firstPlace: the place of the first sample in a longer row, of which each gets what it would get in one call.
  /// - Throws: ``CapabilityError`` if the model has no likelihood, or the samples are of another shape.
  public func logLikelihoods(
    of samples: Tensor, given condition: Condition = .none, draws: Int = 1, seed: UInt64 = 0, firstPlace: Int = 0
  ) throws -> Tensor {
    require(draws >= 1, "logLikelihoods: \(draws) draws; at least 1 is needed")
    let model = try ability("tell likelihoods", "it has none") { $0 as? any LikelihoodEstimating }
    try checkInput(samples, condition, "tell likelihoods")
    let copies = model.drawsLatents ? min(draws, 8) : 1
    return inBatches(samples, condition, copies: copies) { samples, condition, places in
      var random = SampleRandom(RandomGenerator(seed: seed), places: places.shifted(by: firstPlace))
      return model.logLikelihoods(of: samples, given: condition, draws: draws, with: state, using: &random)
    }
  }

  /// How little each sample is like those that the model was trained on, `[N, …]` → `[N]`: the higher the stranger.
  ///
  /// - Parameters:
  ///   - condition: what is known of each sample.
  ///   - seed: decides latents, where they are drawn.
  ///   - firstPlace: the place of the first sample in a longer row, of which each gets what it would get in one call.
  /// - Throws: ``CapabilityError`` if the model cannot tell, or the samples are of another shape.
  public func anomalyScores(
    of samples: Tensor, given condition: Condition = .none, seed: UInt64 = 0, firstPlace: Int = 0
  ) throws -> Tensor {
    let model = try ability("score anomalies", "it has neither a likelihood nor a reconstruction") {
      $0 as? any AnomalyScoring
    }
    try checkInput(samples, condition, "score anomalies")
    return inBatches(samples, condition) { samples, condition, places in
      var random = SampleRandom(RandomGenerator(seed: seed), places: places.shifted(by: firstPlace))
      return model.anomalyScores(of: samples, given: condition, with: state, using: &random)
    }
  }

  /// The discriminator's score of each sample, `[N, …]` → `[N]`: the higher the more it is taken for real.
  /// - Throws: ``CapabilityError`` if the model has no discriminator, or the samples are of another shape.
  public func scores(of samples: Tensor, given condition: Condition = .none) throws -> Tensor {
    let model = try ability("score samples", "it has no discriminator") { $0 as? any Discriminating }
    try checkInput(samples, condition, "score samples")
    return inBatches(samples, condition) { samples, condition, _ in
      model.scores(of: samples, given: condition, with: state)
    }
  }

  /// The features of each sample, `[N, …]` → `[N, features]`, by which sets of samples are compared.
  /// - Throws: ``CapabilityError`` if the model has no features, or has to be told classes that it does not tell itself, or
  ///   the samples are of another shape.
  public func features(of samples: Tensor) throws -> Tensor {
    let model = try featureExtractor("tell features")
    if let input = model.inputs.first { try check(samples, input.sampleShape, "tell features") }
    return inBatches(samples) { samples, _, _ in model.features(of: samples, with: state) }
  }

  /// The model as one that describes samples by features alone.
  /// - Parameter task: what the features are wanted for, in words.
  /// - Throws: ``CapabilityError`` if it has none, or if they depend on conditions too: those of a classifier, which learned
  ///   from classes, do not.
  package func featureExtractor(_ task: String) throws -> any FeatureExtracting {
    let model = try ability(task, "it has no features") { $0 as? any FeatureExtracting }
    if !(model is any Classifying), model.inputs.contains(where: { $0.condition != .none }) {
      throw CapabilityError(kind, cannot: task, because: "it has to be told the classes of samples")
    }
    return model
  }

  /// The probability of each class for each sample, `[N, …]` → `[N, classes]`.
  /// - Throws: ``CapabilityError`` if the model tells no classes, or the samples are of another shape.
  public func classProbabilities(of samples: Tensor) throws -> Tensor {
    let model = try ability("tell classes", "it knows none") { $0 as? any Classifying }
    if let input = model.inputs.first { try check(samples, input.sampleShape, "tell classes") }
    return inBatches(samples) { samples, _, _ in model.logits(of: samples, with: state).softmax(axis: 1) }
  }

  /// The translation of each sample, `[N, …]` → `[N, …]`.
  /// - Parameter direction: one of ``Translating/directions``, the first if nil.
  /// - Throws: ``CapabilityError`` if the model does not translate, or not in this direction, or the samples are of
  ///   another shape than it takes.
  public func translate(_ samples: Tensor, direction: String? = nil) throws -> Tensor {
    let model = try ability("translate", "it was not trained to") { $0 as? any Translating }
    guard let direction = direction ?? model.directions.first, model.directions.contains(direction) else {
      throw CapabilityError(
        kind, cannot: "translate \(quoted(direction ?? "nothing"))",
        because: "it knows \(model.directions.joined(separator: ", "))")
    }
    try check(samples, model.sampleShape(of: direction), "translate \(direction)")
    return inBatches(samples) { samples, _, _ in model.translate(samples, direction: direction, with: state) }
  }

  /// What each damaged sample may have been, `[N, …]` → `[N, …]`.
  /// - Parameter mask: 1 where a scalar is known and 0 where it is missing; nil if all are known.
  /// - Throws: ``CapabilityError`` if the model does not restore, or the samples are of another shape, or the mask hides
  ///   what the model has to know (``Restoring/neededMask``).
  public func restore(_ damaged: Tensor, mask: Tensor? = nil, seed: UInt64 = 0) throws -> Tensor {
    let model = try ability("restore", "it was not trained to") { $0 as? any Restoring }
    try check(damaged, model.damagedShape, "restore")
    if mask != nil, !model.takesMask { throw CapabilityError(kind, cannot: "restore", because: "it takes no mask") }
    if let mask, mask.shape != damaged.shape {
      throw CapabilityError(
        kind, cannot: "restore", because: "the mask has shape \(mask.shape), the samples \(damaged.shape)")
    }
    if let mask, let needed = model.neededMask, (needed * (1 - mask)).maximumMagnitude > 0 {
      throw CapabilityError(kind, cannot: "restore", because: "the mask hides pixels that it has to know")
    }
    return inBatches(damaged, to: model.inputs.first?.sampleShape ?? []) { damaged, _, places in
      var random = SampleRandom(RandomGenerator(seed: seed), places: places)
      let mask = mask.map { places.count == $0.shape[0] ? $0 : $0[places] }
      return model.restore(damaged, mask: mask, with: state, using: &random)
    }
  }
}

extension TrainedModel {
  /// Images enlarged: `[N, H, W, C]` → `[N, H · factor, W · factor, C]`, of any height and width, in 0...1.
  /// - Throws: ``CapabilityError`` if the model does not enlarge, or the images are of other channels.
  public func enlarge(_ images: Tensor) throws -> Tensor {
    let model = try ability("enlarge", "it was not trained to") { $0 as? any Enlarging }
    let channels = model.damagedShape.sizes.last ?? 1
    guard images.rank == 4, images.shape[3] == channels, !images.shape.sizes.contains(0) else {
      throw CapabilityError(
        kind, cannot: "enlarge", because: "expected images [N, H, W, \(channels)], found \(images.shape)")
    }
    return inBatches(images) { images, _, _ in model.enlarge(images, with: state) }
  }
}

// MARK: - What a call needs

extension TrainedModel {
  func ability<Ability>(
    _ task: String, _ lack: String, _ cast: (any GenerativeModel) -> Ability?
  ) throws -> Ability {
    guard let ability = cast(model) else { throw CapabilityError(kind, cannot: task, because: lack) }
    return ability
  }

  private func encoder(
    _ task: String, _ samples: Tensor, _ condition: Condition
  ) throws -> any LatentEncoding {
    let model = try ability(task, "it has no encoder") { $0 as? any LatentEncoding }
    try check(samples, model.sampleShape, task)
    try check(condition, model.sampleConditions, samples.shape[0], task)
    return model
  }

  /// Checks samples like those that the model learned from.
  func checkInput(_ samples: Tensor, _ condition: Condition, _ task: String) throws {
    guard let input = model.inputs.first else { return }
    try check(samples, input.sampleShape, task)
    try check(condition, input.condition, samples.shape[0], task)
  }

  func check(_ tensor: Tensor, _ shape: Tensor.Shape, _ task: String) throws {
    guard tensor.rank >= 1, Array(tensor.shape.sizes.dropFirst()) == shape.sizes else {
      let expected = (["N"] + shape.sizes.map(String.init)).joined(separator: ", ")
      throw CapabilityError(kind, cannot: task, because: "expected a tensor [\(expected)], found \(tensor.shape)")
    }
  }

  func check(_ condition: Condition, _ space: ConditionSpace, _ count: Int, _ task: String) throws {
    guard let mismatch = space.mismatch(with: condition, count: count) else { return }
    let expected = space == .none ? "it takes no condition" : "expected \(space)"
    throw CapabilityError(kind, cannot: task, because: "\(expected), found \(mismatch)")
  }
}

extension Range<Int> {
  fileprivate func shifted(by count: Int) -> Range<Int> { lowerBound + count..<upperBound + count }
}

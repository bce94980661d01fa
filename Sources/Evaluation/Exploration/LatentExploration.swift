import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// What a model makes of chosen latents.
extension TrainedModel {
  /// One latent variable after the other moved through its range, all others left as they are: the samples
  /// `[variables · count, …]`, a row of `count` for each variable.
  ///
  /// - Parameters:
  ///   - latent: where to start, one latent; what is most typical, zeros, if nil.
  ///   - variables: which to move, by their place in the flat latent; all if nil.
  ///   - range: from where to where, of standard normal latents in standard deviations of the prior.
  ///   - count: samples of each, 2 or more.
  ///   - condition: of all of them, for one sample, if the model takes conditions.
  /// - Throws: ``CapabilityError`` if the model has no latents, or not these, or such that none means anything by itself, or
  ///   `latent` has another shape.
  public func traversal(
    from latent: Tensor? = nil, variables: [Int]? = nil, in range: ClosedRange<Float> = -3...3, count: Int = 10,
    given condition: Condition = .none
  ) throws -> Tensor {
    require(count >= 2, "traversal: \(count) samples of each variable; at least 2 are needed")
    let shape = try variablesShape("traverse latents")
    let start = latent ?? .zeros(shape)
    guard start.shape == shape else {
      throw CapabilityError("\(kind) cannot traverse latents: expected one of shape \(shape), found \(start.shape)")
    }
    let variables = variables ?? Array(0..<shape.scalarCount)
    let values = Tensor.linearSpace(from: range.lowerBound, to: range.upperBound, count: count).scalars
    var rows: [Float] = []
    try check(variables, shape)
    for variable in variables {
      for value in values {
        var row = start.scalars
        row[variable] = value
        rows += row
      }
    }
    return try decodeAll(rows, shape, condition)
  }

  /// A plane through the latents, `[side · side, …]`: places that are equally probable steps apart under a standard normal
  /// prior, from the top left to the bottom right.
  ///
  /// - Parameters:
  ///   - variables: the two that span it.
  ///   - side: samples in a row and in a column, 2 or more.
  ///   - latent: whose other variables all have, of the shape of one latent; 0 if nil, which of many variables is far from
  ///     all that a model has seen.
  ///   - condition: of all of them, for one sample, if the model takes conditions.
  /// - Throws: ``CapabilityError`` if the model has no latents, or fewer than two variables, or not these, or such that none
  ///   means anything by itself.
  /// - Precondition: the variables are two.
  public func manifold(
    variables: (Int, Int) = (0, 1), side: Int = 20, through latent: Tensor? = nil, given condition: Condition = .none
  ) throws -> Tensor {
    require(side >= 2, "manifold: \(side) samples in a row; at least 2 are needed")
    let shape = try variablesShape("show a manifold")
    guard shape.scalarCount >= 2 else {
      throw CapabilityError("\(kind) cannot show a manifold: it has one latent variable")
    }
    try check([variables.0, variables.1], shape)
    require(variables.0 != variables.1, "manifold: variable \(variables.0) twice; two are needed")
    let others = latent?.scalars ?? [Float](repeating: 0, count: shape.scalarCount)
    require(
      others.count == shape.scalarCount, "manifold: a latent of \(others.count) numbers; one has \(shape.scalarCount)")
    let values = (0..<side).map { Float(Self.normalQuantile((Double($0) + 0.5) / Double(side))) }
    var rows: [Float] = []
    for vertical in values.reversed() {
      for horizontal in values {
        var row = others
        (row[variables.0], row[variables.1]) = (horizontal, vertical)
        rows += row
      }
    }
    return try decodeAll(rows, shape, condition)
  }

  private func check(_ variables: [Int], _ shape: Tensor.Shape) throws {
    guard let wrong = variables.first(where: { $0 < 0 || $0 >= shape.scalarCount }) else { return }
    throw CapabilityError(
      "\(kind) has no latent variable \(wrong), but those from 0 to \(shape.scalarCount - 1)")
  }

  private func latentShape(_ task: String) throws -> Tensor.Shape {
    guard let model = model as? any LatentDecoding else {
      throw CapabilityError("\(kind) cannot \(task): it has none")
    }
    return model.latentShape
  }

  /// The shape of latents whose variables can be moved one by one.
  private func variablesShape(_ task: String) throws -> Tensor.Shape {
    let shape = try latentShape(task)
    if case .inseparable(let reason)? = (model as? any LatentDecoding)?.latentVariables {
      throw CapabilityError("\(kind) cannot \(task) variable by variable: \(reason)")
    }
    return shape
  }

  private func decodeAll(_ rows: [Float], _ shape: Tensor.Shape, _ condition: Condition) throws -> Tensor {
    let count = rows.count / shape.scalarCount
    let own = condition.count == 1 ? condition.rows(at: Array(repeating: 0, count: count)) : condition
    return try decode(Tensor(rows, shape: Tensor.Shape([count] + shape.sizes)), given: own)
  }

  /// Where the standard normal distribution function has the value `share`, by bisection of it.
  private static func normalQuantile(_ share: Double) -> Double {
    var (low, high) = (-9.0, 9.0)
    while high - low > 1e-9 {
      let middle = (low + high) / 2
      if erfc(-middle / 2.0.squareRoot()) / 2 < share { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

// MARK: - Directions

extension TrainedModel {
  /// The directions in the latents along which the first layer of the generator, or decoder, changes its output most.
  /// - Throws: ``CapabilityError`` if the model has no latents, or no first layer that is a product with a matrix.
  public func latentDirections(count: Int) throws -> SingularDirections {
    let size = try latentShape("tell directions").scalarCount
    guard let model = model as? any LatentDecoding, let name = model.firstLatentWeight, let weight = state[name] else {
      throw CapabilityError("\(kind) cannot tell directions: its first layer is no product with a matrix")
    }
    // Further rows belong to what stands beside the latent, such as its class.
    let own = weight[0..<size]
    return SingularDirections(of: own, count: min(count, size, own.shape[1]))
  }
}

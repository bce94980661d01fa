import LatentSystem
import Tensor

/// The order that masked layers keep: a degree for each unit of a layer. A unit of degree d depends on inputs of degrees up
/// to d, an output of degree d on those below d.
///
/// ```swift
/// let inputs = MaskDegrees.inputs(4)                  // 1 2 3 4
/// let hidden = MaskDegrees.hidden(6, of: 4)           // 0 1 2 3 0 1
/// Dense(from: inputs, to: hidden)                     // up to its degree
/// Dense(from: hidden, to: inputs, isStrict: true)     // below its degree
/// ```
///
/// Reference: Germain et al., "MADE: masked autoencoder for distribution estimation", arXiv:1502.03509, section 3.
public struct MaskDegrees: Sendable, Hashable {
  /// The degree of each unit.
  public let values: [Int]

  /// Units of the given degrees.
  public init(_ values: [Int]) { self.values = values }

  /// The number of units.
  public var count: Int { values.count }

  /// Inputs, or outputs, one after the other: 1, 2, …, `count`.
  /// - Precondition: `count` is positive.
  public static func inputs(_ count: Int) -> MaskDegrees {
    require(count >= 1, "MaskDegrees: \(count) inputs; at least 1 is needed")
    return MaskDegrees(Array(1...count))
  }

  /// Hidden units with every useful degree as often as any other: `first + k mod (inputCount - first)` for unit k. Fewer
  /// units than there are useful degrees are spread over them, from the first to the last.
  ///
  /// - Parameters:
  ///   - count: of units.
  ///   - inputCount: the number of inputs.
  ///   - first: the least degree. Units of degree 0 see no input, only what is beside the inputs, which reaches the first
  ///     output through them. 1 is the choice of the paper, which has nothing beside the inputs.
  /// - Precondition: `count` and `inputCount` are positive, `first` is 0 or 1.
  public static func hidden(_ count: Int, of inputCount: Int, first: Int = 0) -> MaskDegrees {
    require(
      count >= 1 && inputCount >= 1 && (0...1).contains(first),
      "MaskDegrees: \(count) hidden units of \(inputCount) inputs from degree \(first); 1 or more of each are needed, and 0 or 1"
    )
    return MaskDegrees(spread(count, over: max(inputCount - first, 1)).map { first + $0 })
  }

  /// `count` places among `period`: one after the other and over again, or evenly spread from the first to the last; a single
  /// one is the last.
  private static func spread(_ count: Int, over period: Int) -> [Int] {
    if count == 1 { return [period - 1] }
    return (0..<count).map { count < period ? $0 * (period - 1) / (count - 1) : $0 % period }
  }

  /// Hidden units of a network with these inputs: each degree of an input but the largest as often as any other, and
  /// before them, if some are blind, one below the least, which sees no input. Fewer units are spread over the degrees.
  func hidden(_ count: Int, hasBlind: Bool) -> MaskDegrees {
    require(
      count >= 1 && self.count >= 1,
      "MaskDegrees: \(count) hidden units of \(self.count) inputs; 1 or more of each are needed")
    let distinct = Set(values).sorted()
    let useful = (hasBlind ? [distinct[0] - 1] : []) + distinct.dropLast()
    let degrees = useful.isEmpty ? distinct : useful
    return MaskDegrees(Self.spread(count, over: degrees.count).map { degrees[$0] })
  }

  /// These units `times` times, all of them one after the other.
  /// - Precondition: `times` is positive.
  public func repeated(_ times: Int) -> MaskDegrees {
    require(times >= 1, "MaskDegrees: units repeated \(times) times; at least 1 is needed")
    return MaskDegrees(Array(repeating: values, count: times).flatMap { $0 })
  }

  /// Which of these units the units of `others` may depend on: 1 where the degree of the other is not smaller (if strict,
  /// is larger), 0 elsewhere, `[these, others]`.
  ///
  /// - Precondition: degrees are whole numbers that `Float` has, up to 2²⁴ on either side of 0.
  public func mask(to others: MaskDegrees, isStrict: Bool = false) -> Tensor {
    let (own, theirs) = (scalars.reshaped(to: [count, 1]), others.scalars)
    return isStrict ? own .< theirs : own .<= theirs
  }

  /// The degrees as numbers that tensors compare.
  private var scalars: Tensor {
    require(
      values.allSatisfy { (-1 << 24...1 << 24).contains($0) }, "MaskDegrees: a degree is beyond 2²⁴ on either side of 0"
    )
    return Tensor(values.map { Float($0) }, shape: [count])
  }

  /// How many ones ``mask(to:isStrict:)`` has, without making it.
  public func connectionCount(to others: MaskDegrees, isStrict: Bool = false) -> Int {
    let (own, theirs) = (values.sorted(), others.values.sorted())
    var (connections, seen) = (0, 0)
    for degree in theirs {
      while seen < own.count, isStrict ? own[seen] < degree : own[seen] <= degree { seen += 1 }
      connections += seen
    }
    return connections
  }
}

extension WeightTransform {
  /// The mask of a weight `[inputs, outputs]` from units of some degrees to units of others, made when it is first used:
  /// see ``MaskDegrees/mask(to:isStrict:)``.
  static func mask(from inputs: MaskDegrees, to outputs: MaskDegrees, isStrict: Bool) -> WeightTransform {
    WeightTransform { shape, _ in WeightMask(shape) { inputs.mask(to: outputs, isStrict: isStrict) } }
  }
}

extension Dense {
  /// A layer whose outputs depend on the inputs of degrees up to their own; if strict, below their own.
  ///
  /// Initializers scale by how many inputs an output depends on, on average.
  /// - Parameters:
  ///   - inputs: the degree of each feature in.
  ///   - outputs: the degree of each feature out.
  ///   - isStrict: whether an output sees no input of its own degree.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight.
  ///   - biasInitializer: of the bias.
  public convenience init(
    from inputs: MaskDegrees, to outputs: MaskDegrees, isStrict: Bool = false, hasBias: Bool = true,
    initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias
  ) {
    let connections = Float(inputs.connectionCount(to: outputs, isStrict: isStrict))
    func share(_ units: Int) -> Int { max(1, Int((connections / Float(max(1, units))).rounded())) }
    self.init(
      from: inputs.count, to: outputs.count, hasBias: hasBias, initializer: initializer,
      biasInitializer: biasInitializer, fan: Fan(in: share(outputs.count), out: share(inputs.count)),
      transforms: [.mask(from: inputs, to: outputs, isStrict: isStrict)])
  }
}

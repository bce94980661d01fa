import LatentSystem

/// An optimizer by name, with its settings: how a configuration says which rule moves its networks.
///
/// It is data, so a configuration with any choice can be read and written; the optimizer is made when it is needed. A
/// program adds rules of its own under names of their own, before it makes or opens models that use them:
///
/// ```swift
/// OptimizerChoice.register("signum") { settings, learningRate in
///   try Signum(learningRate: learningRate, beta: settings.number("beta", default: 0.9, in: 0..<1))
/// }
/// configuration.optimizer = OptimizerChoice("signum", ["beta": 0.95])
/// ```
///
/// In JSON it is an object with one entry, `{"adam":{"beta1":0.5,"beta2":0.999}}`. One that is not registered is not
/// written.
public struct OptimizerChoice: Sendable, Hashable {
  /// The name it is registered under.
  public let name: String
  /// Its numbers by name; what is not there has its default. A flag is 1 or 0.
  public let settings: [String: Float]

  /// The optimizer called `name`.
  public init(_ name: String, _ settings: [String: Float] = [:]) {
    self.name = name
    self.settings = settings
  }

  /// ``Adam`` with the given decays of its moments.
  public static func adam(beta1: Float = 0.9, beta2: Float = 0.999) -> OptimizerChoice {
    OptimizerChoice("adam", ["beta1": beta1, "beta2": beta2])
  }

  /// ``Adam`` with decoupled weight decay.
  public static func adamW(beta1: Float = 0.9, beta2: Float = 0.999, weightDecay: Float = 1e-2) -> OptimizerChoice {
    OptimizerChoice("adamW", ["beta1": beta1, "beta2": beta2, "weightDecay": weightDecay])
  }

  /// ``RMSProp`` with its usual decay of 0.99.
  public static let rmsProp = OptimizerChoice("rmsProp")

  /// ``SGD`` with momentum.
  public static func sgd(momentum: Float = 0, isNesterov: Bool = false) -> OptimizerChoice {
    OptimizerChoice("sgd", ["momentum": momentum, "isNesterov": isNesterov ? 1 : 0])
  }

  /// ``Lion`` with the given shares of its mean.
  public static func lion(beta1: Float = 0.9, beta2: Float = 0.99, weightDecay: Float = 0) -> OptimizerChoice {
    OptimizerChoice("lion", ["beta1": beta1, "beta2": beta2, "weightDecay": weightDecay])
  }

  /// ``Adagrad`` with what is added to its roots.
  public static func adagrad(epsilon: Float = 1e-10) -> OptimizerChoice {
    OptimizerChoice("adagrad", ["epsilon": epsilon])
  }

  /// The choice for a network that is updated more often, at a rate that is `pace` times as high: the decays of moments
  /// become their power `pace`, so that what is remembered reaches as far back.
  ///
  /// - Parameter pace: above 0; 1 changes nothing.
  public func paced(by pace: Float) -> OptimizerChoice {
    guard pace != 1 else { return self }
    var paced = (Self.usualDecays[name] ?? [:]).merging(settings) { $1 }
    for key in ["beta1", "beta2", "decay", "momentum"] {
      paced[key] = paced[key].map { $0 == 0 ? 0 : Float(pow(Double($0), Double(pace))) }
    }
    return OptimizerChoice(name, paced)
  }

  private static let usualDecays: [String: [String: Float]] = [
    "adam": ["beta1": 0.9, "beta2": 0.999], "adamW": ["beta1": 0.9, "beta2": 0.999], "rmsProp": ["decay": 0.99],
  ]

  /// The optimizer, before its first step.
  /// - Throws: ``UnregisteredError`` if no optimizer of this name is registered, ``OptimizerChoiceError`` if it does not
  ///   take the settings.
  public func makeOptimizer(learningRate: Float) throws -> any Optimizer {
    let make = try Self.registry.entry(name)
    var settings = OptimizerSettings(self)
    let optimizer = try make(&settings, learningRate)
    try settings.finish()
    return optimizer
  }

  /// The same for a choice of which it is known that ``makeOptimizer(learningRate:)`` does not throw.
  package func makeCheckedOptimizer(learningRate: Float) -> any Optimizer {
    do { return try makeOptimizer(learningRate: learningRate) } catch { fatalError("OptimizerChoice: \(error)") }
  }

  /// Makes an optimizer from settings and a learning rate.
  public typealias Maker =
    @Sendable (_ settings: inout OptimizerSettings, _ learningRate: Float) throws -> any Optimizer

  /// Lets this program make optimizers called `name`. A name that is registered already gets the new maker.
  public static func register(_ name: String, _ make: @escaping Maker) { registry.register(name, make) }

  private static let registry = Registry<Maker>("optimizer", registeredBy: "OptimizerChoice.register", standard)
}

// MARK: - The optimizers of this library

extension OptimizerChoice {
  private static let standard: [String: Maker] = [
    "adagrad": { settings, rate in
      try Adagrad(
        learningRate: rate, rateDecay: settings.number("rateDecay", default: 0),
        initialSum: settings.number("initialSum", default: 0), epsilon: settings.number("epsilon", default: 1e-10),
        weightDecay: settings.number("weightDecay", default: 0))
    },
    "adam": { try adam(&$0, $1, isDecayDecoupled: false) }, "adamW": { try adam(&$0, $1, isDecayDecoupled: true) },
    "lion": { settings, rate in
      try Lion(
        learningRate: rate, beta1: settings.number("beta1", default: 0.9, in: 0..<1),
        beta2: settings.number("beta2", default: 0.99, in: 0..<1),
        weightDecay: settings.number("weightDecay", default: 0))
    },
    "rmsProp": { settings, rate in
      try RMSProp(
        learningRate: rate, decay: settings.number("decay", default: 0.99, in: 0..<1),
        epsilon: settings.number("epsilon", default: 1e-8),
        weightDecay: settings.number("weightDecay", default: 0))
    },
    "sgd": { settings, rate in
      try SGD(
        learningRate: rate, momentum: settings.number("momentum", default: 0, in: 0..<1),
        isNesterov: settings.flag("isNesterov"), weightDecay: settings.number("weightDecay", default: 0))
    },
  ]

  private static func adam(
    _ settings: inout OptimizerSettings, _ rate: Float, isDecayDecoupled: Bool
  ) throws -> Adam {
    try Adam(
      learningRate: rate, beta1: settings.number("beta1", default: 0.9, in: 0..<1),
      beta2: settings.number("beta2", default: 0.999, in: 0..<1),
      epsilon: settings.number("epsilon", default: 1e-8),
      weightDecay: settings.number("weightDecay", default: isDecayDecoupled ? 1e-2 : 0),
      isDecayDecoupled: isDecayDecoupled)
  }
}

extension OptimizerChoice: CustomStringConvertible {
  /// `adam(beta1: 0.5, beta2: 0.999)`.
  public var description: String {
    let list = settings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return list.isEmpty ? name : "\(name)(\(list))"
  }
}

extension OptimizerChoice: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads an object with one entry: the name and its settings.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    guard values.allKeys.count == 1, let key = values.allKeys.first else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath, debugDescription: "expected one optimizer, found \(values.allKeys.count)"))
    }
    self.init(key.stringValue, try values.decode([String: Float].self, forKey: key))
  }

  /// Writes that object.
  /// - Throws: ``UnregisteredError`` if no optimizer of this name is registered.
  public func encode(to encoder: any Encoder) throws {
    _ = try Self.registry.entry(name)
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(settings, forKey: Key(stringValue: name))
  }
}

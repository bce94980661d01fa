import Tensor

/// The parameters and buffers of a module and all its parts, under dotted names such as `encoder.hidden.weight`.
///
/// ```swift
/// let classifier = Sequential(Dense(from: 784, to: 128), .relu, Dense(from: 128, to: 10))
/// let network = Network(classifier)
/// print(network)   // each name and shape
/// var state = network.initialState(using: &generator)
/// ```
public struct Network: Sendable {
  /// The parameters in the order of the properties that hold them.
  public let parameters: [(name: String, parameter: Parameter)]
  /// The buffers in the order of the properties that hold them.
  public let buffers: [(name: String, buffer: Buffer)]
  /// The names of all parameters.
  public let parameterNames: Set<String>
  /// Keeps the modules, so that no other object can come to lie where one of them was and be taken for it.
  private let root: any Module
  private let names: [ObjectIdentifier: String]
  /// The names of what is in layers of batch normalization.
  private let batchStatistics: Set<String>
  /// For each module, the parameters and buffers in it and in its parts.
  private let namesOfModule: [ObjectIdentifier: Set<String>]

  /// Discovers everything in `root`. What is reached in several ways has the first name only.
  public init(_ root: any Module) {
    var discovery = Discovery()
    discovery.visit(module: root, path: "")
    self.root = root
    parameters = discovery.parameters
    parameterNames = Set(parameters.map(\.name))
    buffers = discovery.buffers
    names = discovery.names
    namesOfModule = discovery.namesOfModule
    batchStatistics = discovery.batchStatistics
  }

  /// The names of the parameters in `module` and its parts.
  /// - Precondition: `module` is part of this network.
  public func parameterNames(of module: any Module) -> Set<String> { names(of: module).intersection(parameterNames) }

  /// The names of the buffers in `module` and its parts.
  /// - Precondition: `module` is part of this network.
  public func bufferNames(of module: any Module) -> Set<String> { names(of: module).subtracting(parameterNames) }

  /// Whether a ``BatchNorm`` is in `module` or its parts, which makes a sample's result depend on its batch in training.
  /// - Precondition: `module` is part of this network.
  public func hasBatchStatistics(in module: any Module) -> Bool {
    !names(of: module).isDisjoint(with: batchStatistics)
  }

  private func names(of module: any Module) -> Set<String> {
    guard let names = namesOfModule[ObjectIdentifier(module)] else {
      fatalError("Network: a \(type(of: module)) is not part of this network")
    }
    return names
  }

  /// How many scalars the parameters have in all.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.parameter.shape.scalarCount } }

  /// First values for all parameters and buffers. Each depends on the generator and its place alone.
  public func initialState(using generator: inout RandomGenerator) -> State {
    let source = generator.split()
    var tensors: [String: Tensor] = [:]
    for (index, (name, parameter)) in parameters.enumerated() {
      var own = source.split(at: index)
      tensors[name] = parameter.initializer(parameter.shape, fan: parameter.fan, using: &own)
    }
    for (index, (name, buffer)) in buffers.enumerated() {
      var own = source.split(at: parameters.count + index)
      tensors[name] = buffer.initializer(buffer.shape, fan: Fan(in: 1, out: 1), using: &own)
    }
    return State(tensors)
  }

  /// Why `state` cannot be used with this network, in words, or nil if it can.
  public func mismatch(with state: State) -> String? {
    let expected = parameters.map { ($0.name, $0.parameter.shape) } + buffers.map { ($0.name, $0.buffer.shape) }
    for (name, shape) in expected {
      guard let tensor = state[name] else { return "tensor \(name) of shape \(shape) is missing" }
      if tensor.shape != shape { return "tensor \(name) has shape \(tensor.shape), expected \(shape)" }
    }
    let known = Set(expected.map(\.0))
    return state.names.first { !known.contains($0) }.map { "tensor \($0) belongs to no part of the network" }
  }

  func name(of parameter: Parameter) -> String {
    name(ObjectIdentifier(parameter), "parameter", parameter.shape)
  }

  func name(of buffer: Buffer) -> String { name(ObjectIdentifier(buffer), "buffer", buffer.shape) }

  private func name(_ key: ObjectIdentifier, _ kind: String, _ shape: Tensor.Shape) -> String {
    if let name = names[key] { return name }
    fatalError(
      """
      Network: a \(kind) of shape \(shape) is not part of the network this context was made for. Either its module \
      belongs to another network, or discovery could not see it: it must be reached through stored properties, and \
      the program must be built with reflection metadata.
      """)
  }
}

extension Network: CustomStringConvertible {
  /// A line for each parameter and buffer: name and shape.
  public var description: String {
    (parameters.map { "\($0.name) \($0.parameter.shape)" } + buffers.map { "\($0.name) \($0.buffer.shape) (buffer)" })
      .joined(separator: "\n")
  }
}

/// One walk over the stored properties of a module.
private struct Discovery {
  var parameters: [(name: String, parameter: Parameter)] = []
  var buffers: [(name: String, buffer: Buffer)] = []
  var names: [ObjectIdentifier: String] = [:]
  private var taken: Set<String> = []
  var namesOfModule: [ObjectIdentifier: Set<String>] = [:]
  var batchStatistics: Set<String> = []

  /// Visits a module's properties, those of its superclasses first. Returns the names of what was found in it.
  @discardableResult
  mutating func visit(module: any Module, path: String) -> Set<String> {
    if let known = namesOfModule[ObjectIdentifier(module)] { return known }
    namesOfModule[ObjectIdentifier(module)] = []
    var mirrors = [Mirror(reflecting: module)]
    while let parent = mirrors.last?.superclassMirror { mirrors.append(parent) }
    var found: Set<String> = []
    for mirror in mirrors.reversed() {
      for child in mirror.children {
        let label = child.label ?? "?"
        require(
          !label.hasPrefix("$__lazy_storage_$_"),
          "Network: \(type(of: module)) has a lazy property '\(label.dropFirst("$__lazy_storage_$_".count))'; what it will hold cannot be seen. Make it a let"
        )
        found.formUnion(visit(child.value, path: path.isEmpty ? label : path + "." + label, owner: module))
      }
    }
    namesOfModule[ObjectIdentifier(module)] = found
    if module is BatchNorm { batchStatistics.formUnion(found) }
    return found
  }

  /// Visits one value: a parameter, a buffer, a module, or a collection of such.
  private mutating func visit(_ value: Any, path: String, owner: any Module) -> Set<String> {
    switch value {
    case let parameter as Parameter:
      if let name = names[ObjectIdentifier(parameter)] { return [name] }
      name(ObjectIdentifier(parameter), path)
      parameters.append((path, parameter))
      return [path]
    case let buffer as Buffer:
      if let name = names[ObjectIdentifier(buffer)] { return [name] }
      name(ObjectIdentifier(buffer), path)
      buffers.append((path, buffer))
      return [path]
    case let module as any Module:
      return visit(module: module, path: path)
    default:
      return visitParts(of: value, path: path, owner: owner)
    }
  }

  /// Two tensors of one name would share their numbers. It takes private properties of one name in a class and its
  /// superclass, or dictionary keys that print alike.
  private mutating func name(_ key: ObjectIdentifier, _ path: String) {
    require(
      taken.insert(path).inserted,
      "Network: two parameters or buffers are called '\(path)'; rename one of the properties")
    names[key] = path
  }

  private mutating func visitParts(of value: Any, path: String, owner: any Module) -> Set<String> {
    // Plain data has no parts worth a look, and may have millions.
    if value is [Float] || value is [Double] || value is [Int] || value is [UInt8] || value is String { return [] }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .set:
      require(
        !mirror.children.contains { $0.value is any Module || $0.value is Parameter || $0.value is Buffer },
        "Network: '\(path)' of \(type(of: owner)) is a set, whose order changes from run to run. Use an array")
      return []
    case .collection, .tuple:
      return visitAll(mirror.children.enumerated().map { ("\($0.offset)", $0.element.value) }, path, owner)
    case .struct, .enum:
      return visitAll(mirror.children.map { ($0.label ?? "?", $0.value) }, path, owner)
    case .optional:
      guard let wrapped = mirror.children.first else { return [] }
      return visit(wrapped.value, path: path, owner: owner)
    case .dictionary:
      let pairs = mirror.children.compactMap { child -> (String, Any)? in
        let pair = Array(Mirror(reflecting: child.value).children)
        return pair.count == 2 ? ("\(pair[0].value)", pair[1].value) : nil
      }
      return visitAll(pairs.sorted { $0.0 < $1.0 }, path, owner)
    default:
      // A function that takes a context can only be there to call modules, which it hides.
      let type = String(describing: Swift.type(of: value))
      require(
        !(type.contains("->") && type.contains("Context")),
        "Network: '\(path)' of \(Swift.type(of: owner)) is a closure over modules, which cannot be seen in it. Store the modules instead"
      )
      return []
    }
  }

  private mutating func visitAll(_ parts: [(label: String, value: Any)], _ path: String, _ owner: any Module) -> Set<
    String
  > {
    parts.reduce(into: Set<String>()) { $0.formUnion(visit($1.value, path: path + "." + $1.label, owner: owner)) }
  }
}

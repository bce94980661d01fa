import LatentSystem
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
  /// Every module once, a part after the module that holds it.
  private let modules: [(path: String, module: any Module)]
  /// For each module, what is in it and in its parts.
  private let contents: [ObjectIdentifier: ModuleContents]

  /// Discovers everything in `root`. What is reached in several ways has the first name only.
  public init(_ root: any Module) {
    var discovery = Discovery()
    discovery.visit(module: root, path: "")
    self.root = root
    parameters = discovery.parameters
    parameterNames = Set(parameters.map(\.name))
    buffers = discovery.buffers
    names = discovery.names
    modules = discovery.modules
    contents = discovery.contents
  }

  /// The names of the parameters in `module` and its parts.
  /// - Precondition: `module` is part of this network.
  public func parameterNames(of module: any Module) -> Set<String> {
    contents(of: module).names.intersection(parameterNames)
  }

  /// The names of the buffers in `module` and its parts.
  /// - Precondition: `module` is part of this network.
  public func bufferNames(of module: any Module) -> Set<String> {
    contents(of: module).names.subtracting(parameterNames)
  }

  /// Whether `module` or one of its parts is ``MixingSamples``, so that in training a sample's result depends on its
  /// batch.
  /// - Precondition: `module` is part of this network.
  public func mixesSamples(in module: any Module) -> Bool { contents(of: module).mixesSamples }

  private func contents(of module: any Module) -> ModuleContents {
    requireSome(contents[ObjectIdentifier(module)], "Network: a \(type(of: module)) is not part of this network")
  }

  /// Whether a module, parameter or buffer is part of this network.
  func holds(_ object: AnyObject) -> Bool {
    let key = ObjectIdentifier(object)
    return names[key] != nil || contents[key] != nil
  }

  /// How many scalars the parameters have in all.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.parameter.shape.scalarCount } }

  /// First values for all parameters and buffers. Each depends on the generator and its place alone.
  ///
  /// - Parameters:
  ///   - generator: moves on by the same amount for all networks.
  ///   - initialization: for layers that do not name initializers of their own.
  public func initialState(
    using generator: inout RandomGenerator, initialization: Initialization = .standard
  ) -> State {
    let source = generator.split()
    var tensors: [String: Tensor] = [:]
    for (index, (name, parameter)) in parameters.enumerated() {
      var own = source.split(at: index)
      tensors[name] = initialization.resolved(parameter.initializer)(
        parameter.shape, fan: parameter.fan, using: &own)
    }
    for (index, (name, buffer)) in buffers.enumerated() {
      var own = source.split(at: parameters.count + index)
      tensors[name] = initialization.resolved(buffer.initializer)(
        buffer.shape, fan: Fan(in: 1, out: 1), using: &own)
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

  /// The name that a parameter has in a state.
  public func name(of parameter: Parameter) -> String {
    name(ObjectIdentifier(parameter), "parameter", parameter.shape)
  }

  func name(of buffer: Buffer) -> String { name(ObjectIdentifier(buffer), "buffer", buffer.shape) }

  private func name(_ key: ObjectIdentifier, _ kind: String, _ shape: Tensor.Shape) -> String {
    requireSome(
      names[key],
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

  /// A table with a line for each module that has parameters, its parts indented under it: name, type, and how many
  /// scalars its parameters have.
  ///
  /// ```
  /// (all)       Sequential  101,770
  ///   layers.0  Dense       100,480
  ///   layers.2  Dense         1,290
  /// ```
  public var summary: String {
    let sizes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.parameter.shape.scalarCount) })
    var open: [String] = []
    let rows = modules.compactMap { path, module -> (name: String, type: String, count: String)? in
      let count = parameterNames(of: module).reduce(0) { $0 + (sizes[$1] ?? 0) }
      if count == 0 && !path.isEmpty { return nil }
      while let last = open.last, !(last.isEmpty || path.hasPrefix(last + ".")) { open.removeLast() }
      let indentation = String(repeating: "  ", count: open.count)
      open.append(path)
      return (indentation + (path.isEmpty ? "(all)" : path), "\(type(of: module))", DecimalText.grouped(count))
    }
    func width(_ text: (String, String, String) -> String) -> Int { rows.map { text($0, $1, $2).count }.max() ?? 0 }
    let widths = (width { name, _, _ in name }, width { _, type, _ in type }, width { _, _, count in count })
    return rows.map { name, type, count in
      name + String(repeating: " ", count: widths.0 - name.count + 2) + type
        + String(repeating: " ", count: widths.1 - type.count + 2 + widths.2 - count.count) + count
    }.joined(separator: "\n")
  }
}

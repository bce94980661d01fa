import LatentSystem
import Tensor

/// What is in a module and its parts.
struct ModuleContents: Sendable {
  /// The names of the parameters and buffers.
  var names: Set<String> = []
  /// Whether one of the modules is ``MixingSamples``.
  var mixesSamples = false

  mutating func add(_ other: ModuleContents) {
    names.formUnion(other.names)
    mixesSamples = mixesSamples || other.mixesSamples
  }
}

/// One walk over the stored properties of a module.
struct Discovery {
  var parameters: [(name: String, parameter: Parameter)] = []
  var buffers: [(name: String, buffer: Buffer)] = []
  var names: [ObjectIdentifier: String] = [:]
  private var taken: Set<String> = []
  var contents: [ObjectIdentifier: ModuleContents] = [:]
  /// Every module once, a part after the module that holds it.
  var modules: [(path: String, module: any Module)] = []

  /// Visits a module's properties, those of its superclasses first. Returns what was found in it.
  @discardableResult
  mutating func visit(module: any Module, path: String) -> ModuleContents {
    if let known = contents[ObjectIdentifier(module)] { return known }
    contents[ObjectIdentifier(module)] = ModuleContents()
    modules.append((path, module))
    var mirrors = [Mirror(reflecting: module)]
    while let parent = mirrors.last?.superclassMirror { mirrors.append(parent) }
    var found = ModuleContents(mixesSamples: module is any MixingSamples)
    for mirror in mirrors.reversed() {
      for child in mirror.children {
        let label = child.label ?? "?"
        require(
          !label.hasPrefix("$__lazy_storage_$_"),
          "Network: \(type(of: module)) has a lazy property '\(label.dropFirst("$__lazy_storage_$_".count))'; what it will hold cannot be seen. Make it a let"
        )
        found.add(visit(child.value, path: path.isEmpty ? label : path + "." + label, owner: module))
      }
    }
    contents[ObjectIdentifier(module)] = found
    return found
  }

  /// Visits one value: a parameter, a buffer, a module, or a collection of such.
  private mutating func visit(_ value: Any, path: String, owner: any Module) -> ModuleContents {
    switch value {
    case let parameter as Parameter:
      if let name = names[ObjectIdentifier(parameter)] { return ModuleContents(names: [name]) }
      name(ObjectIdentifier(parameter), path)
      parameters.append((path, parameter))
      return ModuleContents(names: [path])
    case let buffer as Buffer:
      if let name = names[ObjectIdentifier(buffer)] { return ModuleContents(names: [name]) }
      name(ObjectIdentifier(buffer), path)
      buffers.append((path, buffer))
      return ModuleContents(names: [path])
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

  private mutating func visitParts(of value: Any, path: String, owner: any Module) -> ModuleContents {
    // Plain data has no parts worth a look, and may have millions.
    if value is [Float] || value is [Double] || value is [Int] || value is [UInt8] || value is String {
      return ModuleContents()
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .set:
      require(
        !mirror.children.contains { $0.value is any Module || $0.value is Parameter || $0.value is Buffer },
        "Network: '\(path)' of \(type(of: owner)) is a set, whose order changes from run to run. Use an array")
      return ModuleContents()
    case .collection, .tuple:
      return visitAll(mirror.children.enumerated().map { ("\($0.offset)", $0.element.value) }, path, owner)
    case .struct, .enum:
      return visitAll(mirror.children.map { ($0.label ?? "?", $0.value) }, path, owner)
    case .optional:
      guard let wrapped = mirror.children.first else { return ModuleContents() }
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
      return ModuleContents()
    }
  }

  private mutating func visitAll(
    _ parts: [(label: String, value: Any)], _ path: String, _ owner: any Module
  ) -> ModuleContents {
    parts.reduce(into: ModuleContents()) { $0.add(visit($1.value, path: path + "." + $1.label, owner: owner)) }
  }
}

import Layers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A value that a configuration holds whatever its type is, and that is saved under the type's name: a loss, a
/// regularizer.
///
/// A program adds types of its own by registering them before it saves or opens a file that names them.
public protocol NamedChoice: Codable, Sendable, Equatable {
  /// What the type is called in files: `"hinge"`. No two types of a family share a name.
  static var name: String { get }
}

extension NamedChoice {
  /// Whether `other` is the same value of the same type.
  public func isEqual(to other: any NamedChoice) -> Bool { (other as? Self) == self }
}

/// The types of one family, such as losses, that files may name.
///
/// A value is saved as an object with one entry, the name and what the type saves: `{"gradientPenalty":{"weight":10}}`.
/// A name alone is read too.
public final class TypeRegistry<Choice>: Sendable {
  private struct Entry: Sendable {
    let type: any NamedChoice.Type
    let read: @Sendable (Slot) throws -> Choice
  }

  private let registry: Registry<Entry>

  /// A registry without types; `family` is what one of them is called in messages: `"loss"`.
  public init(family: String) { registry = Registry(family, registeredBy: "\(Choice.self).register") }

  /// Lets files name `type`. A type of the same name is replaced.
  /// - Parameter convert: makes a choice of its value; as a rule the identity.
  public func register<Value: NamedChoice>(_ type: Value.Type, as convert: @escaping @Sendable (Value) -> Choice) {
    registry.register(Value.name, Entry(type: type) { slot in convert(try slot.read(Value.self)) })
  }

  /// The names of all types, in alphabetical order.
  public var names: [String] { registry.names }

  /// Writes `value` under its type's name.
  /// - Throws: ``UnregisteredError`` if that type is not registered, so that the file could not be read.
  public func write<Value: NamedChoice>(_ value: Value, to encoder: any Encoder) throws {
    let entry = try registry.entry(Value.name, arguments: "(\(Value.self).self)")
    guard entry.type == Value.self else {
      throw registry.conflict(Value.name, found: Value.self, registered: entry.type)
    }
    var container = encoder.container(keyedBy: NameKey.self)
    try container.encode(value, forKey: NameKey(stringValue: Value.name))
  }

  /// Reads a choice.
  /// - Throws: ``UnregisteredError`` if there is no type of the name, `DecodingError` if it does not accept what it finds.
  public func read(from decoder: any Decoder) throws -> Choice {
    let slot = try Slot(decoder)
    return try registry.entry(slot.name, arguments: "(its type)").read(slot)
  }
}

/// The place in a file where a choice is.
private struct Slot {
  let name: String
  private let container: KeyedDecodingContainer<NameKey>?

  init(_ decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      (self.name, container) = (name, nil)
      return
    }
    let container = try decoder.container(keyedBy: NameKey.self)
    guard let key = container.allKeys.first, container.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "expected one name"))
    }
    (name, self.container) = (key.stringValue, container)
  }

  func read<Value: NamedChoice>(_ type: Value.Type) throws -> Value {
    guard let container else { return try JSONDecoder().decode(Value.self, from: Data("{}".utf8)) }
    return try container.decode(Value.self, forKey: NameKey(stringValue: name))
  }
}

private struct NameKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

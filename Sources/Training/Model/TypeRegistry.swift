import LatentSystem
import Tensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A value that a configuration holds whatever its type is, and that is saved under the type's name: a loss, a
/// regularizer.
///
/// A program adds types of its own by registering them before it opens a file that names them.
public protocol NamedChoice: Codable, Sendable, Equatable {
  /// What the type is called in files: `"hinge"`. No two types of a family share a name.
  static var name: String { get }
}

extension NamedChoice {
  /// Whether `other` is the same value of the same type.
  public func isEqual(to other: any NamedChoice) -> Bool { (other as? Self) == self }

  /// Writes the value under its type's name, as a ``TypeRegistry`` reads it.
  public func write(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: NameKey.self)
    try container.encode(self, forKey: NameKey(stringValue: Self.name))
  }
}

/// The types of one family, such as losses, that files may name.
///
/// A value is saved as an object with one entry, the name and what the type saves: `{"gradientPenalty":{"weight":10}}`.
/// A name alone is read too.
///
/// Unchecked `Sendable`: the table is touched under its lock only.
public final class TypeRegistry<Choice>: @unchecked Sendable {
  private typealias Reader = @Sendable (Slot) throws -> Choice

  private let family: String
  private let lock = Lock()
  private var readers: [String: Reader] = [:]

  /// A registry without types; `family` is what one of them is called in messages: `"loss"`.
  public init(family: String) { self.family = family }

  /// Lets files name `type`. A type of the same name is replaced.
  /// - Parameter convert: makes a choice of its value; as a rule the identity.
  public func register<Value: NamedChoice>(_ type: Value.Type, as convert: @escaping @Sendable (Value) -> Choice) {
    lock.withLock {
      readers[Value.name] = { slot in convert(try slot.read(Value.self)) }
    }
  }

  /// The names of all types, in alphabetical order.
  public var names: [String] { lock.withLock { readers.keys.sorted() } }

  /// Reads a choice.
  /// - Throws: `DecodingError` if there is no type of the name, or it does not accept what it finds.
  public func read(from decoder: any Decoder) throws -> Choice {
    let slot = try Slot(decoder)
    guard let reader = lock.withLock({ readers[slot.name] }) else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath,
          debugDescription: "no \(family) is called \(quoted(slot.name)), but \(names.joined(separator: ", "))"))
    }
    return try reader(slot)
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

import LatentSystem

/// What a program has registered under names, from any task: optimizers, schedules, losses.
///
/// Unchecked `Sendable`: the table is touched under its lock only.
package final class Registry<Entry: Sendable>: @unchecked Sendable {
  private let family: String
  private let registration: String
  private let lock = Lock()
  private var entries: [String: Entry]

  /// A registry with its first entries.
  ///
  /// - Parameters:
  ///   - family: what an entry is called in messages: `"loss"`.
  ///   - registration: what registers one: `"AdversarialLoss.register"`.
  package init(_ family: String, registeredBy registration: String, _ entries: [String: Entry] = [:]) {
    self.family = family
    self.registration = registration
    self.entries = entries
  }

  /// Lets `name` stand for `entry`. A name that is registered already stands for the new one from now on.
  package func register(_ name: String, _ entry: Entry) { lock.withLock { entries[name] = entry } }

  /// What is registered as `name`; nil if nothing is.
  package subscript(name: String) -> Entry? { lock.withLock { entries[name] } }

  /// All names in alphabetical order.
  package var names: [String] { lock.withLock { entries.keys.sorted() } }

  /// What is registered as `name`.
  /// - Parameter arguments: of the call that would register it, for the message; name and closure if nil.
  /// - Throws: ``UnregisteredError`` if nothing is.
  package func entry(_ name: String, arguments: String? = nil) throws(UnregisteredError) -> Entry {
    if let entry = self[name] { return entry }
    let known = names.joined(separator: ", ")
    throw UnregisteredError(
      """
      no \(family) is registered as \(quoted(name)); there are \(known.isEmpty ? "none" : known); it takes a call of \
      \(registration)\(arguments ?? "(\(quoted(name))) { … }") before
      """)
  }

  /// That a value named `name` is of type `found`, while another type is registered by that name.
  package func conflict(_ name: String, found: Any.Type, registered: Any.Type) -> UnregisteredError {
    UnregisteredError(
      """
      the \(family) \(quoted(name)) is a \(found), but files with that name are read as \(registered); give its type a \
      name of its own and call \(registration)(\(found).self) before
      """)
  }
}

/// A name that this program has registered nothing under: of an optimizer, a schedule, a loss, or another part that a
/// configuration holds by name.
///
/// It is thrown where a file names such a part, and where one is to be saved: no file is written that could not be
/// opened again.
public struct UnregisteredError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is not registered, what is, and what call registers it, in one line.
  public let description: String

  /// An error with the given one-line description.
  public init(_ description: String) { self.description = description }
}

/// Something of the client's own module `Models`.
public struct Car {
  /// What it is called.
  public let name: String

  /// A car of this name.
  public init(name: String) { self.name = name }
}

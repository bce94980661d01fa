/// What a configuration says, as text for people.
package enum ConfigurationText {
  /// The values of a structure by name, in the order of their declaration: `height 28  width 28  loss hinge`.
  package static func line(_ configuration: Any) -> String {
    Mirror(reflecting: configuration).children
      .map { "\($0.label ?? "") \(value($0.value))" }.joined(separator: "  ")
  }

  /// A value: an optional as what is in it, or `none`.
  package static func value(_ value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional else { return "\(value)" }
    return mirror.children.first.map { Self.value($0.value) } ?? "none"
  }
}

import Foundation
import Testing

/// What the library says of a setting, a program says of the option: it has to know which that is.
@Suite struct OptionNamesTests {
  private static let examples =
    URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Examples").standardized

  /// The code that declares options together: all of a program, and each file of what programs have in common.
  private static func sources() throws -> [(name: String, text: String)] {
    func files(_ folder: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: examples.appendingPathComponent(folder).path)
        .filter { $0.hasSuffix(".swift") }.sorted().map { "\(folder)/\($0)" }
    }
    func text(_ path: String) throws -> String {
      try String(contentsOf: examples.appendingPathComponent(path), encoding: .utf8)
    }
    return try Program.all.map { ($0.name, try files($0.name).map(text).joined()) }
      + files("Support").map { ($0, try text($0)) }
  }

  /// Where `set(&configuration.layerCount, to: layers)` gives a setting the value of an option with another name, such as
  /// `layers`, `options.settings(["layerCount": "layers"])` stands beside.
  @Test func settingsOfOtherNames() throws {
    var count = 0
    for source in try Self.sources() {
      var options: [String: String] = [:]
      for match in source.text.matches(of: #/(\w+) = (?:program\.)?options\.\w+\(\s*"([\w-]+)"/#) {
        options[String(match.1)] = String(match.2)
      }
      for match in source.text.matches(of: #/set\(\s*&configuration\.(?:\w+\.)*(\w+), to: (\w+)\)/#) {
        let setting = String(match.1)
        let option = try #require(options[String(match.2)], "\(source.name): \(match.0)")
        let hyphenated = setting.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
        #expect(
          option == hyphenated || source.text.contains("\"\(setting)\": \"\(option)\""),
          "\(source.name): \(setting) is set by --\(option), which options.settings does not say")
        count += 1
      }
    }
    #expect(count > 100)
  }
}

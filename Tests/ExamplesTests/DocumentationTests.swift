import Foundation
import Testing

/// What the README and the articles say of programs.
@Suite struct DocumentationTests {
  private static let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The README and all articles.
  private static let pages: [String] = {
    let folder = "Sources/Latent/Latent.docc"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)) ?? []
    return ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "\(folder)/\($0)" }
  }()

  /// Every program has a row in the page of all, and no row is of something else.
  @Test func everyProgramHasARow() throws {
    let page = try Self.text("Sources/Latent/Latent.docc/Programs.md")
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
    let names = rows.map { String($0.dropFirst("| `".count).prefix { $0 != "`" }) }
    #expect(names.sorted() == Program.all.map(\.name).sorted())
    let articles = rows.map { row in row.split(separator: ":").last.map { String($0.prefix { $0 != ">" }) } ?? "" }
    for article in Set(articles) { #expect(Self.pages.contains { $0.hasSuffix("/\(article).md") }, "\(article)") }
  }

  /// The options of every command are options of its program.
  @Test func commands() throws {
    var (helps, count): ([String: String], Int) = ([:], 0)
    for page in Self.pages {
      let lines = try Self.text(page).replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n")
      for line in lines {
        let words = line.split(separator: " ").map(String.init)
        guard words.starts(with: ["swift", "run", "-c", "release"]), words.count > 4, words[4] != "Benchmarks" else {
          continue
        }
        let name = words[4]
        let program = try #require(Program.all.first { $0.name == name }, "\(page): \(line)")
        let help = try helps[name] ?? program.run(["--help"]).output
        helps[name] = help
        let options = words.dropFirst(5).filter { $0.hasPrefix("--") }
        for option in options {
          #expect(help.contains("  \(option) ") || help.contains("  \(option)\n"), "\(page): \(line)")
        }
        count += 1
      }
    }
    #expect(count > 60)
  }
}

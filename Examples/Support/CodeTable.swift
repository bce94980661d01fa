import Latent

/// How codes agree with classes, as a table for a terminal.
enum CodeTable {
  /// A row for each code, with the class that it stands for, and a column for each class.
  static func text(_ agreement: CodeAgreement, of name: String) -> String {
    let classCount = agreement.table.first?.count ?? 0
    var table = Table(columns: (0..<classCount).map { "\($0)" })
    for (code, row) in agreement.table.enumerated() {
      let meaning = agreement.classes[code] < classCount ? "is \(agreement.classes[code])" : "is none"
      table.add("code \(code) \(meaning)", row.map { Optional("\($0)") })
    }
    return "\n\(name): codes of \(agreement.count) images, by class\n\(table.text)"
  }
}

import Latent
import LatentSystem

/// Figures in rows, for a terminal: a name, and a figure for each column.
public struct Table {
  private let columns: [String]
  private var rows: [(name: String, cells: [String])] = []

  /// A table with the given columns, and one before them for names.
  public init(columns: [String]) { self.columns = columns }

  /// Adds a row; nil leaves its place empty, and a row of nothing else is left out.
  public mutating func add(_ name: String, _ values: [Double?], digits: Int = 4) {
    add(name, values.map { $0.map { DecimalText.significant($0, digits: digits) } })
  }

  /// Adds a row of texts; nil leaves its place empty, and a row of nothing else is left out.
  public mutating func add(_ name: String, _ cells: [String?]) {
    if cells.allSatisfy({ $0 == nil }) { return }
    rows.append((name, cells.map { $0 ?? "" }))
  }

  /// The lines, with columns as wide as they need.
  public var text: String {
    let all = [("", columns)] + rows.map { ($0.name, $0.cells) }
    let nameWidth = all.map(\.0.count).max() ?? 0
    let widths = columns.indices.map { column in all.map { $0.1[column].count }.max() ?? 0 }
    return all.map { name, cells in
      let padded = zip(cells, widths).map { String(repeating: " ", count: 2 + $1 - $0.count) + $0 }
      return name + String(repeating: " ", count: nameWidth - name.count) + padded.joined()
    }.joined(separator: "\n")
  }
}

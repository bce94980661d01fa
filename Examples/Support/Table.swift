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

  /// Adds a row of what several trials gave: for each column their mean and, of more than one, the standard deviation.
  public mutating func add(_ name: String, spreads: [[Double]], decimals: Int) {
    add(
      name,
      spreads.map { values in
        let mean = values.reduce(0, +) / Double(values.count)
        let text = DecimalText.fixed(mean, decimals: decimals)
        if values.count < 2 { return text }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return text + " ± " + DecimalText.fixed((squares / Double(values.count - 1)).squareRoot(), decimals: decimals)
      })
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

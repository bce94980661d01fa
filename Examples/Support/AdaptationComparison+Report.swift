import Latent
import LatentSystem

extension AdaptationComparison {
  /// The share of test images of the other kind that each classifier names right.
  struct Row: Encodable {
    /// Nil for the mean of several.
    let seed: Int?
    let sourceOnly: Double
    let adapted: Double
    let targetOnly: Double
    /// Nil if nothing is translated.
    let translated: Double?
    /// How much of what labels of the other kind would gain is gained without them; nil where they gain nothing.
    let gapClosed: Double?
    /// The same of what is gained by translation.
    let translatedGapClosed: Double?

    init(seed: Int?, sourceOnly: Double, adapted: Double, targetOnly: Double, translated: Double?) {
      func gapClosed(_ share: Double) -> Double? {
        targetOnly > sourceOnly ? (share - sourceOnly) / (targetOnly - sourceOnly) : nil
      }
      self.seed = seed
      (self.sourceOnly, self.adapted, self.targetOnly) = (sourceOnly, adapted, targetOnly)
      self.translated = translated
      self.gapClosed = gapClosed(adapted)
      translatedGapClosed = translated.flatMap(gapClosed)
    }

    /// That of the means: where the gap is small, its own share says little.
    init(meanOf rows: [Row]) {
      func mean(_ figures: [Double]) -> Double { figures.reduce(0, +) / Double(figures.count) }
      let translated = rows.compactMap(\.translated)
      self.init(
        seed: nil, sourceOnly: mean(rows.map(\.sourceOnly)), adapted: mean(rows.map(\.adapted)),
        targetOnly: mean(rows.map(\.targetOnly)), translated: translated.isEmpty ? nil : mean(translated))
    }

    /// In the order of ``Report/table``.
    var cells: [String?] {
      [sourceOnly, adapted, targetOnly, gapClosed, translated, translatedGapClosed].map {
        $0.map { DecimalText.fixed(100 * $0, decimals: 1) }
      }
    }
  }

  /// The figures.
  public struct Report: Encodable {
    let sourceCount: Int
    let targetCount: Int
    let testCount: Int
    let steps: Int
    let batchSize: Int
    let reversal: Float
    let isRecoloured: Bool
    let selfTraining: Float
    /// Nil if nothing is translated.
    let translationSteps: Int?
    var rows: [Row] = []
    var mean: Row?

    /// The figures in rows.
    public var table: String {
      var columns = ["source only, %", "adapted, %", "target only, %", "gap closed, %"]
      if translationSteps != nil { columns += ["translated, %", "closed by it, %"] }
      var table = Table(columns: columns)
      func add(_ name: String, _ row: Row) { table.add(name, Array(row.cells.prefix(columns.count))) }
      for row in rows { add("seed \(row.seed ?? 0)", row) }
      if let mean { add("mean", mean) }
      return table.text
    }
  }
}

import Latent

/// A row of a table: which share of the images of each column is named as the originals are.
public struct NamesKeptRow {
  private var columns: [NamesKept]

  /// The row of a classifier, as an option `--judge` names it; there is none if nil.
  /// - Throws: ``UsageError`` if the classifier takes other images; ``FileError`` if it cannot be opened; ``CapabilityError``
  ///   if it tells no classes.
  public init(_ path: String?, columnCount: Int, like shape: Tensor.Shape) throws {
    guard let path else {
      columns = []
      return
    }
    let judge = try openJudge(path).trained
    if let own = judge.model.inputs.first?.sampleShape, own != shape {
      throw UsageError("--judge: expected a classifier of images of \(shape), found one of \(own)")
    }
    let column = try NamesKept(by: judge)
    columns = [NamesKept](repeating: column, count: columnCount)
  }

  /// Takes the images of each column, made of `originals`.
  public mutating func add(_ images: [Tensor], like originals: Tensor) throws {
    for column in columns.indices { try columns[column].add(images[column], like: originals) }
  }

  /// The share of each column; none if there is no row.
  var shares: [Double] { columns.map(\.share) }

  /// What the row is called.
  static let name = "named as the originals, %"

  /// Adds the row, if there is one.
  public func add(to table: inout Table) { table.add(Self.name, shares.map { $0 * 100 }) }
}

extension Options {
  /// `--judge`, for ``NamesKeptRow``.
  public mutating func namingJudge() -> Option<String?> {
    string(
      "judge", placeholder: "FILE",
      help: "a trained classifier: it is said which share of the images it names as it names the originals")
  }
}

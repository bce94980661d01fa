import Latent

/// What a program that judges a model has found.
public protocol JudgementReport: Encodable {
  /// The figures in rows.
  var table: String { get }
}

extension JudgementReport {
  /// Prints the rows and, if there is a path for them, writes the figures as JSON.
  /// - Throws: ``FileError``.
  public func present(writingTo path: String?) throws {
    tell(table: table)
    if let path { try JSONFile.write(self, to: path) }
  }
}

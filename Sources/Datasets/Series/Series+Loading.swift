import LatentFormats
import LatentSystem
import Tensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Series {
  /// Reads series from a file or from the files of a folder:
  ///
  /// - `.npy`: `[L]`, one series; `[N, L]`, N of one channel, or `[L, C]`, one of C channels, as the layout says; or
  ///   `[N, L, C]`.
  /// - Tables as text, one series each: a line for each time with a number for each channel, with a heading or without,
  ///   between semicolons, tabs, commas or spaces. In a folder, the files that end in `.csv`, `.tsv` or `.txt`.
  ///
  /// - Parameters:
  ///   - path: the file or folder. Files are taken in the order of their names, byte by byte.
  ///   - columns: which columns of tables are read.
  ///   - layout: what the axes of arrays are, which all have two then; if nil, those that have two are `[N, L]`.
  /// - Returns: at least one series, all of the same channels.
  /// - Throws: ``FileError`` naming the file, and of a table the line, for what is missing or no finite number;
  ///   ``SeriesValueError`` for a value of a table that is none.
  public static func load(
    _ path: String, columns: SeriesColumns = SeriesColumns(), layout: SeriesLayout? = nil
  ) throws -> [Series] {
    guard AtomicFile.kind(of: path).isFolder else {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      return try series(in: path, name, columns, layout)
    }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
      .filter { name in !name.hasPrefix(".") && endings.contains(where: name.lowercased().hasSuffix) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard !names.isEmpty else {
      throw FileError(
        path: path, expected: "files of series in the folder, \(endings.joined(separator: ", "))", found: "none")
    }
    let all = try names.flatMap { try series(in: "\(path)/\($0)", $0, columns, layout) }
    if let other = all.first(where: { $0.channels != all[0].channels }) {
      throw FileError(
        path: "\(path)/\(other.name)", expected: "\(counted(all[0].channels, "channel")) as in \(all[0].name)",
        found: "\(other.channels)")
    }
    return all
  }

  private static let endings = [".csv", ".tsv", ".txt", ".npy"]

  /// The series in one file.
  private static func series(
    in path: String, _ name: String, _ columns: SeriesColumns, _ layout: SeriesLayout?
  ) throws -> [Series] {
    let bytes = try AtomicFile.read(path)
    guard NumPy.isArray(bytes) else {
      guard layout == nil else {
        throw FileError(path: path, expected: "an .npy array whose layout can be chosen", found: "another file")
      }
      return [try SeriesTable(bytes, path: path).series(named: name, columns)]
    }
    guard columns == SeriesColumns() else {
      throw FileError(path: path, expected: "a table whose columns can be chosen", found: "an .npy file")
    }
    let array = try NumPy.decode(bytes, path: path)
    let shape = try sizes(array.shape, layout, path)
    let values: [Float] =
      switch array.elements {
      case .bytes(let bytes): bytes.map(Float.init)
      case .integers(let integers): integers.map(Float.init)
      case .floats(let floats): floats
      }
    guard !values.isEmpty else {
      throw FileError(path: path, expected: "a series with a number or more", found: "the shape \(array.shape)")
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw FileError(path: path, expected: "finite numbers", found: "\(values[index]) as element \(index)")
    }
    let size = shape[1] * shape[2]
    return (0..<shape[0]).map { index in
      Series(
        name: shape[0] == 1 ? name : "\(name) \(index)",
        values: Tensor(Array(values[index * size..<(index + 1) * size]), shape: [shape[1], shape[2]]))
    }
  }

  /// The numbers of series, times and channels of an array.
  private static func sizes(_ shape: [Int], _ layout: SeriesLayout?, _ path: String) throws -> [Int] {
    switch (shape.count, layout) {
    case (1, nil): return [1] + shape + [1]
    case (2, nil), (2, .nl): return shape + [1]
    case (2, .lc): return [1] + shape
    case (3, nil): return shape
    default:
      let expected =
        switch layout {
        case nil: "[L], [N, L], [L, C] or [N, L, C]"
        case .nl: "[N, L]"
        case .lc: "[L, C]"
        }
      throw FileError(path: path, expected: "an array \(expected)", found: "the shape \(shape)")
    }
  }
}

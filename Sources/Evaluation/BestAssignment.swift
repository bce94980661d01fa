import LatentSystem

/// How well codes that were found without labels, such as the categorical code of an InfoGAN, agree with classes: the
/// accuracy when each code stands for one class, each class for one code, and the number of samples that fit is the
/// largest possible.
///
/// ```swift
/// let assignment = BestAssignment(of: codes, labels: labels, classCount: 10)
/// print(assignment.share, assignment.classes[0])   // the class that code 0 stands for
/// ```
///
/// Reference: Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2, 1955.
public struct BestAssignment: Sendable, Hashable {
  /// The class that each code stands for.
  public let classes: [Int]
  /// How many samples there are.
  public let count: Int
  /// Of how many the code stands for the label.
  public let correctCount: Int

  /// The share of samples whose code stands for their label; NaN without samples.
  public var share: Double { Double(correctCount) / Double(count) }

  /// The best assignment for samples with the given codes and labels.
  /// - Precondition: one code for each label, all in `0..<classCount`.
  /// - Complexity: O(samples + classes³).
  public init(of codes: [Int], labels: [Int], classCount: Int) {
    // Row by row the codes, column by column the labels.
    let table = ClassificationAccuracy(of: labels, labels: codes, classCount: classCount).confusion
    let classes = Self.assign(table)
    self.classes = classes
    count = codes.count
    correctCount = classes.indices.reduce(0) { $0 + table[$1][classes[$1]] }
  }

  /// For each row of the square `table` a column, so that the sum of the elements is the largest.
  ///
  /// Rows are assigned one after the other, each by the cheapest chain of reassignments, where the cost of an element
  /// is how far it lies below the row's and the column's price.
  private static func assign(_ table: [[Int]]) -> [Int] {
    let size = table.count
    // Number `size` is a column that stands for the row at hand.
    var rowPrices = [Int](repeating: 0, count: size)
    var columnPrices = [Int](repeating: 0, count: size + 1)
    var rowOfColumn = [Int?](repeating: nil, count: size + 1)
    for row in 0..<size {
      rowOfColumn[size] = row
      var column = size
      var slack = [Int](repeating: .max, count: size)
      var previous = [Int](repeating: size, count: size)
      var isDone = [Bool](repeating: false, count: size + 1)
      while let current = rowOfColumn[column] {
        isDone[column] = true
        var (step, next) = (Int.max, size)
        for candidate in 0..<size where !isDone[candidate] {
          let cost = -table[current][candidate] - rowPrices[current] - columnPrices[candidate]
          if cost < slack[candidate] { (slack[candidate], previous[candidate]) = (cost, column) }
          if slack[candidate] < step { (step, next) = (slack[candidate], candidate) }
        }
        for other in 0...size where isDone[other] {
          columnPrices[other] -= step
          if let owner = rowOfColumn[other] { rowPrices[owner] += step }
        }
        for other in 0..<size where !isDone[other] { slack[other] -= step }
        column = next
      }
      while column != size {
        rowOfColumn[column] = rowOfColumn[previous[column]]
        column = previous[column]
      }
    }
    var result = [Int](repeating: 0, count: size)
    for column in 0..<size { if let row = rowOfColumn[column] { result[row] = column } }
    return result
  }
}

import Latent

/// Whole numbers of 0 or more with commas between them.
/// - Throws: ``UsageError`` naming the option if `text` is none.
public func wholeNumbers(_ text: String, option: String) throws -> [Int] {
  let parts = text.split(separator: ",", omittingEmptySubsequences: false)
  let numbers = parts.compactMap { Int($0) }
  guard numbers.count == parts.count, numbers.allSatisfy({ $0 >= 0 }) else {
    throw UsageError("--\(option): expected whole numbers with commas between them, found \"\(text)\"")
  }
  return numbers
}

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Whether two paths lead to the same folder, by whatever names and links.
func isSameFolder(_ first: String, _ second: String) -> Bool {
  func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().standardized.path }
  return resolved(first) == resolved(second)
}

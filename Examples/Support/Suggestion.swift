/// The candidate the user most probably meant by `name`, if there is one.
///
/// That is the only candidate that `name` abbreviates, or else the nearest one within two edits, provided that leaves
/// more than half of the name as it was.
func closest(to name: String, among candidates: [String]) -> String? {
  guard !name.isEmpty else { return nil }
  let completions = candidates.filter { $0.hasPrefix(name) }
  if let completion = completions.first, completions.count == 1 { return completion }
  let nearest = candidates.map { (name: $0, distance: editDistance($0, name)) }.min { $0.distance < $1.distance }
  guard let nearest, nearest.distance <= 2, nearest.distance * 2 < name.count else { return nil }
  return nearest.name
}

/// How many insertions, deletions, replacements and swaps of neighbours turn `first` into `second`.
///
/// No letter is edited twice (the "optimal string alignment" form of Damerau's distance).
func editDistance(_ first: String, _ second: String) -> Int {
  let (first, second) = (Array(first), Array(second))
  // Rows of the table of distances between prefixes: of `first` without its last two letters, without the last, whole.
  var beforeLast: [Int] = []
  var last = Array(0...second.count)
  for i in first.indices {
    var row = [i + 1]
    for j in second.indices {
      let replaced = last[j] + (first[i] == second[j] ? 0 : 1)
      var distance = min(replaced, last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
        distance = min(distance, beforeLast[j - 1] + 1)
      }
      row.append(distance)
    }
    (beforeLast, last) = (last, row)
  }
  return last[second.count]
}

// What a training remembers of its command line, so that `--resume` need not say it again. Paths are not among it: a file
// does not depend on where it was made.

extension Options {
  /// Marks options as such that decide which samples are learned from, or how they are read.
  public mutating func remember(_ names: String...) { remembered.formUnion(names) }

  /// What is to be remembered of a command line.
  func notes(_ arguments: Arguments) -> [String: String] {
    arguments.texts.filter { remembered.contains($0.key) }
  }

  /// A command line with what it leaves open as it was in an earlier training, of which these are the notes.
  func recalling(_ notes: [String: String], _ arguments: Arguments) -> Arguments {
    // What another version of the program wrote may be no value any more.
    let known = notes.filter { name, text in
      remembered.contains(name) && declarations.contains { $0.name == name && $0.accepts(text) }
    }
    return arguments.recalling(known)
  }
}

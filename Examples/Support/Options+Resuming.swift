// What a training remembers of its command line, so that `--resume` need not say it again. Paths are not among it, only
// that there were some: a file does not depend on where it was made.

extension Options {
  /// Marks options as such that decide which samples are learned from, or how they are read.
  public mutating func remember(_ names: String...) { remembered.formUnion(names) }

  /// Marks an option that takes the path of what is learned from, or one of some words in its place. Such a word is
  /// remembered as it is, and of a path that there was one.
  /// - Parameter content: what is there, for messages; nil for the samples.
  public mutating func rememberPath(_ name: String, of content: String? = nil, or words: String...) {
    rememberedPaths[name] = (content, Set(words))
  }

  /// What is to be remembered of a command line.
  func notes(_ arguments: Arguments) -> [String: String] {
    var notes = arguments.texts.filter { remembered.contains($0.key) }
    for (name, path) in rememberedPaths {
      if let text = arguments.texts[name] { notes[name] = path.words.contains(text) ? text : "files" }
    }
    return notes
  }

  /// A command line with what it leaves open as it was in an earlier training, of which these are the notes.
  func recalling(_ notes: [String: String], _ arguments: Arguments) -> Arguments {
    // What another version of the program wrote may be no value any more.
    let known = notes.filter { name, text in
      (remembered.contains(name) || rememberedPaths[name]?.words.contains(text) == true)
        && declarations.contains { $0.name == name && $0.accepts(text) }
    }
    return arguments.recalling(known)
  }

  /// The first option that had a path in an earlier training, of which these are the notes, and has none now.
  func missingPath(_ notes: [String: String], _ arguments: Arguments) -> String? {
    rememberedPaths.keys.sorted().first { notes[$0] != nil && arguments.texts[$0] == nil }
  }
}

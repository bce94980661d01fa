import Latent

/// Images beside those of `--data`: what these are to become, or images of another kind.
struct FurtherImages {
  let images: any ImageCollection
  /// What is to be said of them, in lines.
  let remarks: [String]
}

extension TrainingProgram<TrainingImages> {
  /// The images at `path`, or the digits that the library draws if that is their name: prepared, limited and of the same
  /// classes as those of `--data`.
  ///
  /// - Parameters:
  ///   - images: those of `--data`, already limited and of the classes that were asked for.
  ///   - arePartners: whether each belongs to that at the same place of `--data`: those of the same places are taken.
  ///   - isHeldOut: whether the test images are wanted.
  /// - Returns: nil if there are no such test images.
  func furtherImages(
    at path: String, _ arguments: Arguments, beside images: any ImageCollection, arePartners: Bool, isHeldOut: Bool
  ) throws -> FurtherImages? {
    guard !arguments.contains(common.heldOutShare) else {
      throw UsageError("--hold-out: images beside those of --data have to come with a part of test images of their own")
    }
    let areDrawn = path == DrawnDigits.name
    if areDrawn, usesBuiltInDigits(arguments) { throw DrawnDigits.twice }
    guard !isHeldOut || areDrawn || ImageSet.exists(at: path, split: .test) else { return nil }
    let classes = try common.subject.chosenClasses(arguments)
    let limit = isHeldOut ? nil : arguments[common.limit]
    let found = try open(path, isHeldOut ? .test : .train, limit: classes == nil ? limit : nil, arguments)
    var remarks = TrainingImages.remarks(on: found, readCount: found.count, memory: common.subject.memory(arguments))
    if let poverty = found.poverty { remarks.append("warning: \(poverty): there is nothing to learn from them") }
    if let limit, classes == nil, limit > found.count, !arePartners {
      remarks.append("--limit \(limit): there are only \(found.count)")
    }
    func result(_ images: any ImageCollection) -> FurtherImages {
      FurtherImages(images: images, remarks: isHeldOut ? [] : remarks.map { Self.remark($0, of: "--to") })
    }
    if arePartners { return result(try partners(of: images, among: found, isHeldOut: isHeldOut)) }
    guard let classes else { return result(found) }
    guard let labels = found.labels else {
      remarks.append("no labels, so that all of them are taken, not those of --classes alone")
      return result(limit.map { found.prefix($0) } ?? found)
    }
    let names = Set(classes.map { images.className($0) })
    let places = labels.indices.filter { names.contains(found.className(labels[$0])) }
    guard !places.isEmpty else {
      if isHeldOut { return nil }
      throw UsageError(
        "--classes: expected images of the classes \(names.sorted().joined(separator: ", ")) in --to, found none")
    }
    let chosen = found.subset(places)
    return result(limit.map { chosen.prefix($0) } ?? chosen)
  }

  /// One part of the images at `path`, or of the digits that the library draws.
  private func open(
    _ path: String, _ split: ImageSet.Split, limit: Int?, _ arguments: Arguments
  ) throws -> any ImageCollection {
    guard path != DrawnDigits.name else { return try common.subject.drawnDigits(split, limit: limit, arguments) }
    return try common.subject.open(path, split, limit: limit, arguments, isQuiet: arguments[common.isQuiet])
  }

  /// What each of some images should become, which stands where that stood when it was read.
  private func partners(
    of images: any ImageCollection, among found: any ImageCollection, isHeldOut: Bool
  ) throws -> any ImageCollection {
    let choice = images.choice
    let count = choice.map(\.count) ?? images.count
    guard found.count == count else {
      throw UsageError(
        "--to: expected an image for each of the \(count) \(isHeldOut ? "test" : "training") images of --data, found "
          + "\(found.count)")
    }
    let partners = choice.map { found.subset($0.places) } ?? found
    for (name, other) in zip(images.fileNames ?? [], partners.fileNames ?? []) where stem(name) != stem(other) {
      throw UsageError("--to: expected files of the names of those of --data, found \(other) beside \(name)")
    }
    return partners
  }

  /// A line that says whose images it is about.
  private static func remark(_ text: String, of source: String) -> String {
    let warning = "warning: "
    return text.hasPrefix(warning) ? "\(warning)\(source): \(text.dropFirst(warning.count))" : "\(source): \(text)"
  }
}

/// A file's name without its ending.
func stem(_ name: String) -> Substring { name.lastIndex(of: ".").map { name[..<$0] } ?? name[...] }

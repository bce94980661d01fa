import Latent
import LatentSystem

/// What a model that makes images of captions learns from: images with a file of captions, or scenes that are drawn from
/// labelled digits.
public struct CaptionOptions: Sendable {
  private let captions: Option<String?>
  private let scenes: Option<Int>
  private let side: Option<Int>
  private let leavesOut: Option<Bool>

  /// Declares the options.
  public init(_ options: inout Options) {
    captions = options.string(
      "captions", placeholder: "FILE",
      help: "a caption in a line for each image, in the order of the files' names; captions.txt beside the images if "
        + "there is one; without captions, scenes are drawn from labelled digits")
    scenes = options.integer(
      "scenes", default: 60_000, range: 1...1_000_000_000, placeholder: "N", help: "how many scenes are drawn")
    side = options.integer(
      "scene-size", default: 28, range: 20...512, placeholder: "N",
      help: "height and width of a scene in pixels, a multiple of 4")
    leavesOut = options.flag(
      "leave-out",
      help: "keep a tenth of the combinations of words from the training; judge-captions tells whether the model puts "
        + "together what it knows")
    options.remember(scenes.name, side.name, leavesOut.name)
    options.rememberPath(captions.name, of: "captions")
  }

  /// The captions of the scenes that are left out, if some are.
  public static func unseenCaptions(of source: any CaptionedSource) -> [String] {
    guard (source as? CaptionedDigits)?.part == .seen else { return [] }
    return DigitScene.all.filter(\.isUnseen).map(\.caption)
  }

  /// Checks that a model to begin with has learned the words that another is to know: what it has learned of a word has
  /// the word's number.
  /// - Throws: ``UsageError`` with some of the words that make the difference.
  public static func checkWords(of learned: TrainedModel?, for model: any GenerativeModel) throws {
    guard let old = (learned?.model as? any TextConditioned)?.vocabulary.words,
      let new = (model as? any TextConditioned)?.vocabulary.words, old != new
    else { return }
    let (known, wanted) = (Set(old), Set(new))
    let (unknown, others) = (new.filter { !known.contains($0) }, old.filter { !wanted.contains($0) })
    func list(_ words: [String]) -> String {
      words.prefix(5).map(quoted).joined(separator: ", ") + (words.count > 5 ? ", …" : "")
    }
    let difference =
      switch (unknown.isEmpty, others.isEmpty) {
      case (false, _): "does not know \(list(unknown))"
      case (true, false): "knows \(list(others)), which they do not have"
      case (true, true): "has them in another order"
      }
    throw UsageError(
      "--from: expected a model of the words of these captions, found one that \(difference); without --from a training "
        + "learns them from the start")
  }

  /// What is learned from, or of held-out images what is looked at.
  /// - Throws: ``UsageError`` if there are neither captions nor labels, ``FileError`` for captions that do not fit or are
  ///   not there.
  public func data(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>, _ samples: any SampleSource, isHeldOut: Bool
  ) throws -> LearningData {
    guard let images = samples as? ImageSet else {
      throw UsageError("--stacked: expected images as they are, which are described")
    }
    guard let path = captionPath(arguments, program) else {
      let scenes = try scenes(arguments, of: images, program, isHeldOut: isHeldOut)
      return LearningData(
        TrainingData(scenes), sources: [TrainingData.mainStream: "--\(self.scenes.name) \(scenes.count)"])
    }
    guard AtomicFile.kind(of: path).exists else {
      throw FileError(
        path: path, expected: "a file of captions",
        found: "none; without --captions scenes are drawn from labelled digits")
    }
    for option in [scenes, side] {
      try arguments.check(option, hasMeaning: false, "without captions, which \(path) has")
    }
    try arguments.check(leavesOut, hasMeaning: false, "without captions, which \(path) has")
    if isHeldOut { return LearningData(TrainingData(images)) }
    if let option = program.optionThatMixes(arguments) {
      throw UsageError("--\(option): expected all images in their order, which \(path) describes")
    }
    var lines = try CaptionedImages.lines(of: path)
    if program.hasLimit(arguments), lines.count > images.count { lines = Array(lines.prefix(images.count)) }
    return LearningData(TrainingData(try CaptionedImages(images, captions: lines, path: path)))
  }

  private func scenes(
    _ arguments: Arguments, of images: ImageSet, _ program: TrainingProgram<TrainingImages>, isHeldOut: Bool
  ) throws -> CaptionedDigits {
    guard arguments[side] % 4 == 0 else {
      throw UsageError("--scene-size: expected a multiple of 4, found \(arguments[side])")
    }
    let least = CaptionedDigits.leastSide
    // Of images that are no digits another fault is told.
    guard images.labels == nil || min(images.height, images.width) >= least else {
      throw UsageError(
        "--\(program.isSized(arguments) ? "size" : "data"): expected digits of \(least)×\(least) pixels or more to draw "
          + "scenes from, found \(images.height)×\(images.width)")
    }
    do {
      return try CaptionedDigits(
        images, count: isHeldOut ? max(1, arguments[scenes] / 10) : arguments[scenes], side: arguments[side],
        part: arguments[leavesOut] ? .seen : .all, seed: isHeldOut ? 1 : 0)
    } catch let error as FileError {
      throw UsageError(
        "--data: expected images with captions, or labelled digits to draw scenes from: \(error.expected), found "
          + "\(error.found); --captions names a file of captions")
    }
  }

  /// The file of captions, if there is one.
  private func captionPath(_ arguments: Arguments, _ program: TrainingProgram<TrainingImages>) -> String? {
    if let path = arguments[captions] { return path }
    guard let folder = program.dataPath(arguments) else { return nil }
    let path = (folder.hasSuffix("/") ? folder : folder + "/") + CaptionedImages.fileName
    return AtomicFile.kind(of: path).exists ? path : nil
  }
}

extension TrainingProgram<TrainingImages> {
  /// Where the images are, if that was said.
  fileprivate func dataPath(_ arguments: Arguments) -> String? { arguments[common.data] }

  /// Whether images are brought to another size.
  fileprivate func isSized(_ arguments: Arguments) -> Bool { common.subject.isSized(arguments) }

  /// Whether only the first images are taken.
  fileprivate func hasLimit(_ arguments: Arguments) -> Bool { arguments.contains(common.limit) }

  /// An option that was given, and by which images are no longer those of the files in their order.
  fileprivate func optionThatMixes(_ arguments: Arguments) -> String? {
    if arguments.contains(common.subject.classes) { return "classes" }
    return arguments.contains(common.heldOutShare) ? "hold-out" : nil
  }
}

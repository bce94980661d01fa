import Latent
import Testing

@testable import LatentExampleSupport

@Suite struct OptionsTests {
  /// The options of an imaginary program, one of each kind.
  private struct Example {
    var options = Options("train-vae", summary: "Trains a variational autoencoder on images.")
    let epochs: Option<Int>
    let limit: Option<Int?>
    let rate: Option<Float>
    let beta: Option<Double?>
    let out: Option<String>
    let data: Option<String?>
    let quiet: Option<Bool>
    let batchSize: Option<Int>

    init() {
      epochs = options.integer("epochs", default: 10, range: 1..., placeholder: "N", help: "passes over the data")
      limit = options.integer("limit", range: 1...60_000, placeholder: "N", help: "only the first N images")
      rate = options.number(
        "learning-rate", default: 0.001 as Float, range: above(0), placeholder: "X", help: "step size of Adam")
      beta = options.number("beta", range: 0..<2, placeholder: "X", help: "weight of the KL term")
      out = options.string("out", default: "runs/vae", placeholder: "DIR", help: "where to write")
      data = options.string("data", placeholder: "DIR", help: "a folder of IDX files; without it the built-in digits")
      quiet = options.flag("quiet", help: "print nothing")
      batchSize = options.integer("batch-size", default: 128, placeholder: "N", help: "images per step")
    }
  }

  @Test func defaults() throws {
    let example = Example()
    let arguments = try example.options.parse([])
    #expect(arguments[example.epochs] == 10)
    #expect(arguments[example.limit] == nil)
    #expect(arguments[example.rate] == 0.001)
    #expect(arguments[example.beta] == nil)
    #expect(arguments[example.out] == "runs/vae")
    #expect(arguments[example.data] == nil)
    #expect(!arguments[example.quiet])
    #expect(!arguments.contains(example.epochs))
  }

  /// What a training that goes on has of its options, where the command line leaves them open.
  @Test func valuesOfAnEarlierTraining() throws {
    var example = Example()
    example.options.remember(example.limit.name, example.beta.name, example.quiet.name)
    let first = try example.options.parse(["--limit", "500", "--beta", "1", "--quiet", "--epochs", "3"])
    let notes = example.options.notes(first)
    #expect(notes == ["limit": "500", "beta": "1", "quiet": ""])
    let second = example.options.recalling(notes, try example.options.parse(["--beta", "0.5"]))
    #expect(second[example.limit] == 500 && second[example.beta] == 0.5 && second[example.quiet])
    #expect(second[example.epochs] == 10 && !second.contains(example.epochs))
    #expect(throws: UsageError("--resume: the training has --limit, which means something only on Sundays")) {
      try second.check(example.limit, hasMeaning: false, "on Sundays")
    }
    #expect(throws: UsageError("--beta: means something only on Sundays")) {
      try second.check(example.beta, hasMeaning: false, "on Sundays")
    }
    // Of another version, or not to be remembered.
    let strange = ["limit": "70000", "epochs": "5", "unknown": "1"]
    let third = example.options.recalling(strange, try example.options.parse([]))
    #expect(third[example.limit] == nil && third[example.epochs] == 10 && third.recalled.isEmpty)
  }

  /// Of a path it is remembered that there was one; a word that takes its place is remembered itself.
  @Test func pathsOfAnEarlierTraining() throws {
    var example = Example()
    example.options.rememberPath(example.data.name, or: "built-in")
    let nothing = try example.options.parse([])
    #expect(example.options.notes(nothing).isEmpty && example.options.missingPath([:], nothing) == nil)
    for (text, note) in [("built-in", "built-in"), ("./built-in", "files"), ("files", "files")] {
      let notes = example.options.notes(try example.options.parse(["--data", text]))
      #expect(notes == ["data": note])
      let again = example.options.recalling(notes, nothing)
      #expect(again[example.data] == (note == "files" ? nil : note))
      #expect(example.options.missingPath(notes, again) == (note == "files" ? "data" : nil))
      let other = example.options.recalling(notes, try example.options.parse(["--data", "other"]))
      #expect(other[example.data] == "other" && example.options.missingPath(notes, other) == nil)
    }
  }

  /// The help text says what a preset is for; messages name the one that set an option.
  @Test func presets() throws {
    var example = Example()
    example.options.presets(
      ["quick": ["epochs": "1"], "long": ["epochs": "90", "quiet": ""]], purposes: ["long": "for a night"])
    let help = example.options.helpText.split { $0.isWhitespace }.joined(separator: " ")
    #expect(help.contains("quick is --epochs 1, long, for a night, is --epochs 90 --quiet"), "\(help)")
    let arguments = try example.options.parse(["--preset", "long", "--out", "x"])
    #expect(arguments[example.epochs] == 90 && arguments[example.quiet])
    #expect(arguments.name(of: example.epochs) == "--epochs of --preset long")
    #expect(arguments.name(of: example.out) == "--out")
  }

  @Test func valuesInBothSpellings() throws {
    let example = Example()
    let arguments = try example.options.parse([
      "--epochs", "3", "--limit=500", "--learning-rate", "5e-4", "--beta=0", "--out=a=b", "--data", "-", "--quiet",
      "--batch-size", "-7",
    ])
    #expect(arguments[example.epochs] == 3)
    #expect(arguments[example.limit] == 500)
    #expect(arguments[example.rate] == 5e-4)
    #expect(arguments[example.beta] == 0)
    #expect(arguments[example.out] == "a=b")
    #expect(arguments[example.data] == "-")
    #expect(arguments[example.quiet])
    #expect(arguments[example.batchSize] == -7)
    #expect(arguments.contains(example.epochs) && arguments.contains(example.quiet))
  }

  @Test(arguments: [
    (["--epochs", "zero"], #"--epochs: expected a whole number of 1 or more, found "zero""#),
    (["--epochs", "0"], #"--epochs: expected a whole number of 1 or more, found "0""#),
    (["--epochs", "1.5"], #"--epochs: expected a whole number of 1 or more, found "1.5""#),
    (["--epochs="], #"--epochs: expected a whole number of 1 or more, found """#),
    (
      ["--epochs", "99999999999999999999"],
      #"--epochs: expected a whole number of 1 or more, found "99999999999999999999""#
    ),
    (["--limit", "60001"], #"--limit: expected a whole number from 1 to 60000, found "60001""#),
    (["--learning-rate", "0"], #"--learning-rate: expected a number above 0.0, found "0""#),
    (["--learning-rate", "inf"], #"--learning-rate: expected a number above 0.0, found "inf""#),
    (["--learning-rate", "nan"], #"--learning-rate: expected a number above 0.0, found "nan""#),
    (["--beta", "2"], #"--beta: expected a number of at least 0.0 and below 2.0, found "2""#),
    (["--batch-size", "many"], #"--batch-size: expected a whole number, found "many""#),
    (["--out="], #"--out: expected a DIR that is not empty, found """#),
    (["--out"], "--out: its value DIR is missing"),
    (["--out", "--quiet"], "--out: its value DIR is missing"),
    (["--quiet=yes"], #"--quiet: takes no value, found "yes""#),
    (["--epochs", "1", "--epochs=2"], "--epochs: given twice"),
    (["--quiet", "--quiet"], "--quiet: given twice"),
    (["--epoch", "1"], #"unknown option "--epoch"; did you mean --epochs?"#),
    (["--epcohs=1"], #"unknown option "--epcohs"; did you mean --epochs?"#),
    (["-epochs", "1"], #"unknown option "-epochs"; did you mean --epochs?"#),
    (["--batch", "1"], #"unknown option "--batch"; did you mean --batch-size?"#),
    (["--colour"], #"unknown option "--colour"; see --help"#),
    (["--"], #"unknown option "--"; see --help"#),
    (["images"], #"unexpected argument "images": every value belongs to an option"#),
    ([""], #"unexpected argument "": every value belongs to an option"#),
    (["--epochs", "1\n2"], #"--epochs: expected a whole number of 1 or more, found "1\n2""#),
  ])
  func refused(arguments: [String], message: String) {
    #expect(throws: UsageError(message)) { try Example().options.parse(arguments) }
    #expect(errorLine(UsageError(message), program: "p").filter(\.isNewline).count == 1)
  }

  @Test(arguments: [["--help"], ["-h"], ["--epochs", "zero", "--help"]])
  func helpWins(arguments: [String]) {
    #expect(throws: HelpRequest.self) { try Example().options.parse(arguments) }
  }

  @Test(arguments: [["--version"], ["--epochs", "zero", "--version"]])
  func versionWins(arguments: [String]) {
    #expect(throws: VersionRequest.self) { try Example().options.parse(arguments) }
    #expect(throws: HelpRequest.self) { try Example().options.parse(arguments + ["--help"]) }
  }

  @Test func helpText() {
    #expect(
      Example().options.helpText == """
        Trains a variational autoencoder on images.

        Usage: train-vae [options]

        Options:
          --epochs N         passes over the data (1 or more; default 10)
          --limit N          only the first N images (from 1 to 60000)
          --learning-rate X  step size of Adam (above 0.0; default 0.001)
          --beta X           weight of the KL term (at least 0.0 and below 2.0)
          --out DIR          where to write (default runs/vae)
          --data DIR         a folder of IDX files; without it the built-in digits
          --quiet            print nothing
          --batch-size N     images per step (default 128)
          --help             show this text
          --version          show the version

        """)
  }

  @Test func longHelpIsWrapped() {
    var options = Options("p", summary: "S.")
    _ = options.string("a-very-long-option-name", placeholder: "PLACEHOLDER", help: "short")
    _ = options.flag("b", help: Array(repeating: "word", count: 30).joined(separator: " "))
    let lines = options.helpText.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(lines.contains("  --a-very-long-option-name PLACEHOLDER"))
    #expect(lines.contains("                            short"))
  }

  @Test func errorsAreOneLine() {
    struct Failure: Error, CustomStringConvertible { let description = "first\n\nsecond\r\n" }
    #expect(errorLine(Failure(), program: "generate") == "generate: first second\n")
  }

  /// A model's complaint begins with its kind, which the program's name ends with.
  @Test func namesAreNotSaidTwice() {
    let error = ConfigurationError("wgan-gp: channels is 0")
    #expect(errorLine(error, program: "train-wgan-gp") == "train-wgan-gp: channels is 0\n")
    #expect(errorLine(error, program: "generate") == "generate: wgan-gp: channels is 0\n")
    #expect(errorLine(UsageError("gp: no"), program: "train-wgan-gp") == "train-wgan-gp: gp: no\n")
  }

  /// What the library says of a configuration is said of options, where there is one.
  @Test func valuesHaveTheNamesOfOptions() {
    var options = Example().options
    options.settings(["count": "limit"])
    func named(_ text: String) -> String { options.namingOptions(in: text) }
    #expect(named("vae: batchSize is 0, expected 1") == "vae: --batch-size is 0, expected 1")
    #expect(named("vae: batch size was 2, is 0; beta was 1") == "vae: --batch-size was 2, is 0; --beta was 1")
    #expect(named("vae: the beta is 0; number of epochs is 1") == "vae: the beta is 0; number of epochs is 1")
    #expect(named("hiddenSize was 7, is 8; learningRate was 1") == "hiddenSize was 7, is 8; --learning-rate was 1")
    #expect(named("count was 3, is 4; data is 5; what is this") == "--limit was 3, is 4; --data is 5; what is this")
    #expect(named("is") == "is" && named("batchSize") == "batchSize" && named("") == "")
    let error = ConfigurationError("vae: batchSize is 0")
    #expect(errorLine(error, program: "train-vae", naming: named) == "train-vae: --batch-size is 0\n")
    #expect(
      errorLine(TrainingError.otherTraining(["count was 1, is 2"]), program: "train-vae", naming: named)
        .contains("another training: --limit was 1, is 2; to go on"))
    // What one option sets is said once.
    options.settings(["others": "limit"])
    #expect(
      errorLine(
        TrainingError.otherTraining(["count was 1, is 2", "others was 1, is 2", "beta was 1, is 2"]),
        program: "train-vae", naming: named
      ).contains("another training: --limit was 1, is 2; --beta was 1, is 2; to go on"))
    // What is not a number is a figure, whatever options are called.
    #expect(
      errorLine(TrainingError.notFinite("beta", step: 2), program: "train-vae", naming: named)
        .hasPrefix("train-vae: step 2: beta is not"))
    // What somebody named so is not the library's.
    #expect(errorLine(UsageError("batchSize is 0"), program: "p", naming: named) == "p: batchSize is 0\n")
  }

  /// Where a size is refused, the option is named that brings samples to another.
  @Test func sizesHaveARemedy() {
    var options = Example().options
    let text = "dcgan: an image of 6×5; both must be multiples of 4: pad or scale the images"
    #expect(options.namingOptions(in: text) == text)
    #expect(options.namingOptions(in: "vae: height is 6, expected 8") == "vae: height is 6, expected 8")
    options.sizing(insteadOf: "pad or scale the images", "--size helps")
    func named(_ text: String) -> String { options.namingOptions(in: text) }
    #expect(named(text) == "dcgan: an image of 6×5; both must be multiples of 4: --size helps")
    #expect(named("vae: height is 6, expected 8") == "vae: height is 6, expected 8: --size helps")
    let other = "vae: width is 6, expected a multiple of 4: "
    #expect(named(other + "pad or scale the images") == other + "--size helps")
    for text in ["vae: an image of 5000×5000 is too large", "images of 9×9 are too large for dense layers"] {
      #expect(named(text) == text + ": --size helps")
    }
    for text in ["height was 6, is 8", "vae: the height is 6", "vae: batches of 8"] { #expect(named(text) == text) }
  }

  /// Of a model that is too large, the options are named that make it smaller: those that were given, or else all.
  @Test func sizesOfAModelAreNamed() throws {
    var options = Options("train-vae", summary: "S.")
    for name in ["hidden-size", "epochs", "head-features", "batch-size", "layers"] {
      _ = options.integer(name, default: 1, placeholder: "N", help: "h")
    }
    let declared = options
    func named(_ line: String...) throws -> String {
      let error = TrainingError.tooLarge(parameterCount: 9, bytes: 144_000_000, memory: 20_000_000)
      return "\(declared.namingSizes(in: error, try declared.parse(line)))"
    }
    let text = try named()
    #expect(text.contains("144 MB of memory") && text.contains("there are 20.0 MB"))
    #expect(text.hasSuffix("; lower values help: --hidden-size, --head-features, --layers"))
    #expect(try named("--epochs", "3", "--layers", "9").hasSuffix("; lower values help: --layers"))
    let other = TrainingError.notFinite("loss", step: 1)
    #expect(try declared.namingSizes(in: other, declared.parse(["--layers", "9"])) as? TrainingError == other)
  }

  private enum Shape: String, CaseIterable {
    case round
    case square
  }

  @Test func suggestions() throws {
    var options = Options("p", summary: "S.")
    options.usualOption = "file"
    let shape = options.choice(
      "shape", default: Shape.round, placeholder: "NAME", help: "", alsoKnownAs: ["box": .square])
    let file = options.string("file", placeholder: "FILE", help: "")
    func message(_ arguments: String...) -> String? {
      do { _ = try options.parse(arguments) } catch { return "\(error)" }
      return nil
    }
    let start = "--shape: expected one of round, square, found "
    #expect(message("--shape", "box") == start + "\"box\"; did you mean square?")
    #expect(message("--shape", "Round") == start + "\"Round\"; did you mean round?")
    #expect(message("--shape", "sqare") == start + "\"sqare\"; did you mean square?")
    #expect(message("--shape", "line") == start + "\"line\"")
    let value = "unexpected argument \"a\": every value belongs to an option"
    #expect(message("a") == value + "; did you mean --file a?")
    #expect(message("--file", "b", "a") == value)
    let arguments = try options.parse(["--shape", "square"])
    var (own, path) = (Shape.round, "old")
    arguments.set(&own, to: shape)
    arguments.set(&path, to: file)
    #expect(own == .square && path == "old")
    try options.parse(["--file", "new"]).set(&path, to: file)
    #expect(path == "new")
  }

  /// A choice that need not be made.
  @Test func choicesWithoutADefault() throws {
    var options = Options("p", summary: "S.")
    let shape = options.choice("shape", among: Shape.self, placeholder: "NAME", help: "of the thing")
    let none = try options.parse([])
    #expect(none[shape] == nil && !none.contains(shape))
    #expect(try options.parse(["--shape", "square"])[shape] == .square)
    #expect(
      throws: UsageError("--shape: expected one of round, square, found \"Square\"; did you mean square?")
    ) { try options.parse(["--shape", "Square"]) }
    #expect(options.helpText.contains("of the thing (one of round, square)"))
  }

  @Test func exitCodes() async {
    await #expect(processExitsWith: .exitCode(1)) { fail(HelpRequest(), program: "p") }
    await #expect(processExitsWith: .exitCode(2)) { fail(UsageError("--a and --b exclude each other"), program: "p") }
    await #expect(processExitsWith: .failure) {
      var options = Options("p", summary: "")
      _ = options.flag("twice", help: "")
      _ = options.flag("twice", help: "")
    }
  }

  @Test(arguments: [
    ("", "", 0), ("abc", "", 3), ("epochs", "epochs", 0), ("epcohs", "epochs", 1), ("kitten", "sitting", 3),
    ("ab", "ba", 1), ("steps", "step", 1),
  ])
  func distances(first: String, second: String, distance: Int) {
    #expect(editDistance(first, second) == distance)
    #expect(editDistance(second, first) == distance)
  }
}

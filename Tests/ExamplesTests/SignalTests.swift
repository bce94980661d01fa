import Foundation
import Latent
import Testing

/// Programs of series, run as users do.
@Suite struct SignalTests {
  private static let train = Program(name: "train-signals")
  private static let analyse = Program(name: "analyse-signals")
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func train(_ options: [String]) throws -> String {
    let result = try Self.train.run(
      ["--steps", "2", "--batch-size", "4", "--features", "2", "--latent-size", "2", "--quiet"] + options)
    #expect((result.exitCode, result.errors) == (0, ""))
    return folder.path("run/model.safetensors")
  }

  private func lines(_ name: String) throws -> [String] {
    try String(decoding: folder.contents(name), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func builtIn() throws {
    let model = try train(["--window", "32", "--signal-channels", "2", "--out", folder.path("run")])
    #expect(try folder.contents("run/samples.png").starts(with: [0x89, 0x50]))
    // What no option says is as before.
    let resumed = try Self.train.run(["--steps", "3", "--resume", "--quiet", "--out", folder.path("run")])
    #expect((resumed.exitCode, resumed.errors) == (0, ""))
    #expect(try TrainingCheckpoint.load(model).step == 3)
    let out = folder.path("found")
    let result = try Self.analyse.succeed("--model", model, "--count", "60", "--out", out + ".csv")
    #expect(result.output.contains("\nAUROC of times") && result.output.contains("spike"))
    #expect(result.output.contains("wrote \(out).csv and \(out).png: 60 series, a score for each time"))
    #expect(try folder.contents("found.png").starts(with: [0x89, 0x50]))
    let lines = try lines("found.csv")
    #expect(lines[0] == "series,time,value 0,value 1,\"value 0, reconstructed\",\"value 1, reconstructed\",score")
    #expect(lines.count == 60 * 32 + 1 && lines[1].hasPrefix("signal 0,0,"))
    let noisy = try Self.analyse.succeed("--model", model, "--count", "5", "--noise", "0.5", "--out", out, "--quiet")
    #expect(noisy.output.contains("signal to noise, dB") && !noisy.output.contains("AUROC"))
  }

  @Test func tables() throws {
    let rows = (0..<100).map { "2024-01-01;\($0 % 10),5;\($0);\($0 == 70 ? 1 : 0)" }
    let table = try folder.add("sensors.csv", Array((["day;load;heat;odd"] + rows).joined(separator: "\n").utf8))
    let model = try train([
      "--data", table, "--columns", "load,heat", "--window", "16", "--hold-out", "0.3", "--out", folder.path("run"),
    ])
    let result = try Self.analyse.succeed(
      "--model", model, "--data", table, "--columns", "load,heat", "--truth", "odd", "--out", folder.path("found"),
      "--quiet")
    #expect(result.output.contains("\nAUROC of times") && !result.output.contains("wrote"))
    let lines = try lines("found.csv")
    #expect(lines.count == 101 && lines[0].hasPrefix("series,time,load,heat,"))
    #expect(lines[72].hasPrefix("sensors.csv,71,1.5,71.0,"))
    let common = ["--model", model, "--data", table]
    for (options, exitCode, text) in [
      (
        [], 1,
        "\(table): expected a number in line 2, column 1 (\"day\"), found \"2024-01-01\"; --columns LIST leaves other "
          + "columns out"
      ),
      (
        ["--columns", "load"], 2,
        "--columns: expected 2 channels as the model has learned, found 1 in sensors.csv: \"load\""
      ),
      (["--columns", "load,heat", "--out", table], 2, "--out: expected another place than that of the series"),
      (["--columns", "load,heat", "--out", folder.path("no/a")], 1, "expected a file that can be created"),
      (["--seed", "1"], 2, "--seed: means something only with --noise"),
      (["--columns", "load,"], 2, "--columns: expected names or numbers of columns"),
      (["--count", "3"], 2, "--count: means something only without --data"),
      (
        ["--columns", "load,heat", "--truth", "heat"], 1,
        "\(table): expected a truth in a column that is no channel, found column 3 (\"heat\")"
      ),
      (
        ["--columns", "load,odd", "--truth", "heat"], 1,
        "\(table): expected a truth of 0 or 1 in line 4, column 3 (\"heat\"), found \"2\""
      ),
      (["--noise", "1", "--truth", "odd"], 2, "--truth: means something only without --noise"),
    ] as [([String], Int32, String)] {
      try Self.analyse.fail(common + options, exitCode: exitCode, [text])
    }
    for (options, exitCode, text) in [
      (
        ["--data", table, "--columns", "load", "--window", "104"], 2,
        "--window: expected 100 or less, the times of sensors.csv, found 104"
      ),
      (["--data", folder.path("none.csv")], 1, "none.csv: expected a readable file, found no such file"),
      (
        ["--data", table, "--columns", "load", "--window", "60"], 1,
        "--window is 60, expected a multiple of 8 times, as windows are halved 3 times"
      ),
      (
        ["--data", table, "--columns", "load", "--window", "64", "--hold-out", "0.1"], 2, "--hold-out: expected a share"
      ),
      (["--window", "16"], 2, "--window: expected 32 or more for built-in signals, found 16"),
      (["--hold-out", "0.1"], 2, "--hold-out: means something only with --data"),
      (["--stride", "4"], 2, "--stride: means something only with --data"),
      (["--columns", "1"], 2, "--columns: means something only with --data"),
      (["--stacked", "4"], 2, "unknown option \"--stacked\""),
    ] as [([String], Int32, String)] {
      try Self.train.fail(["--batch-size", "2", "--out", folder.path("x")] + options, exitCode: exitCode, [text])
    }
    // Tables of different lengths in a folder, each as it is, and nothing is written among them.
    try folder.add("all/a.csv", Array(String(repeating: "1,2\n2,1\n3,3\n", count: 12).utf8))
    try folder.add("all/b.csv", Array(String(repeating: "1,2\r\n2,1\r\n3,4\r\n", count: 6).utf8))
    let all = folder.path("all")
    try Self.analyse.succeed("--model", model, "--data", all, "--out", folder.path("of all"), "--quiet")
    #expect(try self.lines("of all.csv").count == 1 + 36 + 18)
    try Self.analyse.fail(
      ["--model", model, "--data", all, "--out", all + "/found"], exitCode: 2, ["--out: expected another place"])
    // Models of series are none of images, and the other way round.
    try Program(name: "explore").fail(
      ["traverse", "--model", model], exitCode: 1,
      ["series-vae cannot be looked at: samples of shape [16, 2] are no images"])
    let vae = folder.path("vae")
    try Program.trainVAE.succeed(
      "--limit", "64", "--batch-size", "8", "--steps", "1", "--hidden-size", "4", "--quiet", "--out", vae)
    try Self.analyse.fail(
      ["--model", vae + "/model.safetensors"], exitCode: 1,
      ["vae cannot analyse series: it is no model of windows of series; train-signals makes one"])
  }

  /// An array of times and channels, which is taken for as many short series unless its layout is said.
  @Test func arraysOfTwoAxes() throws {
    let values = (0..<120).map { Float($0 * 7 % 11) }
    let array = try folder.add("array.npy", NumPy.encode(values, shape: [40, 3]))
    let model = try train(["--data", array, "--layout", "lc", "--window", "16", "--out", folder.path("run")])
    let analysis = ["--model", model, "--data", array, "--out", folder.path("found")]
    let found = try Self.analyse.run(analysis + ["--layout", "lc", "--quiet"])
    #expect((found.exitCode, found.errors) == (0, ""))
    #expect(try lines("found.csv").count == 41)
    let remedy = "; with --layout lc its array is one series of channels"
    try Self.analyse.fail(
      analysis, exitCode: 2,
      ["--layout: expected 3 channels as the model has learned, found 1 in array.npy 0\(remedy)"])
    try Self.train.fail(
      ["--data", array, "--out", folder.path("x")], exitCode: 1,
      ["array.npy 0: expected a series of 8 times or more, found one of 3\(remedy)"])
    let wide = try folder.add("wide.npy", NumPy.encode(values, shape: [12, 10]))
    try Self.train.fail(
      ["--data", wide, "--window", "16", "--out", folder.path("x")], exitCode: 2,
      ["--window: expected 10 or less, the times of wide.npy 0, found 16\(remedy)"])
    try Self.train.fail(
      ["--layout", "lc", "--out", folder.path("x")], exitCode: 2, ["--layout: means something only with --data"])
    // A model of one channel takes the rows, were they long enough.
    _ = try train(["--data", wide, "--window", "8", "--hold-out", "0.2", "--out", folder.path("rows")])
    let ofRows = folder.path("rows/model.safetensors")
    let long = try Self.analyse.run(["--model", ofRows, "--data", wide, "--out", folder.path("found"), "--quiet"])
    #expect((long.exitCode, long.errors) == (0, ""))
    try Self.analyse.fail(
      ["--model", ofRows, "--data", array, "--out", folder.path("found")], exitCode: 1,
      ["array.npy 0: expected 8 times or more, the length of a window, found 3\(remedy)"])
    // Only who said nothing is told what else there is, and only of arrays that could be that.
    let cube = try folder.add("cube.npy", NumPy.encode(values, shape: [20, 3, 2]))
    let table = try folder.add("table.csv", Array("1\n2\n3\n".utf8))
    for (options, text) in [
      ([array, "--layout", "nl"], "array.npy 0: expected a series of 8 times or more, found one of 3\n"),
      ([cube], "cube.npy 0: expected a series of 8 times or more, found one of 3\n"),
      ([table], "table.csv: expected a series of 8 times or more, found one of 3\n"),
    ] {
      try Self.train.fail(["--out", folder.path("x"), "--data"] + options, exitCode: 1, [text])
    }
    try Self.analyse.fail(
      ["--model", ofRows, "--data", table, "--out", folder.path("found")], exitCode: 1,
      ["table.csv: expected 8 times or more, the length of a window, found 3\n"])
  }
}

import Foundation
import LatentFormats
import LatentSystem
import LatentTestSupport
import Tensor
import Testing

@testable import Datasets

@Suite struct SeriesTests {
  /// What is read from a table of the given text.
  private func read(_ text: String, _ columns: SeriesColumns = SeriesColumns()) throws -> Series {
    try SeriesTable(Array(text.utf8), path: "a.csv").series(named: "a.csv", columns)
  }

  @Test(
    "Tables with any separator, with a heading or without",
    arguments: [
      "1,2.5\n-3,4e2\n", "1;2,5\r\n-3;400,0\r\n", "1\t2.5\n-3\t4e2", " 1  2.5\n-3 400 \n\n", "\"1\",\"2.5\"\n-3, 400\n",
      "\u{FEFF}left,right\n1,2.5\n\n-3,400\n", "\"a, b\";c\n1;2.5\n-3;400\n",
    ])
  func tables(_ text: String) throws {
    let series = try read(text)
    #expect(series.values == Tensor([1, 2.5, -3, 400], shape: [2, 2]))
    #expect(
      (series.channelNames == nil) == !text.contains("r") && !text.contains("b") || series.channelNames?.count == 2)
  }

  @Test func headings() throws {
    #expect(try read("left,right\n1,2\n").channelNames == ["left", "right"])
    #expect(try read("\"a, b\";\"say \"\"c\"\"\"\n1;2\n").channelNames == ["a, b", "say \"c\""])
    #expect(try read("1,2\n").channelNames == nil)
    #expect(try read("7\n8\n").values.shape == [2, 1])
  }

  @Test func columns() throws {
    let text = "time,load,heat,odd\n2024-01-01,1,2,0\n2024-01-02,3,4,1\n"
    let series = try read(text, SeriesColumns(channels: ["heat", "2"], truth: "odd"))
    #expect(series.values == Tensor([2, 1, 4, 3], shape: [2, 2]) && series.channelNames == ["heat", "load"])
    #expect(series.truth == [false, true])
    // All but the truth.
    #expect(try read("a,b\n1,0\n", SeriesColumns(truth: "b")).channelNames == ["a"])
  }

  @Test("What is no number in a column that is not read makes no heading, and names nothing")
  func datesWithoutHeading() throws {
    let text = "2024-01-01,3,7,0\n2024-01-02,4,8,1\n"
    let series = try read(text, SeriesColumns(channels: ["2", "3"], truth: "4"))
    #expect(series.values == Tensor([3, 7, 4, 8], shape: [2, 2]) && series.channelNames == nil)
    #expect(series.truth == [false, true])
    // The column of that number, not that in whose first line it stands.
    #expect(try read(text, SeriesColumns(channels: ["3"])).values == Tensor([7, 8], shape: [2, 1]))
    let heading = "day,a,b,odd\n" + text
    for channels in [["2", "3"], ["a", "b"], ["a", "3"]] {
      let series = try read(heading, SeriesColumns(channels: channels))
      #expect(series.values.scalars == [3, 7, 4, 8] && series.channelNames == ["a", "b"])
    }
    // A name that is a number still is one where others are names.
    #expect(try read("day,2020\nx,5\n", SeriesColumns(channels: ["2020"])).values.scalars == [5])
  }

  @Test("Names that are numbers make a heading if a column that is not read has a number below its name")
  func numericHeading() throws {
    let columns = SeriesColumns(channels: ["2", "3"])
    let named = try read("time,2019,2020\n1,3,7\n2,4,8\n", columns)
    #expect(named.values == Tensor([3, 7, 4, 8], shape: [2, 2]) && named.channelNames == ["2019", "2020"])
    let withTruth = try read("7;2019;time\n3;0;1\n", SeriesColumns(channels: ["1"], truth: "2"))
    #expect(withTruth.values.scalars == [3] && withTruth.channelNames == ["7"] && withTruth.truth == [false])
    // Text in both lines may be dates, and what has nothing below it is data.
    for text in ["mon,2019,2020\ntue,3,7\n", "mon,2019,2020\n,3,7\n"] {
      let data = try read(text, columns)
      #expect(data.values == Tensor([2019, 2020, 3, 7], shape: [2, 2]) && data.channelNames == nil)
    }
    #expect(try read("time,2019,2020\n", columns).values.scalars == [2019, 2020])
  }

  @Test("An array of two axes is rows, or one series of channels where that is said")
  func layouts() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npy"
      let values = (0..<24).map(Float.init)
      try NumPy.write(values, shape: [12, 2], to: path)
      let one = try Series.load(path, layout: .lc)
      #expect(one == [Series(name: "a.npy", values: Tensor(values, shape: [12, 2]))])
      for layout in [nil, SeriesLayout.nl] {
        let rows = try Series.load(path, layout: layout)
        #expect(rows.map(\.values) == (0..<12).map { Tensor([values[2 * $0], values[2 * $0 + 1]], shape: [2, 1]) })
        let error = #expect(throws: FileError.self) { try SeriesWindows(rows, length: 8, stride: 1) }
        #expect(
          error?.description == "a.npy 0: expected a series of 8 times or more, the length of a window, found one of 2")
      }
      try NumPy.write(values, shape: [2, 3, 4], to: path)
      let axes = #expect(throws: FileError.self) { try Series.load(path, layout: .lc) }
      #expect(axes?.description == "\(path): expected an array [L, C], found the shape [2, 3, 4]")
      try addFile("b.csv", "1,2\n", in: folder)
      let table = #expect(throws: FileError.self) { try Series.load(folder + "/b.csv", layout: .nl) }
      #expect(
        table?.description == "\(folder)/b.csv: expected an .npy array whose layout can be chosen, found another file")
    }
  }

  @Test(
    "What is wrong with a table is told with its line",
    arguments: [
      ("", "expected a line with a number for each channel, found no line"),
      ("a,b\n", "expected a line of numbers below the heading, found the end of the file"),
      ("a,b\n1,2\n3\n", "expected 2 values in line 3 as in line 1, found 1"),
      ("1,2\n\n3,4,5\n", "expected 2 values in line 3 as in line 1, found 3"),
      ("a,b\n1,\"2\n", "expected the end of a quotation in line 2, found the end of the line"),
    ])
  func brokenTables(_ text: String, _ message: String) throws {
    let error = #expect(throws: FileError.self) { try read(text) }
    #expect(error?.description == "a.csv: " + message)
  }

  /// What is no number has an error of its own, by which a program can tell that a column was not meant to be read.
  @Test(arguments: [
    ("a,b\n1,2\n3,\n", "expected a number in line 3, column 2 (\"b\"), found nothing"),
    ("1,2\n3,NaN\n", "expected a number in line 2, column 2, found \"NaN\""),
    ("1,2\n3,inf\n", "expected a number in line 2, column 2, found \"inf\""),
    ("1,2\n3,n/a\n", "expected a number in line 2, column 2, found \"n/a\""),
    ("time,b\n12:00,2\n", "expected a number in line 2, column 1 (\"time\"), found \"12:00\""),
  ])
  func valuesThatAreNone(_ text: String, _ message: String) throws {
    let error = #expect(throws: SeriesValueError.self) { try read(text) }
    #expect(error?.description == "a.csv: " + message)
  }

  /// A truth is 0 or 1, and not something that was measured.
  @Test(arguments: [
    ("a,b\n1,0\n2,7\n", ["a"], "b", "expected a truth of 0 or 1 in line 3, column 2 (\"b\"), found \"7\""),
    ("1,0.5\n", ["1"], "2", "expected a truth of 0 or 1 in line 1, column 2, found \"0.5\""),
    ("a,b\n1,\n", ["a"], "b", "expected a truth of 0 or 1 in line 2, column 2 (\"b\"), found nothing"),
    ("a,b\n1,no\n", nil, "b", "expected a truth of 0 or 1 in line 2, column 2 (\"b\"), found \"no\""),
    ("a,b\n1,0\n", ["a", "b"], "2", "expected a truth in a column that is no channel, found column 2 (\"b\")"),
    ("1,0\n", ["2"], "2", "expected a truth in a column that is no channel, found column 2"),
  ])
  func truthsThatAreNone(_ text: String, _ channels: [String]?, _ truth: String, _ message: String) throws {
    let error = #expect(throws: FileError.self) { try read(text, SeriesColumns(channels: channels, truth: truth)) }
    #expect(error?.description == "a.csv: " + message)
    // However the numbers are written.
    #expect(try read("a;b\n1;1,0\n2;0\n", SeriesColumns(truth: "b")).truth == [true, false])
  }

  @Test func missingColumns() {
    let named = #expect(throws: FileError.self) { try read("a,b\n1,2\n", SeriesColumns(channels: ["c"])) }
    #expect(named?.description == "a.csv: expected a column \"c\", found \"a\", \"b\"")
    let numbered = #expect(throws: FileError.self) { try read("1,2\n", SeriesColumns(truth: "3")) }
    #expect(numbered?.description == "a.csv: expected a column \"3\", found 2 columns without names")
    #expect(throws: FileError.self) { try SeriesTable([0xFF, 0xFE], path: "a.csv") }
  }

  @Test func files() throws {
    try withTemporaryFolder { folder in
      try addFile("b.csv", "1,2\n3,4\n", in: folder)
      try addFile("a.txt", "5 6\n", in: folder)
      try addFile("notes.md", "nothing of interest", in: folder)
      #expect(try Series.load(folder).map(\.name) == ["a.txt", "b.csv"])
      try addFile("c.csv", "1\n", in: folder)
      let error = #expect(throws: FileError.self) { try Series.load(folder) }
      #expect(error?.description == "\(folder)/c.csv: expected 2 channels as in a.txt, found 1")
      let path = folder + "/series.npy"
      let values = (0..<24).map(Float.init)
      for (shape, expected) in [([24], [24, 1]), ([2, 12], [12, 1]), ([2, 3, 4], [3, 4])] {
        try NumPy.write(values, shape: shape, to: path)
        let series = try Series.load(path)
        #expect(series.allSatisfy { $0.values.shape.sizes == expected } && series.count == 24 / expected.reduce(1, *))
        #expect(series.flatMap(\.values.scalars) == values)
      }
      try NumPy.write(values, shape: [1, 2, 3, 4], to: path)
      #expect(throws: FileError.self) { try Series.load(path) }
      try NumPy.write([1, .nan], shape: [2], to: path)
      let bad = #expect(throws: FileError.self) { try Series.load(path) }
      #expect(bad?.description == "\(path): expected finite numbers, found nan as element 1")
      #expect(throws: FileError.self) { try Series.load(path, columns: SeriesColumns(truth: "1")) }
      #expect(throws: FileError.self) { try Series.load(folder + "/none") }
    }
  }

  @Test("Windows cover every time, the last one ends with the series")
  func windows() throws {
    let long = Series(name: "a", values: Tensor.ramp(count: 23).expanded(axis: 1))
    let short = Series(name: "b", values: Tensor.ramp(from: 100, count: 8).expanded(axis: 1))
    let windows = try SeriesWindows([long, short], length: 8, stride: 6)
    #expect(windows.count == 5 && windows.sampleShape == [8, 1])
    let starts = windows.batch(at: Array(0..<5)).samples[.all, 0].scalars
    #expect(starts == [0, 6, 12, 15, 100])
    #expect(windows.batch(at: [3, 0]).samples[0].scalars == (15..<23).map(Float.init))
    for (length, stride) in [(1, 1), (5, 3), (7, 9), (23, 4)] {
      let starts = SeriesWindows.starts(in: 23, length: length, stride: stride)
      #expect(Set(starts.flatMap { $0..<$0 + length }) == Set(0..<23))
      #expect(starts == starts.sorted() && Set(starts).count == starts.count)
    }
    let first = windows.prefix(2)
    #expect((first.count, windows.prefix(9).count) == (2, 5))
    #expect(first.batch(at: [1]).samples == windows.batch(at: [1]).samples)
    #expect(first.fingerprint(withConditions: false) != windows.fingerprint(withConditions: false))
    let error = #expect(throws: FileError.self) { try SeriesWindows([long, short], length: 9, stride: 1) }
    #expect(error?.description == "b: expected a series of 9 times or more, the length of a window, found one of 8")
    let wide = Series(name: "c", values: .ones([9, 2]))
    #expect(throws: FileError.self) { try SeriesWindows([long, wide], length: 4, stride: 1) }
    #expect(
      windows.fingerprint(withConditions: false)
        != (try SeriesWindows([long, short], length: 8, stride: 5)).fingerprint(withConditions: false))
  }

  @Test func statistics() {
    var random = RandomGenerator(seed: 1)
    let noise = Tensor.normal([400, 16, 2], using: &random)
    let set = TensorSet(noise * Tensor([2, 0]) + Tensor([1e4, -3]))
    let (means, deviations) = set.channelStatistics()
    #expect(abs(means[0] - 1e4) < 0.1 && abs(deviations[0] - 2) < 0.05)
    // A channel that never changes is not divided by 0.
    #expect(means[1] == -3 && deviations[1] == 1)
  }

  @Test func movingAverage() {
    let series = Series(name: "a", values: Tensor([1, 10, 2, 20, 6, 60, 3, 30], shape: [4, 2]))
    #expect(
      series.movingAverage(width: 3).values == Tensor([1.5, 15, 3, 30, 11.0 / 3, 110.0 / 3, 4.5, 45], shape: [4, 2]))
    #expect(series.movingAverage(width: 1) == series)
  }

  @Test("A built-in signal depends on its index alone, and an anomaly changes nothing but its own times")
  func builtIn() throws {
    let signals = BuiltInSignals(count: 300, length: 64, channels: 2, seed: 4, anomalyShare: 0.5)
    let normal = BuiltInSignals(count: 300, length: 64, channels: 2, seed: 4)
    let all = signals.batch(at: Array(0..<300)).samples
    #expect(all.shape == [300, 64, 2] && signals.batch(at: [7, 250]).samples == all.gathered(at: [7, 250]))
    var kinds: [SignalAnomaly.Kind: Int] = [:]
    for index in 0..<300 {
      let (own, plain) = (all[index], normal.batch(at: [index]).samples[0])
      let truth = try #require(signals.series(at: index).truth)
      guard let anomaly = signals.anomaly(at: index) else {
        #expect(own == plain && !truth.contains(true))
        continue
      }
      kinds[anomaly.kind, default: 0] += 1
      #expect(truth.indices.filter { truth[$0] } == Array(anomaly.range))
      let changed = (own - plain).absolute()
      for time in 0..<64 {
        for channel in 0..<2 where !anomaly.range.contains(time) || channel != anomaly.channel {
          #expect(changed[scalarAt: time, channel] < 1e-5, "\(anomaly) \(time)")
        }
      }
      #expect(changed.maximumMagnitude > 0.05, "\(anomaly)")
    }
    #expect(kinds.count == SignalAnomaly.Kind.allCases.count && abs(kinds.values.reduce(0, +) - 150) < 40)
    #expect(
      normal.anomaly(at: 3) == nil
        && normal.fingerprint(withConditions: false) != signals.fingerprint(withConditions: false))
  }

  @Test func misuse() async {
    await #expect(processExitsWith: .failure) { _ = Series(name: "a", values: .ones([3])) }
    await #expect(processExitsWith: .failure) { _ = Series(name: "a", values: .ones([3, 1]), truth: [true]) }
    await #expect(processExitsWith: .failure) { _ = Series(name: "a", values: .ones([3, 1])).times(2..<4) }
    await #expect(processExitsWith: .failure) { _ = Series(name: "a", values: .ones([3, 1])).movingAverage(width: 2) }
    await #expect(processExitsWith: .failure) { _ = BuiltInSignals(length: 31) }
    await #expect(processExitsWith: .failure) { _ = BuiltInSignals(count: 2).batch(at: [2]) }
    await #expect(processExitsWith: .failure) { _ = SeriesWindows.starts(in: 3, length: 4, stride: 1) }
  }
}

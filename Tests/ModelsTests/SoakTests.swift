import Datasets
import Foundation
import Models
import Tensor
import Testing
import Training

/// A long training needs no more memory and time at its end than at its start.
///
/// Runs if `LATENT_SOAK_STEPS` is set: to the number of steps, or to nothing for 100,000.
@Suite struct SoakTests {
  private static let setting = ProcessInfo.processInfo.environment["LATENT_SOAK_STEPS"]

  @Test(.enabled(if: setting != nil && FileManager.default.fileExists(atPath: "/proc/self/statm")))
  func memoryAndSpeedStayFlat() throws {
    let steps = Self.setting.flatMap(Int.init) ?? 100_000
    try #require(steps >= 10_000, "laps of a thousand steps are compared")
    let folder = try TemporaryFolder()
    let run = try RunFolder(folder.path("out"), sampleEvery: 1000, checkpointEvery: 500)
    try run.begin()
    var gan = GANConfiguration.dcgan
    (gan.height, gan.width, gan.latentSize, gan.generatorFeatures, gan.discriminatorFeatures) = (8, 8, 4, 4, 4)
    var memory: [Int] = []
    var times: [Double] = []
    let trainer = Trainer(try DCGAN(gan), length: .steps(steps), batchSize: 4)
    _ = try trainer.train(on: tinyImages(40, side: 8)) { progress in
      try run.record(progress)
      guard progress.step % 1000 == 0 else { return }
      memory.append(Self.residentPages)
      // Time of the processor, which other programs do not change as much as that of the clock.
      times.append(Double(clock()) / Double(CLOCKS_PER_SEC))
    }
    let growth = Double(memory[memory.count - 1]) / Double(memory[0]) - 1
    // A thousand steps each, so seconds for a thousand are milliseconds for one.
    let laps = zip(times.dropFirst(), times).map { $0 - $1 }
    let (early, late) = (Self.median(laps.prefix(laps.count / 2)), Self.median(laps.suffix(laps.count / 2)))
    let tenths = stride(from: 0, to: memory.count, by: max(1, memory.count / 10)).map { "\(memory[$0])" }
    print("soak: \(steps) steps; resident pages \(tenths.joined(separator: " ")), growth \(growth * 100) %")
    print("soak: ms a step: first half \(early), second half \(late)")
    #expect(growth < 0.01)
    #expect(late < 1.2 * early)
  }

  private static func median(_ values: some Collection<Double>) -> Double { values.sorted()[values.count / 2] }

  /// The memory that the process has, in pages.
  private static var residentPages: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }
}

import Foundation
import Latent
import Synchronization
import Testing

@testable import LatentExampleSupport

@Suite struct SceneSchoolTests {
  /// Scenes of which it is noted how many are drawn at once.
  private final class Lessons: SampleSource {
    let scenes: any SampleSource
    let mostAtOnce = Mutex(0)

    init(_ scenes: any SampleSource) { self.scenes = scenes }

    var count: Int { scenes.count }
    var sampleShape: Tensor.Shape { scenes.sampleShape }
    var conditions: ConditionSpace { scenes.conditions }

    func fingerprint(withConditions: Bool) -> UInt32 { scenes.fingerprint(withConditions: withConditions) }

    func batch(at indices: [Int]) -> Batch {
      mostAtOnce.withLock { $0 = max($0, indices.count) }
      return scenes.batch(at: indices)
    }
  }

  /// However many scenes there are, and however large, there is memory for a batch of them.
  @Test func scenesAreDrawnAsTheyAreAskedFor() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("latent-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let scenes = try CaptionedDigits(BuiltInDigits.make(count: 50), count: 20_000, side: 20)
    let lessons = Dictionary(
      uniqueKeysWithValues: DigitScene.Attribute.allCases.map { ($0, Lessons(scenes.labelled(by: $0))) })
    let school = SceneSchool(
      lessons: { lessons[$0] ?? Lessons(scenes) }, checksum: 7, side: 20, folder: folder, steps: 2, isQuiet: true)
    #expect(try school.judge().classifiers.count == 4)
    for (attribute, lesson) in lessons {
      let most = lesson.mostAtOnce.withLock { $0 }
      #expect((1...64).contains(most), "\(attribute): \(most)")
    }
    #expect(FileManager.default.fileExists(atPath: folder + "/count-20-2-00000007.safetensors"))
  }
}

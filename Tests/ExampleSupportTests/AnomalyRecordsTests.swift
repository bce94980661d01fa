import Foundation
import Testing

@testable import LatentExampleSupport

@Suite struct AnomalyRecordsTests {
  /// Two tables that run into one folder at once keep each other's records.
  @Test func severalTables() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("latent-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (first, second) = (AnomalyRecords(in: folder), AnomalyRecords(in: folder))
    try first.set("vae-one-normal-0", to: ["steps": "1", "batch-size": "2"])
    try second.set("f-anogan-one-normal-0", to: ["gan-steps": "3"])
    try first.set("vae-one-normal-1", to: ["steps": "4"])
    try first.remove("vae-one-normal-1")
    let after = AnomalyRecords(in: folder)
    #expect(after["vae-one-normal-0"] == ["steps": "1", "batch-size": "2"])
    #expect(after["f-anogan-one-normal-0"] == ["gan-steps": "3"])
    #expect(after["vae-one-normal-1"] == nil)
    // What there is none of is forgotten already.
    try after.remove("vae-one-normal-1")
  }
}

import Foundation
import LatentSystem
import Tensor
import Testing

@testable import Datasets
@testable import LatentFormats

@Suite struct VolumeSetTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("volumes-\(UUID().uuidString)")

  /// Writes an array of bytes, booleans or others as NumPy does.
  private func write(_ name: String, _ shape: [Int], type: String, _ bytes: [UInt8]) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }\n"
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
    let path = folder.appendingPathComponent(name).path
    try AtomicFile.write(start + Array(header.utf8) + bytes, to: path)
    return path
  }

  private func write(_ name: String, _ shape: [Int], _ floats: [Float]) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent(name).path
    try NumPy.write(floats, shape: shape, to: path)
    return path
  }

  @Test func arraysOfAllKinds() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let bits = (0..<48).map { UInt8($0 % 3 == 0 ? 1 : 0) }
    let full = bits.map { $0 * 255 }
    for (shape, sizes) in [
      ([2, 2, 3, 4], [2, 2, 3, 4]), ([4, 3, 4], [1, 4, 3, 4]), ([2, 2, 3, 4, 1], [2, 2, 3, 4]),
    ] {
      let booleans = try VolumeSet.load(write("a.npy", shape, type: "|b1", bits))
      #expect([booleans.count, booleans.depth, booleans.height, booleans.width] == sizes)
      #expect(booleans.voxels == full && booleans.sampleShape == Tensor.Shape(sizes.dropFirst() + [1]))
      #expect(try VolumeSet.load(write("a.npy", shape, type: "|u1", bits)) == booleans)
      #expect(try VolumeSet.load(write("a.npy", shape, bits.map { Float($0) })) == booleans)
    }
    let grey = try VolumeSet.load(write("a.npy", [1, 1, 1, 4], type: "|u1", [0, 1, 2, 255]))
    #expect(grey.voxels == [0, 1, 2, 255])
    #expect(try VolumeSet.load(write("a.npy", [1, 1, 1, 3], [0, 0.5, 1])).voxels == [0, 128, 255])
  }

  @Test func folders() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try write("b.npy", [2, 4, 4, 4], [Float](repeating: 1, count: 128))
    _ = try write("a.npy", [4, 4, 4], [Float](repeating: 0, count: 64))
    _ = try write(".c.npy", [3, 3, 3], [Float](repeating: 0, count: 27))
    let set = try VolumeSet.load(folder.path)
    #expect(set.count == 3)
    #expect(set.batch(at: [0]).samples.sum().scalar == 0 && set.batch(at: [1, 2]).samples.sum().scalar == 128)
    #expect(try VolumeSet.load(folder.path, limit: 2) == set.prefix(2))
    #expect(try VolumeSet.load(folder.path, limit: .max) == set)
    _ = try write("d.npy", [2, 4, 4, 8], [Float](repeating: 1, count: 256))
    let mixed = try message { _ = try VolumeSet.load(folder.path) }
    #expect(
      mixed.hasSuffix("a.npy, found some of 4×4×8; a size brings all to it")
        && mixed.contains("d.npy: expected volumes of 4×4×4 voxels as "), "\(mixed)")
    let resized = try VolumeSet.load(folder.path, side: 8)
    #expect(resized.count == 5 && resized.resizedCount == 5 && resized.sampleShape == [8, 8, 8, 1])
    #expect(try VolumeSet.load(folder.path, limit: 4, side: 4).resizedCount == 1)
  }

  @Test func whatIsNoVolumeIsRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    func refusal(_ shape: [Int], _ floats: [Float]) throws -> String {
      let path = try write("a.npy", shape, floats)
      return try message { _ = try VolumeSet.load(path) }
    }
    #expect(
      try refusal([2, 2], [0, 0, 0, 0]).hasSuffix(
        "expected volumes [N, D, H, W] or [D, H, W], found the shape [2, 2]"))
    #expect(
      try refusal([1, 1, 1, 2], [0, 3]).hasSuffix(
        "expected voxels in 0…1, found 3.0 as element 1; x > t makes a solid of a field"))
    #expect(try refusal([1, 1, 1, 1], [.nan]).contains("found nan as element 0"))
    #expect(try refusal([0, 2, 2, 2], []).hasSuffix("expected at least one volume, found none"))
    #expect(try refusal([1, 0, 2, 2], []).hasSuffix("expected volumes of at least 1×1×1 voxels, found 0×2×2"))
    let negative = try write("b.npy", [1, 1, 1, 1], type: "|i1", [255])
    #expect(try message { _ = try VolumeSet.load(negative) }.hasSuffix("expected voxels in 0…255, found -1"))
    try FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    #expect(
      try message { _ = try VolumeSet.load(folder.path) }.hasSuffix(
        "expected .npy files of volumes in the folder, found none"))
  }

  @Test func partsAndTensors() throws {
    var random = RandomGenerator(seed: 3)
    let volumes = Tensor.uniform([10, 2, 3, 4, 1], using: &random)
    let set = try VolumeSet(volumes)
    #expect((set.batch(at: Array(0..<10)).samples - volumes).maximumMagnitude < 0.003)
    let (train, heldOut) = set.split(heldOut: 0.3, using: &random)
    #expect(train.count == 7 && heldOut?.count == 3)
    let all = Set((0..<10).map { set.subset([$0]).voxels })
    #expect(Set((0..<7).map { train.subset([$0]).voxels } + (0..<3).map { heldOut?.subset([$0]).voxels ?? [] }) == all)
    #expect(set.prefix(1).split(heldOut: 0.5, using: &random).heldOut == nil)
    #expect(try message { _ = try VolumeSet(volumes + 1) }.contains("expected voxels in 0…1"))
    #expect(set.fingerprint(withConditions: false) != train.fingerprint(withConditions: false))
  }

  /// Halves are means of blocks; doubles are blocks; what is no cube gets empty space at both sides.
  @Test func sizes() throws {
    var random = RandomGenerator(seed: 4)
    let volumes = Tensor.uniform([3, 8, 8, 8, 1], using: &random)
    let set = try VolumeSet(volumes)
    let half = set.resized(to: 4).batch(at: [0, 1, 2]).samples
    #expect((half - volumes.averagePool3d(2)).maximumMagnitude < 0.006)
    let double = set.resized(to: 16)
    #expect(double.resized(to: 8) == set)
    #expect(set.resized(to: 8) == set)
    // 8 to 12 voxels: of every three the middle one covers half of two.
    let twelve = set.resized(to: 12)
    #expect(twelve.voxels[0] == set.voxels[0] && twelve.voxels[2] == set.voxels[1])
    let middle = (Int(set.voxels[0]) + Int(set.voxels[1]) + 1) / 2
    #expect(abs(Int(twelve.voxels[1]) - middle) <= 1)
    let flat = try VolumeSet(Tensor.ones([1, 2, 4, 4])).resized(to: 4)
    let planes = flat.batch(at: [0]).samples.sum(axes: [0, 2, 3, 4]).scalars
    #expect(planes == [0, 16, 16, 0])
    let odd = try VolumeSet(Tensor.ones([1, 3, 4, 4])).resized(to: 4)
    #expect((odd.batch(at: [0]).samples.sum(axes: [0, 2, 3, 4]) - [8, 16, 16, 8]).maximumMagnitude < 0.1)
  }

  @Test func misuseStops() async {
    await #expect(processExitsWith: .failure) { _ = try VolumeSet(Tensor.ones([2, 2, 2])) }
    await #expect(processExitsWith: .failure) { _ = try VolumeSet(Tensor.ones([2, 2, 2, 2])).batch(at: [2]) }
    await #expect(processExitsWith: .failure) { _ = try VolumeSet(Tensor.ones([2, 2, 2, 2])).resized(to: 0) }
  }
}

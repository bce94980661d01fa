import Foundation
import LatentSystem
import LatentTestSupport
import Tensor
import Testing

@testable import Layers

@Suite struct SafeTensorsTests {
  private let tensors: [String: Tensor] = [
    "encoder.weight": Tensor([[1, -2.5, .infinity], [0, -0.0, Float.leastNonzeroMagnitude]]),
    "bias": Tensor([0.1]),
    "scalar": Tensor(7),
    "empty": Tensor.zeros([3, 0]),
    "quote \" \\ é 😀\n": Tensor([1, 2]),
  ]
  private let metadata = ["model": "vae", "note": "zwei\nZeilen \u{1} \"x\" \\ 😀", "": ""]

  @Test func roundTrip() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/model.safetensors"
      try SafeTensors.write(tensors, metadata: metadata, to: path)
      let read = try SafeTensors.read(path)
      #expect(read.tensors == tensors)
      #expect(read.metadata == metadata)
      #expect(
        read.tensors["encoder.weight"]?.scalars.map(\.bitPattern)
          == tensors["encoder.weight"]?.scalars.map(\.bitPattern))
      try SafeTensors.write([:], metadata: [:], to: path)
      let empty = try SafeTensors.read(path)
      #expect(empty.tensors.isEmpty && empty.metadata.isEmpty)
      #expect(try AtomicFile.read(path) == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
    }
  }

  /// As PyTorch writes batch normalization: integers between floats spoil nothing.
  @Test func tensorsOfOtherTypesAreLeftOut() throws {
    let header =
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"n":{"dtype":"I64","shape":[],"data_offsets":[4,12]},"#
      + #""m":{"dtype":"BOOL","shape":[3],"data_offsets":[12,15]},"b":{"dtype":"F16","shape":[1],"data_offsets":[15,17]}}"#
    var file = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    file += [0, 0, 0x80, 0x3F] + [UInt8](repeating: 1, count: 11) + [0, 0x40]
    #expect(try SafeTensors.decode(file, path: "f").tensors == ["a": Tensor([1]), "b": Tensor([2])])
    #expect(throws: FileError.self) { try SafeTensors.decode(file.dropLast(), path: "f") }
  }

  @Test func notANumberKeepsItsBits() throws {
    try withTemporaryFolder { folder in
      let bits: [UInt32] = [0x7FC0_0001, 0xFFC0_1234]
      try SafeTensors.write(["x": Tensor(bits.map(Float.init(bitPattern:)))], metadata: [:], to: "\(folder)/x")
      #expect(try SafeTensors.read("\(folder)/x").tensors["x"]?.scalars.map(\.bitPattern) == bits)
    }
  }

  @Test func sameContentsGiveSameBytes() throws {
    try withTemporaryFolder { folder in
      // Dictionaries of different capacity go through their keys in different orders.
      var other = [String: Tensor](minimumCapacity: 1000)
      for (name, tensor) in tensors { other[name] = tensor }
      try SafeTensors.write(tensors, metadata: metadata, to: "\(folder)/a")
      try SafeTensors.write(other, metadata: metadata, to: "\(folder)/b")
      let bytes = try AtomicFile.read("\(folder)/a")
      #expect(try AtomicFile.read("\(folder)/b") == bytes)
      let length = Int(bytes[0]) + Int(bytes[1]) << 8
      #expect(length % 8 == 0)
      let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
      let entry = "\"bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"
      #expect(header.contains(entry + ",\"empty\":{\"dtype\":\"F32\",\"shape\":[3,0],\"data_offsets\":[4,4]}"))
    }
  }

  @Test func readsWhatPythonWrote() throws {
    let (tensors, metadata) = try SafeTensors.read(fixturePath("python.safetensors"))
    #expect(metadata == ["model": "vae", "note": "Größe \\ \"x\"\t😀"])
    #expect(tensors.count == 6)
    #expect(tensors["encoder.hidden.weight"] == Tensor([[-0.5, -0.25, 0], [0.25, 0.5, 0.75]]))
    #expect(tensors["scalar"] == Tensor(3.25))
    #expect(tensors["empty"] == Tensor.zeros([0, 4]))
    #expect(tensors["double"] == Tensor([0.1, -1e-3, .infinity]))
    #expect(tensors["Ünïcode \"quoted\"\n"] == Tensor([7]))
    let half: [Float] = [1.5, -0.0, 0x0.ffcp-14, 0x1p-24, 65504, .infinity, -.infinity, 0x11p-24]
    #expect(tensors["half"]?.scalars.map(\.bitPattern) == half.map(\.bitPattern))
  }

}

@Suite struct SafeTensorsMisuseTests {
  @Test func longNamesAndManyAxesStop() async {
    let name = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let name = String(repeating: "x", count: 1001)
      try SafeTensors.write([name: Tensor(1)], metadata: [:], to: "/dev/null")
    }
    expect(name, saysWhy: "SafeTensors: a name has 1001 bytes; the most is 1000")
    let axes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let shape = Tensor.Shape([Int](repeating: 1, count: 65))
      try SafeTensors.write(["x": Tensor.zeros(shape)], metadata: [:], to: "/dev/null")
    }
    expect(axes, saysWhy: "SafeTensors: tensor x has 65 axes; the most is 64")
  }

  @Test func reservedNameStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try SafeTensors.write(["__metadata__": Tensor(1)], metadata: [:], to: "/dev/null")
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("SafeTensors: no tensor can be called __metadata__"))
  }
}

import Latent
import Testing

/// Files that are no checkpoint of a known model: one line that names the file and what was expected, exit code 1, and
/// the file of samples from an earlier run stays as it was.
@Suite struct BadCheckpointTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    /// Changes a good checkpoint's tensors and texts.
    var contents: @Sendable (inout [String: Tensor], inout [String: String]) -> Void = { _, _ in }
    /// Changes its bytes.
    var bytes: @Sendable (inout [UInt8]) -> Void = { _ in }
    /// What the line says after the file's name.
    let text: String

    init(
      _ name: String, _ text: String, bytes: @escaping @Sendable (inout [UInt8]) -> Void
    ) {
      (testDescription, self.text, self.bytes) = (name, text, bytes)
    }

    init(
      _ name: String, _ text: String,
      contents: @escaping @Sendable (inout [String: Tensor], inout [String: String]) -> Void
    ) {
      (testDescription, self.text, self.contents) = (name, text, contents)
    }
  }

  @Test(arguments: [
    Case("text", "expected a header", bytes: { $0 = Array("hello, world".utf8) }),
    Case("empty", "at byte 0: expected the header's length", bytes: { $0 = [] }),
    Case("cut short", "expected two ascending places", bytes: { $0.removeLast(10) }),
    Case("cut in the header", "at byte 0: expected a header of at most 92 bytes", bytes: { $0.removeSubrange(100...) }),
    Case("bytes after the end", "expected the end of the file after the last tensor", bytes: { $0.append(0) }),
    Case("no texts", "expected a checkpoint with the metadata 'latent.version'", contents: { $1 = [:] }),
    Case("no model", "the metadata 'latent.model'", contents: { $1["latent.model"] = nil }),
    Case(
      "a later format", "of format version 1 or 2 or 3 or 4, found version \"5\"",
      contents: { $1["latent.version"] = "5" }),
    Case("another kind", "one of the models", contents: { $1["latent.model"] = "diffusion" }),
    Case("another kind's name", "found one of \"diffusion\"", contents: { $1["latent.model"] = "diffusion" }),
    Case("no configuration", "'latent.configuration'", contents: { $1["latent.configuration"] = nil }),
    Case("no JSON", "expected a configuration of the model 'vae'", contents: { $1["latent.configuration"] = "{" }),
    Case("other JSON", "found no value for \"height\"", contents: { $1["latent.configuration"] = "{}" }),
    Case(
      "a size of zero", "expected a valid configuration, found vae: latentSize is 0",
      contents: { change(&$1, "\"latentSize\":2", "\"latentSize\":0") }),
    Case(
      "a tensor less", "tensor encoder.mean.weight of shape [8, 2] is missing",
      contents: { tensors, _ in tensors["encoder.mean.weight"] = nil }),
    Case(
      "a tensor more", "tensor other belongs to no part of the network",
      contents: { tensors, _ in tensors["other"] = .zeros([1]) }),
    Case(
      "a tensor of another shape", "tensor encoder.mean.bias has shape [3], expected [2]",
      contents: { tensors, _ in tensors["encoder.mean.bias"] = .zeros([3]) }),
    Case(
      "another configuration's tensors", "has shape",
      contents: { change(&$1, "\"hiddenSize\":8", "\"hiddenSize\":9") }),
    Case(
      "impossible masks of a flow", "expected a valid configuration, found vae: 2 flow steps of 1048576 latents",
      contents: {
        change(&$1, "\"latentSize\":2", "\"latentSize\":1048576,\"posterior\":\"iaf\",\"flowHiddenSize\":1048576")
      }),
    Case(
      "an impossible mask of a kernel", "tensor first.weight of shape [4096, 63, 63, 4096] is missing",
      contents: {
        $1["latent.model"] = "pixelrnn"
        $1["latent.configuration"] = """
          {"height": 4096, "width": 4096, "recurrence": "row", "values": {"codes": {"count": 4096}}, \
          "binarization": "none", "features": 4096, "mapChannels": 4096, "layerCount": 2, "hasSkips": true, \
          "firstKernelSize": 63, "headFeatures": 4096}
          """
      }),
    Case(
      "impossible orders of pixels", "expected a valid configuration, found made: 4096 × 16777216 places",
      contents: {
        $1["latent.model"] = "made"
        $1["latent.configuration"] = """
          {"height": 4096, "width": 4096, "values": {"binary": {}}, "binarization": "dynamic", \
          "hiddenSizes": [65536], "isDirect": true, "ordering": "random", "orderCount": 4096}
          """
      }),
  ])
  func badCheckpoint(_ bad: Case) throws {
    let folder = try TemporaryFolder()
    try TinyData.untrainedVAE().save(to: folder.path("good"))
    var (tensors, texts) = try SafeTensors.read(folder.path("good"))
    texts["latent.checksum"] = nil
    bad.contents(&tensors, &texts)
    try SafeTensors.write(tensors, metadata: texts, to: folder.path("bad"))
    var bytes = try folder.contents("bad")
    bad.bytes(&bytes)
    let path = try folder.add("bad", bytes)
    let samples = try folder.add("samples.npy", [1, 2, 3])
    let before = try folder.snapshot()
    try Program.generate.fail(["--model", path, "--out", samples], exitCode: 1, [path + ": ", bad.text])
    #expect(try folder.snapshot() == before)
  }

  private static func change(_ texts: inout [String: String], _ old: String, _ new: String) {
    texts["latent.configuration"] = texts["latent.configuration"]?.replacing(old, with: new)
  }

  @Test func noCheckpoint() throws {
    let folder = try TemporaryFolder()
    try Program.generate.fail(
      ["--model", folder.path("none")], exitCode: 1, [folder.path("none") + ": expected a readable file"])
    try Program.generate.fail(
      ["--model", folder.path], exitCode: 1, [folder.path + ": expected a file, found a folder"])
  }

  @Test func outputThatCannotBe() throws {
    let folder = try TemporaryFolder()
    try TinyData.untrainedVAE().save(to: folder.path("model"))
    let before = try folder.snapshot()
    for out in ["none/samples.png", "model/samples.idx"] {
      try Program.generate.fail(
        ["--model", folder.path("model"), "--out", folder.path(out)], exitCode: 1,
        [folder.path(out) + ": expected a folder that can be written to"])
    }
    #expect(try folder.snapshot() == before)
  }
}

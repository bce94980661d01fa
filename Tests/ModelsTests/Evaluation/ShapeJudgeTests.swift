import Datasets
import Evaluation
import LatentFormats
import LatentSystem
import Layers
import Models
import Tensor
import Testing
import Training

@Suite struct ShapeJudgeTests {
  private static let unseen = VoxelShapes(count: 160, side: 16, seed: 9)

  @Test("A judge learns the families of shapes, and is the same when it comes from a file")
  func learns() throws {
    var steps = 0
    let judge = ShapeJudge(side: 16, learningIn: 240) { steps = $0 }
    #expect(steps == 240)
    let findings = judge.findings(in: Self.unseen)
    #expect(findings.accuracy > 0.7, "\(findings)")
    #expect(findings.count == 160 && findings.foundCount == 8 && findings.certainty > 0.5)
    let volumes = Self.unseen.batch(at: Array(0..<160)).samples
    #expect(abs(findings.connected - VolumeFigures.shareConnected(of: volumes)) < 1e-9)

    let folder = try TemporaryFolder()
    let path = folder.path + "/judge.safetensors"
    try judge.save(to: path)
    let again = try ShapeJudge(path)
    #expect(again.side == 16 && again.steps == 240 && again.findings(in: Self.unseen) == findings)
    try SafeTensors.write(["a": .ones([2])], metadata: ["latent.shape-judge": "16"], to: path)
    let other = #expect(throws: FileError.self) { try ShapeJudge(path) }
    #expect(other?.description == "\(path): expected a judge of shapes of 16³ voxels, found other tensors")
    try SafeTensors.write(["a": .ones([2])], metadata: [:], to: path)
    let none = #expect(throws: FileError.self) { try ShapeJudge(path) }
    #expect(none?.description == "\(path): expected a judge of shapes, found something else")
  }

  /// Samples that are all alike are of one family, and one object or none.
  @Test func samplesOfOneKind() throws {
    let judge = ShapeJudge(side: 8, learningIn: 1)
    var configuration = VoxelGAN.Configuration(side: 8, latentSize: 4)
    configuration.features = 2
    let model = try VoxelGAN(configuration)
    var state = model.makeTraining(seed: 1).state
    // A generator whose last layer adds nothing gives its bias, everywhere the same.
    for name in state.names where name.hasPrefix("generator.body.stages.") {
      if let tensor = state[name] { state[name] = name.hasSuffix("bias") ? .ones(tensor.shape) : tensor * 0 }
    }
    var made = 0
    let full = try judge.findings(inSamples: 20, of: TrainedModel(model: model, state: state)) { made += $0 }
    #expect(made == 20 && full.count == 20 && full.foundCount == 1 && full.connected == 1 && full.accuracy.isNaN)
    for name in state.names where name.hasSuffix("bias") && name.hasPrefix("generator.body.stages.") {
      if let tensor = state[name] { state[name] = tensor * -1 }
    }
    #expect(try judge.findings(inSamples: 3, of: TrainedModel(model: model, state: state)).connected == 0)
    let large = try VoxelGAN(VoxelGAN.Configuration(side: 12, latentSize: 4))
    let trained = TrainedModel(model: large, state: large.makeTraining(seed: 1).state)
    #expect(throws: CapabilityError.self) { try judge.findings(inSamples: 3, of: trained) }
  }

  @Test func misuse() async {
    await #expect(processExitsWith: .failure) { _ = ShapeJudge(side: 10, learningIn: 1) }
    await #expect(processExitsWith: .failure) { _ = ShapeJudge(side: 8, learningIn: 0) }
    await #expect(processExitsWith: .failure) {
      _ = ShapeJudge(side: 8, learningIn: 1).probabilities(of: .zeros([1, 8, 8, 8]))
    }
  }
}

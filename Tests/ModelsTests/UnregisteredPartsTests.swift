import Foundation
import LatentSystem
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Losses of a user's own that were not registered: they train, but no file is written that could not be opened.
@Suite struct UnregisteredPartsTests {
  private struct Forgotten: AdversarialObjective {
    static let name = "tests.forgotten"
    var hasTarget: Bool { false }
    func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { scores.square() }
    func discriminatorTerms(fake scores: Tensor) -> Tensor { scores.square() }
    func generatorTerms(fake scores: Tensor) -> Tensor { -scores }
    func leastDiscriminatorLoss(smoothing: Double) -> Double? { nil }
  }

  private struct Impostor: AdversarialObjective {
    static let name = "hinge"
    var hasTarget: Bool { false }
    func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { scores }
    func discriminatorTerms(fake scores: Tensor) -> Tensor { scores }
    func generatorTerms(fake scores: Tensor) -> Tensor { scores }
    func leastDiscriminatorLoss(smoothing: Double) -> Double? { nil }
  }

  private struct Slope: AdversarialTerm { static let name = "tests.slope" }

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func trainer(_ change: (inout GANConfiguration) -> Void) throws -> Trainer<DCGAN> {
    var configuration = GANConfiguration(height: 4, width: 4, normalization: .none)
    configuration.latentSize = 2
    configuration.generatorFeatures = 2
    configuration.discriminatorFeatures = 2
    change(&configuration)
    return Trainer(try DCGAN(configuration), length: .steps(2), batchSize: 4)
  }

  private let samples = Noise([4, 4, 1], count: 20)

  @Test func aLossTrainsButIsNotSaved() throws {
    let path = folder.path("model.safetensors")
    let trainer = try trainer { $0.loss = AdversarialLoss(Forgotten()) }
    let trained = try trainer.train(on: samples)
    let error = #expect(throws: UnregisteredError.self) { try trained.save(to: path) }
    #expect(error?.description.hasPrefix("no loss is registered as \"tests.forgotten\"; there are hinge, ") == true)
    #expect(
      error?.description.hasSuffix("; it takes a call of AdversarialLoss.register(Forgotten.self) before") == true)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func aRegularizerToo() throws {
    let trained = try trainer { $0.regularizer = DiscriminatorRegularizer(Slope()) }.train(on: samples)
    let error = #expect(throws: UnregisteredError.self) { try trained.save(to: folder.path("model.safetensors")) }
    #expect(error?.description.hasSuffix("DiscriminatorRegularizer.register(Slope.self) before") == true)
  }

  @Test func aNameThatIsTaken() throws {
    let trained = try trainer { $0.loss = AdversarialLoss(Impostor()) }.train(on: samples)
    let error = #expect(throws: UnregisteredError.self) { try trained.save(to: folder.path("model.safetensors")) }
    #expect(
      error?.description == """
        the loss "hinge" is a Impostor, but files with that name are read as HingeObjective; give its type a name of its \
        own and call AdversarialLoss.register(Impostor.self) before
        """)
  }

  /// A training in a folder ends before its first step if the folder is asked, after it otherwise: not after an hour.
  @Test func aFolderSaysSoEarly() throws {
    let trainer = try trainer { $0.loss = AdversarialLoss(Forgotten()) }
    let run = try RunFolder(folder.path("out"), sampleEvery: 1000, checkpointEvery: 1000)
    #expect(throws: UnregisteredError.self) { try run.checkCheckpoints(of: trainer.model) }
    try run.begin()
    var steps = 0
    #expect(throws: UnregisteredError.self) {
      try trainer.train(on: samples) {
        steps += 1
        try run.record($0)
      }
    }
    #expect(steps == 1)
  }

  @Test func aFileOfAnotherProgram() throws {
    let path = folder.path("model.safetensors")
    try trainer { $0.loss = .hinge }.train(on: samples).save(to: path)
    let contents = try SafeTensors.read(path)
    var texts = contents.metadata
    texts["latent.checksum"] = nil
    texts["latent.configuration"] = texts["latent.configuration"]?.replacing("hinge", with: "tests.theirs")
    try SafeTensors.write(contents.tensors, metadata: texts, to: path)
    let error = #expect(throws: FileError.self) { try ModelRegistry.standard.load(path) }
    #expect(error?.expected == "a configuration of registered parts")
    let found = "one of others: no loss is registered as \"tests.theirs\"; there are hinge, "
    #expect(error?.found.hasPrefix(found) == true)
  }
}

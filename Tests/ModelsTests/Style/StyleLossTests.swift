import Foundation
import Layers
import Tensor
import Testing

@testable import Models

/// Gram matrices, roughness, and the loss that they are part of.
@Suite struct StyleLossTests {
  /// A case of `style.json`.
  private struct Golden: Decodable {
    let name: String
    let inputs: [String: VariationalGolden.Array]
    let outputs: [String: VariationalGolden.Array]
    let gradients: [String: VariationalGolden.Array]

    static func named(_ name: String) throws -> Golden {
      struct File: Decodable { let cases: [Golden] }
      let url = try #require(Bundle.module.url(forResource: "Golden/style", withExtension: "json"))
      return try #require(
        JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases.first { $0.name == name })
    }

    func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }
    func output(_ name: String) throws -> [Double] { try #require(outputs[name]).data }
  }

  @Test("Gram matrices and their distance are those of PyTorch, with the gradient") func grams() throws {
    let golden = try Golden.named("gramStyleLoss")
    let (made, style) = (try golden.input("generated"), try golden.input("style"))
    #expect(try isClose(made.gramMatrices(), golden.output("gramGenerated"), tolerance: 1e-6))
    #expect(try isClose(style.gramMatrices(), golden.output("gramStyle"), tolerance: 1e-6))
    let target = style.gramMatrices()
    #expect(try isClose(made.styleError(to: target).mean(), golden.output("loss"), tolerance: 1e-6))
    let gradient = made.gradient { $0.styleError(to: target).mean() }
    #expect(try isClose(gradient, #require(golden.gradients["generated"]).data, tolerance: 1e-6))
  }

  @Test("Roughness is the squared total variation of PyTorch, a pixel") func roughness() throws {
    let golden = try Golden.named("totalVariation")
    let x = try golden.input("x")
    let pixels = Double(x.shape[1] * x.shape[2])
    #expect(try isClose(x.roughness(), golden.output("squared").map { $0 / pixels }, tolerance: 1e-5))
    #expect(Tensor(repeating: 0.3, shape: [2, 5, 4, 3]).roughness() == .zeros([2]))
  }

  @Test("Where features are makes no difference to a Gram matrix, which they are does") func places() {
    var random = RandomGenerator(seed: 1)
    let map = Tensor.normal([1, 4, 6, 5], using: &random)
    let pixels = map.reshaped(to: [24, 5])
    let moved = pixels.gathered(at: (0..<24).map { $0 * 7 % 24 }).reshaped(to: [1, 6, 4, 5])
    let gram = map.gramMatrices()
    #expect((moved.gramMatrices() - gram).maximumMagnitude < 1e-6)
    let exchanged = Tensor.concatenated([map[.all, .all, .all, 1..<5], map[.all, .all, .all, 0..<1]], axis: 3)
    #expect((exchanged.gramMatrices() - gram).maximumMagnitude > 0.01)
    // The same texture twice as often is the same style.
    let twice = Tensor.concatenated([map, map], axis: 1)
    #expect((twice.gramMatrices() - gram).maximumMagnitude < 1e-6)
  }

  @Test("The same texture on four times the area is the same style") func tiled() {
    var random = RandomGenerator(seed: 3)
    let map = Tensor.normal([2, 3, 5, 4], using: &random)
    let grams = map.gramMatrices()
    func square(_ corner: Tensor) -> Tensor {
      let upper = Tensor.concatenated([map, map], axis: 2)
      return .concatenated([upper, .concatenated([map, corner], axis: 2)], axis: 1)
    }
    let tiles = square(map)
    #expect(tiles.shape == [2, 6, 10, 4])
    #expect((tiles.gramMatrices() - grams).maximumMagnitude < 3e-6 * grams.maximumMagnitude)
    #expect(tiles.styleError(to: grams).maximumMagnitude < 1e-10)
    // A tile of twice the contrast makes the mean of the products (3 + 4) / 4 as large.
    let louder = square(map * 2)
    #expect((louder.gramMatrices() - grams * 1.75).maximumMagnitude < 1e-5)
    #expect(louder.styleError(to: grams).min().scalar > 0.01)
  }

  @Test("An image shows what it shows, and has the style of itself; a moved one only the latter") func terms() {
    let maps = RandomFeatureMaps(channels: 3, filters: 4, levels: 2)
    let network = Network(maps)
    var random = RandomGenerator(seed: 2)
    let state = network.initialState(using: &random)
    let context = Context(network, state, mode: .inference)
    // Stripes of a period of eight columns, and noise.
    let columns = (0..<32 * 32).map { Float($0 % 32 % 8) / 8 }
    let stripes = Tensor(columns, shape: [1, 32, 32, 1]).broadcast(to: [1, 32, 32, 3])
    let images = Tensor.concatenated([stripes, .uniform([1, 32, 32, 3], using: &random)])
    let grams = PerceptualLoss.grams(of: images[0..<1], maps, in: context)
    var loss = PerceptualLoss(maps, grams: grams)
    (loss.contentWeight, loss.styleWeight, loss.roughnessWeight) = (2, 3, 0.5)
    let content = maps.contentMaps(of: images, in: context)
    let own = loss.terms(of: images, content: content, in: context)
    #expect(own.content == .zeros([2]))
    #expect(own.style.scalars[0] < 1e-10 && own.style.scalars[1] > 1e-4)
    #expect((own.total - (own.style * 3 + own.roughness * 0.5)).maximumMagnitude < 1e-6)
    let rolled = Tensor.concatenated([images[.all, .all, 4..<32], images[.all, .all, 0..<4]], axis: 2)
    let moved = loss.terms(of: rolled, content: content, in: context)
    #expect(moved.content.min().scalar > 0.1)
    #expect(moved.style.scalars[0] < 0.2 * own.style.scalars[1])
    // A black image has some of the style, that of its brightness; without any features nothing is left of it.
    let black = loss.terms(of: .zeros([1, 32, 32, 3]), content: content.map { $0[0..<1] }, in: context)
    #expect(black.style.scalar > 0.05)
    let none = loss.styleErrors(maps.maps(of: images, in: context).map { $0 * 0 })
    #expect((none - 1).maximumMagnitude < 1e-6)
  }

  /// The maps that say what an image shows are among all, computed with them or without.
  @Test(arguments: [
    PerceptualFeatures.random(filters: 4, levels: 3), .random(filters: 4, levels: 1), .classifier(features: 3),
  ])
  func contentAlone(_ features: PerceptualFeatures) {
    let maps = features.makeMaps(channels: 2)
    let network = Network(maps)
    var random = RandomGenerator(seed: 4)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    let images = Tensor.uniform([2, 16, 20, 2], using: &random)
    let all = maps.maps(of: images, in: context)
    #expect(all.map(\.shape[3]) == maps.featureCounts)
    let content = maps.contentMaps(of: images, in: context)
    #expect(content == maps.contentPlaces.map { all[$0] } && !content.isEmpty)
  }

  @Test("Grams of other features are misuse") func misuse() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PerceptualLoss(RandomFeatureMaps(channels: 1, filters: 2, levels: 2), grams: [.zeros([6, 6])])
    }
    expect(result, saysWhy: "PerceptualLoss: Gram matrices of shapes [[6, 6]] for maps of [6, 6] features")
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).gramMatrices()
    }
    expect(rank, saysWhy: "gramMatrices: shape [2, 3]; maps of features are needed, [N, H, W, C]")
  }
}

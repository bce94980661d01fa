import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct MADETests {
  private static func tiny(_ change: (inout MADE.Configuration) -> Void = { _ in }) throws -> MADE {
    var configuration = MADE.Configuration(height: 3, width: 3, hiddenSizes: [11])
    change(&configuration)
    return try MADE(configuration)
  }

  /// Checks of each order.
  private static func checks(
    _ name: String, condition: Condition = .none, seed: UInt64 = 3, _ change: (inout MADE.Configuration) -> Void
  ) throws -> [PixelNetworkChecks] {
    let model = try tiny(change)
    var state = model.makeTraining(seed: seed).state
    for name in state.names { state[name] = state[name].map { $0 * 3 } }
    let context = Context(model.network, state, mode: .inference)
    return model.distributions.enumerated().map { order, distribution in
      PixelNetworkChecks(
        "\(name), order \(order)", distribution.network, distribution.values, distribution.size, condition, context)
    }
  }

  private static func checks() throws -> [PixelNetworkChecks] {
    try [
      checks("one layer") { _ in },
      checks("no direct connections") { $0.isDirect = false },
      checks("fewer units than pixels") { $0.hiddenSizes = [3] },
      checks("three layers") { $0.hiddenSizes = [20, 9, 14] },
      checks("orders") { ($0.ordering, $0.orderCount, $0.hiddenSizes) = (.random, 3, [10, 20]) },
      checks("grey") { ($0.values, $0.binarization) = (.grey(levels: 4), .none) },
      checks("classes", condition: .labels([2, 0])) { $0.classCount = 3 },
      checks("a pixel") { ($0.height, $0.width) = (1, 1) },
      checks("many pixels") { ($0.height, $0.width, $0.hiddenSizes) = (17, 18, [300, 310]) },
    ].flatMap { $0 }
  }

  @Test func pixelsAfterDoNotMatter() throws {
    for check in try Self.checks() where check.size.height < 10 { check.pixelsAfterDoNotMatter() }
  }

  @Test func firstPixelKnowsNothing() throws { for check in try Self.checks() { check.firstPixelKnowsNothing() } }

  @Test func cachesAreExact() throws {
    for check in try Self.checks() {
      for count in check.size.height < 10 ? [1, 3] : [2] { check.cachesAreExact(count: count) }
    }
  }

  @Test func everyPixelBeforeMatters() throws {
    for check in try Self.checks("rows", { $0.hiddenSizes = [60, 60] }) { check.pixelsBeforeMatter() }
    for check in try Self.checks("direct", { $0.hiddenSizes = [1] }) { check.pixelsBeforeMatter() }
    for check in try Self.checks(
      "orders",
      {
        ($0.hiddenSizes, $0.isDirect) = ([90], false)
        ($0.ordering, $0.orderCount) = (.random, 2)
      })
    { check.pixelsBeforeMatter() }
  }

  @Test("Few hidden units see early and late pixels alike") func fewUnitsAreSpread() throws {
    for check in try Self.checks("few", { $0.hiddenSizes = [3] }) {
      let network = try #require((check.network as? OrderedPixelNetwork)?.network)
      #expect(network.hiddenDegrees[0].values == [1, 4, 8])
    }
    // With a class, the first unit sees it alone and tells it to the first pixel, where its rectifier is open.
    let isTold = try (1...4 as ClosedRange<UInt64>).map { seed in
      let model = try Self.tiny { ($0.hiddenSizes, $0.classCount) = ([3], 2) }
      let network = try #require((model.distributions[0].network as? OrderedPixelNetwork)?.network)
      #expect(network.hiddenDegrees[0].values == [0, 4, 8])
      let context = Context(model.network, model.makeTraining(seed: seed).state, mode: .inference)
      let logits = network.logits(.zeros([2, 9]), order: 0, given: .labels([0, 1]), in: context)
      return logits[0, 0] != logits[1, 0]
    }
    #expect(isTold.contains(true))
    let text = "made: 7 hidden units without direct connections, expected 8 or more, or isDirect"
    #expect(throws: ConfigurationError(text)) { try Self.tiny { ($0.hiddenSizes, $0.isDirect) = ([9, 7], false) } }
  }

  @Test func probabilitiesAddUp() throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      for check in try Self.checks("binary", seed: seed, { _ in }) { check.probabilitiesAddUp() }
    }
    for check in try Self.checks("classes", condition: .labels([1]), { $0.classCount = 2 }) {
      check.probabilitiesAddUp()
    }
  }

  /// A mixture of orders is a distribution too, and its likelihood the mean of theirs.
  @Test func mixturesOfOrders() throws {
    let model = try Self.tiny { ($0.ordering, $0.orderCount) = (.random, 3) }
    let images = PixelNetworkChecks.allImages(3, .binary)
    let trained = try Trainer(model, length: .steps(40), batchSize: 8, seed: 1, learningRate: 1e-2)
      .train(on: TensorSet(images[100..<140]))
    let likelihoods = try trained.logLikelihoods(of: images).scalars.map { Double(Tensor($0).exp().scalar) }
    #expect(abs(likelihoods.reduce(0, +) - 1) < 1e-4)
    let context = Context(model.network, trained.state, mode: .inference)
    let own = model.distributions.map { -$0.negativeLogLikelihood(of: images, given: .none, in: context) }
    let means = own.map { $0.exp() }.reduce(Tensor(0), +) / 3
    #expect(means.isApproximatelyEqual(to: Tensor(likelihoods.map { Float($0) }), absoluteTolerance: 1e-6))
    // Samples come up as often as their probabilities say, and depend on their places alone.
    let samples = try trained.sample(4000, seed: 3)
    #expect(try trained.sample(100, seed: 3) == samples[0..<100])
    var counts = [Double](repeating: 0, count: 512)
    for image in 0..<4000 {
      let bits = samples[image].scalars.enumerated().reduce(0) { $0 + (Int($1.element) << $1.offset) }
      counts[bits] += 1
    }
    let distance = zip(counts, likelihoods).reduce(0) { $0 + abs($1.0 / 4000 - $1.1) } / 2
    #expect(distance < 0.2, "\(distance)")
  }

  /// Weights are those that the degrees permit, whether a layer keeps its mask or makes it anew.
  @Test(arguments: [1, 3]) func masksFollowFromDegrees(orderCount: Int) throws {
    let model = try Self.tiny {
      ($0.ordering, $0.orderCount, $0.hiddenSizes) = (.random, orderCount, [10, 20])
      ($0.values, $0.binarization) = (.grey(levels: 3), .none)
    }
    let state = model.makeTraining(seed: 2).state
    for state in [state, state.prepared(for: model.network)] {
      let context = Context(model.network, state, mode: .inference)
      for (order, distribution) in model.distributions.enumerated() {
        let network = try #require(distribution.network as? OrderedPixelNetwork).network
        let isOnly = orderCount == 1
        #expect(network.layers.map { !$0.transforms.isEmpty } == [isOnly, true, isOnly])
        let pixels = network.pixelDegrees[order].values
        let degrees = [pixels] + network.hiddenDegrees.map(\.values) + [pixels + pixels + pixels]
        func expected(_ weight: Parameter, _ from: Int, _ to: Int) -> [Float] {
          let isStrict = to == degrees.count - 1
          let permitted = degrees[from].flatMap { own in degrees[to].map { isStrict ? own < $0 : own <= $0 } }
          return zip(context[weight].scalars, permitted).map { $1 ? $0 : 0 }
        }
        for (index, layer) in network.layers.enumerated() {
          let weight = network.weight(ofLayer: index, order: order, in: context)
          #expect(weight.scalars == expected(layer.weight, index, index + 1), "\(index)")
        }
        let direct = try #require(network.direct)
        #expect(network.directWeight(order: order, in: context)?.scalars == expected(direct.weight, 0, 3))
      }
    }
  }

  @Test func ordersArePermutationsAndAlwaysTheSame() throws {
    var configuration = MADE.Configuration(ordering: .random, orderCount: 3)
    let orders = configuration.orders
    #expect(Set(orders).count == 3 && orders.allSatisfy { $0.sorted() == Array(0..<784) && $0 != $0.sorted() })
    configuration.orderCount = 2
    #expect(configuration.orders == Array(orders[0..<2]))
    #expect(MADE.Configuration().orders == [Array(0..<784)])
  }

  @Test func aHeadOfZerosKnowsNothing() throws {
    let model = try MADE(MADE.Configuration(hiddenSizes: [20]))
    var training = model.makeTraining(seed: 1)
    for name in training.state.names { training.state[name] = training.state[name].map { $0 * 0 } }
    let figures = model.evaluate(on: TrainingData(BuiltInDigits.make(count: 20)), with: training.state)
    #expect(abs((figures["nll"] ?? 0) - 543.427) < 1e-2 && abs((figures["bits_per_pixel"] ?? 0) - 1) < 1e-5)
  }

  @Test func learnsTheBuiltInDigits() throws {
    let model = try MADE(MADE.Configuration(hiddenSizes: [100]))
    let trained = try Trainer(model, length: .epochs(8), batchSize: 50, seed: 1, learningRate: 3e-3)
      .train(on: BuiltInDigits.make(count: 1000))
    let unseen = model.prepared(BuiltInDigits.make(count: 100, seed: 9))
    let nats = try #require(model.evaluate(on: TrainingData(unseen), with: trained.state)["nll"])
    #expect(nats < 150, "\(nats)")
  }

  @Test func badConfigurations() {
    func message(_ change: (inout MADE.Configuration) -> Void) -> String? {
      #expect(throws: ConfigurationError.self) { try Self.tiny(change) }?.description
    }
    #expect(message { $0.hiddenSizes = [] } == "made: 0 hidden layers, expected 1 to 64")
    #expect(message { $0.hiddenSizes = [0] } == "made: hiddenSizes is 0, expected 1 to 65536")
    #expect(
      message { $0.orderCount = 2 } == "made: 2 orders, of which rows has one; random has as many as wanted")
    #expect(
      message { ($0.values, $0.binarization) = (.codes(count: 3), .none) }
        == "made: codes are no scalars; pixelcnn and pixelrnn take them")
  }
}

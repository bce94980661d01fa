import Tensor
import Testing

@testable import Layers

@Suite struct CausalConvolutionTests {
  private func context(_ layer: CausalConv1D) -> Context {
    var random = RandomGenerator(seed: 2)
    let network = Network(layer)
    return Context(network, network.initialState(using: &random), mode: .inference)
  }

  @Test(arguments: [(1, 1, true), (3, 1, true), (2, 3, true), (1, 1, false), (3, 2, false)])
  func seesWhatItShouldAndNothingElse(kernelSize: Int, dilation: Int, includesOwn: Bool) {
    let layer = CausalConv1D(from: 2, to: 3, kernelSize: kernelSize, dilation: dilation, includesOwn: includesOwn)
    let context = context(layer)
    var random = RandomGenerator(seed: 3)
    let input = Tensor.normal([2, 9, 2], using: &random).recorded()
    let output = layer(input, in: context)
    #expect(output.shape == [2, 9, 3])
    let latest = includesOwn ? 0 : 1
    for place in 0..<9 {
      let gradient = output[0, place].sum().gradient(at: input)[0].absolute().sum(axes: [1]).scalars
      let seen = (0..<kernelSize).map { place - latest - $0 * dilation }.filter { $0 >= 0 }
      #expect(gradient.indices.filter { gradient[$0] != 0 } == seen.sorted(), "output \(place)")
    }
  }

  @Test func valuesByHand() {
    let layer = CausalConv1D(from: 1, to: 1, kernelSize: 2, dilation: 2)
    let state = State(["weight": Tensor([10, 1], shape: [1, 2, 1]), "bias": Tensor([0.5])])
    let context = Context(Network(layer), state, mode: .inference)
    let input = Tensor([1, 2, 3, 4], shape: [1, 4, 1])
    #expect(layer(input, in: context) == Tensor([1.5, 2.5, 13.5, 24.5], shape: [1, 4, 1]))
  }
}

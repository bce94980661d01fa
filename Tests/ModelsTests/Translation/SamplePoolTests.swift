import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct SamplePoolTests {
  private func training() -> TrainingState {
    TrainingState(state: State(), optimizers: [:], random: RandomGenerator(seed: 3))
  }

  @Test(arguments: try TranslationGolden.cases("imagePool")) func golden(_ golden: TranslationGolden) throws {
    let pool = SamplePool("p", size: try #require(golden.params.size))
    let (draws, picks) = (try #require(golden.params.draws), try #require(golden.params.picks))
    let incoming = Tensor(try #require(golden.params.incoming).map { Float($0) })
    let returned = try #require(golden.outputs["returned"]).tensor
    guard pool.size > 0 else {
      var (memory, training) = (State(), training())
      #expect(pool.exchange(incoming, in: &memory, &training) == returned)
      #expect(memory.names.isEmpty && pool.makeMemory(sampleShape: []).names.isEmpty)
      return
    }
    let states = try #require(golden.outputs["pool"]).tensor
    // One after the other, and several at once: what came in a moment ago may come back already.
    for size in [1, 2, 5, 10] {
      var memory = pool.makeMemory(sampleShape: [])
      for start in stride(from: 0, to: 10, by: size) {
        let places = start..<start + size
        let found = pool.exchange(incoming[places], in: &memory, places.map { (draws[$0], picks[$0]) })
        #expect(found == returned[places])
        let filled = Int(try #require(memory["p.count"]).scalars[0])
        #expect(filled == min(2, places.upperBound))
        let held = try #require(memory["p.samples"]).scalars.prefix(filled)
        #expect(held.elementsEqual(states[places.upperBound - 1].scalars.prefix(filled)))
      }
    }
  }

  /// The first fifty come back themselves, then half of what comes back is old; each old one once.
  @Test func halfAreOld() {
    let pool = SamplePool("p", size: 50)
    var (memory, training) = (pool.makeMemory(sampleShape: [1]), training())
    var seen: [Float] = []
    var oldCount = 0
    for step in 0..<2010 {
      let new = Tensor((0..<5).map { Float(step * 5 + $0) }, shape: [5, 1])
      let returned = pool.exchange(new, in: &memory, &training)
      #expect(returned.shape == [5, 1])
      if step < 10 {
        #expect(returned == new)
      } else {
        oldCount += zip(returned.scalars, new.scalars).count { $0 != $1 }
      }
      seen += returned.scalars
    }
    // 10,000 draws of one half: five standard deviations are 250.
    #expect(abs(oldCount - 5000) < 250, "\(oldCount)")
    // What is given away for good comes back once; what fills the pool twice at most.
    let counts = Dictionary(grouping: seen) { $0 }.mapValues(\.count)
    #expect(counts.allSatisfy { $0.value <= ($0.key < 50 ? 2 : 1) })
    // What is held has not come back yet, but for what filled the pool.
    let held = memory["p.samples"]?.scalars ?? []
    #expect(held.count == 50 && Set(held).count == 50 && held.allSatisfy { $0 < 50 || counts[$0] == nil })
  }

  /// Nothing is differentiated through a pool, new samples neither.
  @Test func noGradient() {
    let pool = SamplePool("p", size: 2)
    var (memory, training) = (pool.makeMemory(sampleShape: [1]), training())
    let new = Tensor([1, 2, 3, 4], shape: [4, 1]).recorded()
    let returned = pool.exchange(new, in: &memory, &training)
    #expect(!returned.isRecorded && memory.tensors.values.allSatisfy { !$0.isRecorded })
    var (none, another) = (State(), self.training())
    #expect(!SamplePool("q", size: 0).exchange(new, in: &none, &another).isRecorded)
  }

  @Test func mistakes() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SamplePool("p", size: -1)
    }
    expect(result, saysWhy: "SamplePool: a pool of -1 samples; the least is 0")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var (memory, training) = (
        State(), TrainingState(state: State(), optimizers: [:], random: RandomGenerator(seed: 3))
      )
      _ = SamplePool("p", size: 2).exchange(.ones([2, 1]), in: &memory, &training)
    }
    expect(result, saysWhy: "SamplePool: the memory has no pool called p")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let pool = SamplePool("p", size: 2)
      var memory = pool.makeMemory(sampleShape: [3])
      var training = TrainingState(state: State(), optimizers: [:], random: RandomGenerator(seed: 3))
      _ = pool.exchange(.ones([2, 1]), in: &memory, &training)
    }
    expect(result, saysWhy: "SamplePool: samples of shape [2, 1] for a pool of shape [2, 3]")
  }
}

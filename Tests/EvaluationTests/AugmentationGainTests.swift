import Testing

@testable import Evaluation

@Suite struct AugmentationGainTests {
  @Test func byHand() {
    func trial(_ accuracy: Double, _ augmented: Double) -> AugmentationTrial {
      AugmentationTrial(labelsPerClass: 5, seed: 0, sampleCount: 9, accuracy: accuracy, augmentedAccuracy: augmented)
    }
    let gain = AugmentationGain([trial(0.5, 0.625), trial(0.75, 0.75), trial(0.25, 0.125)])
    #expect(gain.accuracy == 0.5 && gain.augmentedAccuracy == 0.5 && gain.gain == 0)
    #expect(gain.accuracyDeviation == 0.25 && gain.gainDeviation == 0.125)
    #expect(abs((gain.augmentedAccuracyDeviation ?? 0) - (0.109375 as Double).squareRoot()) < 1e-15)
    let one = AugmentationGain([trial(0.5, 0.75)])
    #expect(one.gain == 0.25 && one.gainDeviation == nil && one.accuracyDeviation == nil)
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AugmentationGain([])
    }
    expect(result, saysWhy: "AugmentationGain: no trials; at least one is needed")
  }
}

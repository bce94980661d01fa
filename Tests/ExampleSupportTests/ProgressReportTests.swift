import Latent
import Testing

@testable import LatentExampleSupport

@Suite struct ProgressReportTests {
  /// Each epoch has a line, but not more than one a second; the first and the last have one in any case.
  @Test(arguments: [false, true]) func linesOfEpochs(hasBar: Bool) {
    func isDue(_ seconds: Double, _ last: Double?, isLast: Bool = false) -> Bool {
      ProgressReport.isDue(at: seconds, after: last, endsEpoch: true, isLast: isLast, hasBar: hasBar)
    }
    #expect(isDue(0.01, nil) && isDue(1.01, 0.01) && isDue(0.02, 0.01, isLast: true))
    #expect(!isDue(1, 0.01))
  }

  /// Where no bar moves there is a line a minute, however long an epoch is.
  @Test func linesWithinAnEpoch() {
    func isDue(_ seconds: Double, _ last: Double?, hasBar: Bool = false) -> Bool {
      ProgressReport.isDue(at: seconds, after: last, endsEpoch: false, isLast: false, hasBar: hasBar)
    }
    #expect(isDue(60, nil) && isDue(90, 30) && !isDue(59, nil) && !isDue(89, 30))
    #expect(!isDue(1000, nil, hasBar: true) && !isDue(1000, 30, hasBar: true))
  }
}

import Testing

@testable import LatentExampleSupport

@Suite struct ShapeJudgementTests {
  /// A judge that tells little is told from one that tells enough, with what makes another.
  @Test func judgesThatSeeLittle() throws {
    let own = try #require(ShapeJudgement.warning(accuracy: 0.137, isKept: false))
    #expect(own.contains("tells 13.7% of shapes right") && own.contains("chance tells 12.5%"), "\(own)")
    #expect(own.hasSuffix("; more --judge-steps make a better one"), "\(own)")
    let kept = try #require(ShapeJudgement.warning(accuracy: 0.899, isKept: true))
    #expect(kept.hasSuffix("; more --judge-steps and another --judge make a better one"), "\(kept)")
    #expect(ShapeJudgement.warning(accuracy: 0.9, isKept: true) == nil)
    #expect(ShapeJudgement.warning(accuracy: 1, isKept: false) == nil)
  }
}

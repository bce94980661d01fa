import Foundation
import Models
import Tensor
import Testing
import Training

@Suite struct AdversarialLossTests {
  private let scores: [Double] = [-30, -2, -1, -0.3, 0, 0.7, 1, 2.5, 40]

  /// The terms as the papers write them, with probabilities: real with a target, fake, generator.
  private func expected(_ loss: AdversarialLoss, _ x: Double, target: Double) -> (Double, Double, Double) {
    let (logP, logQ) = (-log1p(exp(-x)), -log1p(exp(x)))
    switch loss {
    // Of scores from which the mean of the others was taken.
    case .nonSaturating, .relativisticAverage: return (-target * logP - (1 - target) * logQ, -logQ, -logP)
    case .minimax: return (-target * logP - (1 - target) * logQ, -logQ, logQ)
    case .leastSquares: return ((x - target) * (x - target) / 2, x * x / 2, (x - 1) * (x - 1) / 2)
    case .hinge: return (max(0, 1 - x), max(0, 1 + x), -x)
    case .wasserstein: return (-x, x, -x)
    default: return (.nan, .nan, .nan)
    }
  }

  @Test(arguments: AdversarialLoss.standard, [1, 0.9] as [Double])
  func againstTheFormulas(_ loss: AdversarialLoss, target: Double) {
    let input = Tensor(scores.map { Float($0) })
    let real = loss.discriminatorTerms(real: input, target: Float(target)).scalars
    let (fake, generator) = (loss.discriminatorTerms(fake: input).scalars, loss.generatorTerms(fake: input).scalars)
    for (index, x) in scores.enumerated() {
      let terms = expected(loss, x, target: target)
      for (found, wanted) in zip([real[index], fake[index], generator[index]], [terms.0, terms.1, terms.2]) {
        #expect(abs(Double(found) - wanted) <= 1e-6 + 2e-6 * abs(wanted), "\(loss) at \(x)")
      }
    }
  }

  /// Of a sure discriminator, the minimax loss leaves the generator no gradient; the non-saturating loss does.
  @Test func saturation() {
    let score = Tensor([-20])
    #expect(score.gradient { AdversarialLoss.minimax.generatorTerms(fake: $0).sum() }.scalars[0] > -1e-8)
    #expect(score.gradient { AdversarialLoss.nonSaturating.generatorTerms(fake: $0).sum() }.scalars[0] < -0.99)
  }
}

@Suite struct DiscriminatorRegularizerTests {
  private let real = Tensor([3, 4, 1, 0, -2, 5], shape: [3, 2])
  private let fake = Tensor([1, -1, 2, 2, 0, 0], shape: [3, 2])

  private func penalties(_ regularizer: DiscriminatorRegularizer, _ scores: (Tensor) -> Tensor) -> Tensor? {
    var random = RandomGenerator(seed: 1)
    switch regularizer.term {
    case let term as GradientPenalty:
      let mix = Tensor.uniform([3, 1], using: &random)
      return term.penalties(real: real, fake: fake, packs: 3, mix: mix, scores: scores)
    case let term as R1Penalty: return term.penalties(real: real, scores: scores)
    default: return nil
    }
  }

  @Test func penaltyOfALinearCritic() throws {
    let weight = Tensor([0.6, -1.7]).recorded()
    let terms = try #require(penalties(.gradientPenalty(weight: 7)) { ($0 * weight).sum(axes: [1]) })
    let norm: Float = (0.36 + 2.89 as Float).squareRoot()
    #expect(terms.shape == [3])
    for term in terms.scalars { #expect(abs(term - 7 * (norm - 1) * (norm - 1)) < 1e-5) }
    // Its derivative is 2 λ (‖w‖ - 1) w / ‖w‖.
    let gradient = terms.mean().gradient(at: weight).scalars
    for (found, w) in zip(gradient, [0.6, -1.7] as [Float]) {
      #expect(abs(found - 14 * (norm - 1) * w / norm) < 1e-5)
    }
  }

  /// Of D(x) = ‖x‖² / 2 the gradient is x itself, so the penalty tells where each sample was mixed.
  @Test func eachSampleIsMixedByItself() throws {
    let terms = try #require(penalties(.gradientPenalty(weight: 1)) { $0.square().sum(axes: [1]) * 0.5 })
    var shares: [Double] = []
    for row in 0..<3 {
      let (r, f) = (
        real.scalars[2 * row..<2 * row + 2].map(Double.init), fake.scalars[2 * row..<2 * row + 2].map(Double.init)
      )
      // The share of the real image at which the penalty is the one found, by search.
      let best = (0...20_000).map { Double($0) / 20_000 }.min { a, b in
        func distance(_ e: Double) -> Double {
          let x = zip(r, f).map { e * $0 + (1 - e) * $1 }
          let norm = (x[0] * x[0] + x[1] * x[1]).squareRoot()
          return abs((norm - 1) * (norm - 1) - Double(terms.scalars[row]))
        }
        return distance(a) < distance(b)
      }
      shares.append(best ?? -1)
    }
    var random = RandomGenerator(seed: 1)
    let mix = Tensor.uniform([3, 1], using: &random).scalars
    #expect(Set(mix).count == 3)
    for (share, expected) in zip(shares, mix) { #expect(abs(share - Double(expected)) < 1e-3) }
  }

  @Test func r1() throws {
    let terms = try #require(penalties(.r1(weight: 6)) { ($0.square() * Tensor([1, 2])).sum(axes: [1]) })
    // ∇D = (2x, 4y), so the squared norms are 292, 4 and 416.
    #expect(terms.scalars == [876, 12, 1248])
  }

  /// Samples that are judged together have one penalty: that of all their scalars.
  @Test func r1OfPacks() {
    let four = Tensor([3, 4, 1, 0, -2, 5, 1, 1], shape: [4, 2])
    let terms = R1Penalty(weight: 6).penalties(real: four) {
      $0.square().sum(axes: [1]).reshaped(to: [2, 2]).sum(axes: [1])
    }
    // ∇D = 2x: 4 · (25 + 1) and 4 · (29 + 2), times 3.
    #expect(terms.scalars == [312, 372])
  }

  /// Where the gradient is 0, the root in its norm has a derivative all the same.
  @Test func gradientOfNorm0() throws {
    let weight = Tensor([0, 0]).recorded()
    let terms = try #require(penalties(.gradientPenalty()) { ($0 * weight).sum(axes: [1]) })
    #expect(terms.mean().gradient(at: weight).isAllFinite)
  }
}

import Foundation
import Testing

@testable import Tensor

/// Elementwise operations with broadcasting against loops in double precision.
@Suite struct ArithmeticTests {
  typealias Operation = (
    name: String, tensor: @Sendable (Tensor, Tensor) -> Tensor, exact: @Sendable (Double, Double) -> Double
  )

  /// IEEE arithmetic on floats, rounded once: exact agreement is expected.
  static let operations: [Operation] = [
    ("+", { $0 + $1 }, { $0 + $1 }), ("-", { $0 - $1 }, { $0 - $1 }), ("*", { $0 * $1 }, { $0 * $1 }),
    ("/", { $0 / $1 }, { Double(Float($0) / Float($1)) }),
    ("maximum", { $0.maximum($1) }, { max($0, $1) }), ("minimum", { $0.minimum($1) }, { min($0, $1) }),
    (".==", { $0 .== $1 }, { $0 == $1 ? 1 : 0 }), (".!=", { $0 .!= $1 }, { $0 != $1 ? 1 : 0 }),
    (".<", { $0 .< $1 }, { $0 < $1 ? 1 : 0 }), (".<=", { $0 .<= $1 }, { $0 <= $1 ? 1 : 0 }),
    (".>", { $0 .> $1 }, { $0 > $1 ? 1 : 0 }), (".>=", { $0 .>= $1 }, { $0 >= $1 ? 1 : 0 }),
  ]

  /// Two shapes that broadcast, and the shape they broadcast to.
  static func randomPair(_ noise: inout TestNoise) -> ([Int], [Int], [Int]) {
    let target = (0..<noise.int(5)).map { _ in [0, 1, 2, 3, 17][noise.int(5)] }
    func stretched() -> [Int] {
      target.suffix(noise.int(target.count + 1)).map { noise.int(3) == 0 ? 1 : $0 }
    }
    let (a, b) = noise.int(2) == 0 ? (target, stretched()) : (stretched(), stretched())
    let rank = max(a.count, b.count)
    let padded = [a, b].map { Array(repeating: 1, count: rank - $0.count) + $0 }
    return (a, b, zip(padded[0], padded[1]).map { $0 == 1 ? $1 : $0 })
  }

  @Test("Arithmetic and comparisons of random shapes", arguments: operations.indices)
  func broadcasting(_ index: Int) {
    let (name, operation, exact) = Self.operations[index]
    var noise = TestNoise(UInt64(index) + 1)
    for _ in 0..<60 {
      let (a, b, shape) = Self.randomPair(&noise)
      // Quarters, so that there are ties and products are exact.
      let x = noise.integers(Tensor.Shape(a), bound: 9) * 0.25
      let y = noise.integers(Tensor.Shape(b), bound: 9) * 0.25
      let (left, right) = (Reference(x), Reference(y))
      let expected = Reference(shape) { exact(left.broadcastValue(at: $0), right.broadcastValue(at: $0)) }
      expectSame(operation(x, y), expected, "\(name) of \(a) and \(b)")
    }
  }

  @Test("where of three random shapes") func choosing() {
    var noise = TestNoise(21)
    for _ in 0..<200 {
      let (a, b, shape) = Self.randomPair(&noise)
      let c = shape.suffix(noise.int(shape.count + 1)).map { noise.int(3) == 0 ? 1 : $0 }
      let (x, y) = (noise.tensor(Tensor.Shape(a)), noise.tensor(Tensor.Shape(b)))
      let condition = noise.integers(Tensor.Shape(Array(c)), bound: 1)
      let (p, q, r) = (Reference(condition), Reference(x), Reference(y))
      let expected = Reference(shape) {
        p.broadcastValue(at: $0) != 0 ? q.broadcastValue(at: $0) : r.broadcastValue(at: $0)
      }
      expectSame(.where(condition, x, else: y), expected, "where of \(c), \(a), \(b)")
    }
  }

  @Test("What was not chosen gets a gradient of exactly 0") func choosingInfinities() {
    let a = Tensor([0, 4]).recorded()
    let safe = Tensor.where(a .> 0, a.log(), else: Tensor(0))
    #expect(safe.sum().gradient(at: a).scalars[1] == 0.25)
    let x = Tensor([.infinity, .nan, 2]).recorded()
    let chosen = Tensor.where(Tensor([0, 0, 1]), x, else: Tensor(1).recorded())
    #expect(chosen == Tensor([1, 1, 2]))
    #expect(chosen.sum().gradient(at: x) == Tensor([0, 0, 1]))
  }

  @Test("Gradients of broadcast operands are summed") func gradientsOfBroadcast() {
    var noise = TestNoise(5)
    for _ in 0..<60 {
      let (a, b, shape) = Self.randomPair(&noise)
      let x = noise.integers(Tensor.Shape(a)).recorded()
      let y = noise.integers(Tensor.Shape(b)).recorded()
      let gradients = (x * y).sum().gradients(at: [x, y])
      var (dx, dy) = (Reference(a) { _ in 0 }, Reference(b) { _ in 0 })
      let (left, right) = (Reference(x), Reference(y))
      for index in Reference.indices(shape) {
        let i = zip(index.suffix(a.count), a).map { $1 == 1 ? 0 : $0 }
        let j = zip(index.suffix(b.count), b).map { $1 == 1 ? 0 : $0 }
        dx[i] += right[j]
        dy[j] += left[i]
      }
      expectSame(gradients[0], dx, "\(a) in \(a) * \(b)")
      expectSame(gradients[1], dy, "\(b) in \(a) * \(b)")
    }
  }

  @Test("With numbers") func numbers() {
    let x = Tensor([1, -2, 4])
    #expect(x + 1 == Tensor([2, -1, 5]) && 1 + x == x + 1)
    #expect(x - 1 == Tensor([0, -3, 3]) && 1 - x == -(x - 1))
    #expect(x * 3 == Tensor([3, -6, 12]) && 3 * x == x * 3)
    #expect(x / 2 == Tensor([0.5, -1, 2]) && 8 / x == Tensor([8, -4, 2]))
    #expect(x / 3 == Tensor([1 / 3, -2 / 3, 4 / 3]), "division is rounded once, as IEEE has it")
    #expect(x.scaled(by: 2, adding: 1) == Tensor([3, -3, 9]))
    #expect((x .> 1) == Tensor([0, 0, 1]) && (x .>= 1) == Tensor([1, 0, 1]) && (x .!= 4) == Tensor([1, 1, 0]))
  }

  @Test("In place, on constants and on recorded tensors") func inPlace() {
    for isRecorded in [false, true] {
      var x = isRecorded ? Tensor([1, 2]).recorded() : Tensor([1, 2])
      let leaf = x
      x += Tensor([10, 20])
      x -= Tensor(1)
      x *= Tensor([2, 3])
      x /= Tensor([4])
      x += 1
      x *= 2
      x -= 3
      x /= 2
      x.add(leaf, scaledBy: 0.5)
      #expect(x == Tensor([5, 16.25]))
      #expect(x.isRecorded == isRecorded)
      if isRecorded { #expect(x.sum().gradient(at: leaf) == Tensor([1, 1.25])) }
    }
    var y = Tensor([1, 2])
    y += y
    y -= y * 0.5
    #expect(y == Tensor([1, 2]))
  }

  @Test("Functions of one tensor", arguments: [0, 1, 2, 17, 100])
  func functions(_ count: Int) {
    var noise = TestNoise(UInt64(count))
    let x = noise.tensor([count], in: -3...3)
    let p = noise.tensor([count], in: 0.1...5)
    let table: [(String, Tensor, Tensor, (Double) -> Double)] = [
      ("exp", x, x.exp(), exp), ("log", p, p.log(), log), ("sqrt", p, p.squareRoot(), { $0.squareRoot() }),
      ("rsqrt", p, p.reciprocalSquareRoot(), { 1 / $0.squareRoot() }), ("square", x, x.square(), { $0 * $0 }),
      ("absolute", x, x.absolute(), abs), ("sign", x, x.sign(), { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }),
      ("floor", x, x.floor(), { $0.rounded(.down) }),
      ("rounded", x, x.rounded(), { $0.rounded(.toNearestOrEven) }),
      ("sin", x, x.sin(), sin), ("cos", x, x.cos(), cos), ("erf", x, x.erf(), erf), ("tanh", x, x.tanh(), tanh),
      ("sigmoid", x, x.sigmoid(), { 1 / (1 + exp(-$0)) }), ("softplus", x, x.softplus(), { log1p(exp($0)) }),
      ("logSigmoid", x, x.logSigmoid(), { -log1p(exp(-$0)) }), ("relu", x, x.relu(), { max(0, $0) }),
      ("leakyReLU", x, x.leakyReLU(slope: 0.25), { $0 > 0 ? $0 : 0.25 * $0 }),
      ("elu", x, x.elu(alpha: 0.5), { $0 > 0 ? $0 : 0.5 * expm1($0) }),
      ("gelu", x, x.gelu(), { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }),
      ("silu", x, x.silu(), { $0 / (1 + exp(-$0)) }), ("pow", p, p.pow(2.5), { pow($0, 2.5) }),
      ("pow -2", x, x.pow(-2), { 1 / ($0 * $0) }), ("clamped", x, x.clamped(to: -1...0.5), { min(0.5, max(-1, $0)) }),
      ("pow tensor", p, p.pow(p), { pow($0, $0) }),
    ]
    for (name, input, result, exact) in table {
      let reference = Reference(input)
      expectSame(result, Reference([count]) { exact(reference[$0]) }, tolerance: 2e-6, name)
    }
  }

  @Test("Kinks: derivatives at the kink are decisions, PyTorch's") func kinks() {
    let zero = Tensor(0)
    #expect(zero.gradient { $0.relu() } == Tensor(0))
    #expect(zero.gradient { $0.leakyReLU(slope: 0.25) } == Tensor(0.25))
    #expect(zero.gradient { $0.absolute() } == Tensor(0))
    #expect(zero.gradient { $0.elu(alpha: 0.5) } == Tensor(0.5))
    #expect(zero.gradient { $0.clamped(to: 0...1) } == Tensor(0))
    #expect(zero.gradient { $0.maximum($0) } == Tensor(1))
    #expect(zero.gradient { $0.pow(0) } == Tensor(0))
    #expect(zero.gradient { $0.pow(1) } == Tensor(1))
    #expect(zero.gradient { $0.pow(2) } == Tensor(0))
    #expect(zero.gradient { $0.pow(Tensor(0)) } == Tensor(0))
    #expect(zero.gradient { $0.pow(Tensor(2)) } == Tensor(0))
    #expect(zero.gradient { Tensor(0).pow($0 + 2) } == Tensor(0))
    #expect(zero.gradient { $0.norm(epsilon: 1e-6) } == Tensor(0))
  }

  /// Outside, a cotangent passes if descent along it leads inwards.
  @Test func clampedWithReturn() {
    let x = Tensor([-3, -1, 0.25, 2, 5]).recorded()
    let y = x.clampedWithReturn(to: -1...2)
    #expect(y == Tensor([-1, -1, 0.25, 2, 2]))
    func gradient(_ cotangents: [Float]) -> Tensor { (y * Tensor(cotangents)).sum().gradients(at: [x])[0] }
    #expect(gradient([-7, -8, 9, -4, -5]) == Tensor([-7, -8, 9, 0, 0]))
    #expect(gradient([7, 8, -9, 4, 5]) == Tensor([0, 0, -9, 4, 5]))
    // Gradients of gradients likewise: the cotangent of y² / 2 is y, which leads inwards on both sides of 0; that of the
    // gradient's sum is 1, which does so above only.
    let first = (y.square() * 0.5).sum().gradients(at: [x], recording: true)[0]
    #expect(first == Tensor([-1, -1, 0.25, 2, 2]))
    #expect(first.sum().gradients(at: [x])[0] == Tensor([0, 0, 1, 1, 1]))
  }

  @Test("NaN goes through, infinities behave") func specialValues() {
    let x = Tensor([.nan, .infinity, -.infinity, 1])
    #expect((x + 1).scalars[0].isNaN && (x * 0).scalars[1].isNaN && (x - x).scalars[2].isNaN)
    let results = [
      x.relu(), x.leakyReLU(), x.maximum(Tensor(0)), x.minimum(Tensor(0)), x.clamped(to: -1...1), x.sign(),
      x.absolute(), x.exp(), x.tanh(), x.sigmoid(), x.softplus(), x.elu(), x.square(), x.floor(), x.rounded(), x.erf(),
    ]
    for y in results { #expect(y.scalars[0].isNaN) }
    #expect(Tensor(0).maximum(x).scalars[0].isNaN && Tensor(0).minimum(x).scalars[0].isNaN)
    #expect(x.max().scalar.isNaN && x.min().scalar.isNaN && x.sum().scalar.isNaN && x.logSumExp().scalar.isNaN)
    #expect((x .== x) == Tensor([0, 1, 1, 1]) && (x .!= x) == Tensor([1, 0, 0, 0]))
    #expect(x.isFinite() == Tensor([0, 0, 0, 1]))
    #expect(!x.isAllFinite && Tensor([1, 2]).isAllFinite && Tensor.zeros([0]).isAllFinite)
    #expect(Tensor([-1]).log().scalar.isNaN && Tensor([0]).log().scalar == -.infinity)
    #expect(Tensor([.infinity, 1]).logSumExp().scalar == .infinity)
    #expect(Tensor([-.infinity, -.infinity]).logSumExp().scalar == -.infinity)
    #expect(x != x && Tensor([-0.0]) == Tensor([0]))
  }

  @Test("Large tensors, which several threads work on")
  func large() {
    let count = 1_000_003
    let x = Tensor.ramp(count: count)
    func check(_ result: Tensor, _ expected: (Int) -> Float) {
      let mismatch = result.withScalars { scalars in scalars.indices.first { scalars[$0] != expected($0) } }
      #expect(mismatch == nil && result.scalarCount == count)
    }
    check(x * 2 + 1) { Float($0) * 2 + 1 }
    check(x - x.square()) { Float($0) - Float($0) * Float($0) }
    check(.where(x .< 500_000, x, else: -x)) { $0 < 500_000 ? Float($0) : -Float($0) }
    let rows = Tensor.ramp(count: 1000).reshaped(to: [1000, 1]) * 1000 + Tensor.ramp(count: 1001)
    #expect(rows.shape == [1000, 1001])
    let isRight = rows.withScalars { scalars in
      scalars.indices.allSatisfy { scalars[$0] == Float($0 / 1001 * 1000 + $0 % 1001) }
    }
    #expect(isRight)
    var y = x
    y += x
    y *= 0.5
    #expect(y == x)
  }

  @Test("The sign of zero survives") func negativeZero() {
    #expect((1 / -Tensor(0)).scalar == -.infinity)
    #expect((1 / (Tensor(-0.0) * 2)).scalar == -.infinity)
  }

  @Test("An infinity is close to itself only") func closeness() {
    let infinity = Tensor(.infinity)
    #expect(infinity.isApproximatelyEqual(to: infinity))
    #expect(!infinity.isApproximatelyEqual(to: Tensor(5)) && !infinity.isApproximatelyEqual(to: -infinity))
  }

  @Test(
    "A short row for each row of a tensor", arguments: [[64, 3], [2000, 3], [131, 5, 7], [40_000, 2], [65, 63]])
  func shortRows(_ sizes: [Int]) {
    var noise = TestNoise(17)
    let x = noise.tensor(Tensor.Shape(sizes))
    let row = noise.tensor([sizes[sizes.count - 1]])
    let full = row.broadcast(to: x.shape)
    let isSame = [
      x - row == x - full, row - x == full - x, x / row == x / full, x * row.expanded(axis: 0) == x * full,
    ]
    #expect(isSame == [true, true, true, true])
  }
}

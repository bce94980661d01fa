import Testing

@testable import Tensor

/// Sums of products against loops over all names. Derivatives are golden.
@Suite struct EinsumTests {
  static let equations = [
    "i->i", "i->", "->", "ij->ji", "ijk->kij", "ijk->j", "ii->i", "ii->", "iji->j", "iiji->ij", "i,i->", "i,i->i",
    "i,j->ij",
    "i,j->", "ij,jk->ik", "ij,jk->ki", "bij,bjk->bik", "bij,jk->ibk", "ij,ij->", "ij,ji->", "ij,k->ik", ",ij->ij",
    "i,->i",
    "aib,cbi->ca", "ij,jk,kl->il", "i,i,i->i", "bi,ij,bj->b", "i,j,k->kij", "ij,kk->ij", "iij,j->i", "i,ij,j,->",
  ]

  @Test("Whole numbers, exactly", arguments: equations)
  func values(_ equation: String) throws {
    var noise = TestNoise(141)
    let sides = equation.split(separator: ">", omittingEmptySubsequences: false)
    let terms = sides[0].dropLast().split(separator: ",", omittingEmptySubsequences: false).map { Array($0) }
    let output = Array(sides[1])
    for sizeOfName in [["i": 3, "j": 4, "k": 2, "l": 5, "a": 2, "b": 3, "c": 1], ["i": 2, "j": 1, "a": 1, "k": 0]] {
      func size(_ name: Character) -> Int { sizeOfName[String(name)] ?? 2 }
      let operands = terms.map { noise.integers(Tensor.Shape($0.map(size))).recorded() }
      let references = operands.map { Reference($0) }
      let summed = Set(terms.joined()).subtracting(output).sorted()
      let expected = Reference(output.map(size)) { index in
        Reference.indices(summed.map(size)).reduce(0.0) { sum, rest in
          let places = Dictionary(uniqueKeysWithValues: zip(output + summed, index + rest))
          return sum + zip(references, terms).reduce(1.0) { $0 * $1.0[$1.1.map { places[$0] ?? 0 }] }
        }
      }
      let result = try einsum(equation, operands)
      expectSame(result, expected, "\(equation) of \(operands.map(\.shape))")
      // Linear in each operand: the product with the gradient is the value itself.
      let u = noise.integers(result.shape)
      let value = (result * u).sum()
      for (operand, gradient) in zip(operands, value.gradients(at: operands)) {
        #expect((gradient * operand.detached()).sum() == value.detached(), "\(equation)")
      }
    }
  }

  private func einsum(_ equation: String, _ x: [Tensor]) throws -> Tensor {
    switch x.count {
    case 1: .einsum(equation, x[0])
    case 2: .einsum(equation, x[0], x[1])
    case 3: .einsum(equation, x[0], x[1], x[2])
    default: .einsum(equation, x[0], x[1], x[2], try #require(x.last))
    }
  }

  @Test("Spaces are of no account") func spaces() {
    let x = Tensor([[1, 2], [3, 4]])
    #expect(Tensor.einsum(" ij , jk -> ik ", x, x) == x.matmul(x))
  }
}

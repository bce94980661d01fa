import LatentSystem

extension Tensor {
  /// A sum of products over named axes, in Einstein's notation: `.einsum("bij,bjk->bik", a, b)`.
  ///
  /// Each operand's axes are named by letters; axes of one name run together. Names after the arrow are the axes of the
  /// result, in that order; the others are summed over. A name that stands twice in one operand takes its diagonal.
  ///
  /// ```swift
  /// Tensor.einsum("ij->ji", a)          // transposed
  /// Tensor.einsum("ii->", a)            // trace
  /// Tensor.einsum("i,j->ij", u, v)      // outer product
  /// Tensor.einsum("bi,ij,bj->b", u, w, v)
  /// ```
  ///
  /// Operands are joined from left to right, each time by one batch of matrix products: for a chain of matrices, write
  /// them in the order in which they should be multiplied.
  ///
  /// - Precondition: as many operands as terms before the arrow; every term has as many names, letters without accents,
  ///   as its operand axes; axes of one name have the same size; names after the arrow stand before it, and once.
  public static func einsum(_ equation: String, _ operands: Tensor...) -> Tensor {
    let plan = EinsteinSum(equation, operands)
    var terms = zip(plan.inputs, operands).map { Term(names: $0, tensor: $1).withoutRepetition() }
    var joined = terms.removeFirst()
    for (index, term) in terms.enumerated() {
      let needed = Set(plan.output).union(terms[(index + 1)...].flatMap(\.names))
      joined = joined.joined(with: term, keeping: needed)
    }
    return joined.arranged(plan.output)
  }
}

/// The names of an equation, checked against the operands.
private struct EinsteinSum {
  let inputs: [[Character]]
  let output: [Character]

  init(_ equation: String, _ operands: [Tensor]) {
    let text = String(equation.filter { $0 != " " })
    let isWellFormed = text.allSatisfy { $0.isASCII && $0.isLetter || ",->".contains($0) }
    let sides = requireSome(
      isWellFormed ? Self.sides(text) : nil,
      "einsum: \"\(equation)\" is no equation of the form \"ij,jk->ik\", letters for axes")
    inputs = sides.left
    output = sides.right
    let shapes = operands.map(\.shape)
    require(
      inputs.count == operands.count, "einsum: \"\(equation)\" has \(inputs.count) terms for \(operands.count) operands"
    )
    var sizes: [Character: Int] = [:]
    for (names, shape) in zip(inputs, shapes) {
      require(
        names.count == shape.rank,
        "einsum: \"\(String(names))\" in \"\(equation)\" names \(names.count) axes, its operand has shape \(shape)")
      for (name, size) in zip(names, shape.sizes) {
        let known = sizes[name] ?? size
        require(
          known == size, "einsum: axis \(name) of \"\(equation)\" has size \(known) and \(size) in shapes \(shapes)")
        sizes[name] = size
      }
    }
    for name in output {
      require(sizes[name] != nil, "einsum: axis \(name) after the arrow of \"\(equation)\" does not stand before it")
      require(output.count { $0 == name } == 1, "einsum: axis \(name) stands twice after the arrow of \"\(equation)\"")
    }
  }

  /// The names on both sides of the arrow; nil if there is none, or more than one.
  private static func sides(_ text: String) -> (left: [[Character]], right: [Character])? {
    guard let arrow = text.firstIndex(of: "-") else { return nil }
    let end = text.index(after: arrow)
    guard end < text.endIndex, text[end] == ">" else { return nil }
    let right = Array(text[text.index(after: end)...])
    let left = text[..<arrow].split(separator: ",", omittingEmptySubsequences: false).map { Array($0) }
    guard right.allSatisfy(\.isLetter), left.allSatisfy({ $0.allSatisfy(\.isLetter) }) else { return nil }
    return (left, right)
  }
}

/// A tensor with a name for each axis.
private struct Term {
  var names: [Character]
  var tensor: Tensor

  /// With one axis for each name: the diagonal of those that share one.
  func withoutRepetition() -> Term {
    for (axis, name) in names.enumerated() {
      guard let other = names[(axis + 1)...].firstIndex(of: name) else { continue }
      return diagonal(axis, other).withoutRepetition()
    }
    return self
  }

  /// Two axes of one size as one, at the end.
  private func diagonal(_ axis: Int, _ other: Int) -> Term {
    let size = tensor.shape[axis]
    let rest = names.indices.filter { $0 != axis && $0 != other }
    let shape = Tensor.Shape(rest.map { tensor.shape[$0] })
    let joined = tensor.permuted(rest + [axis, other]).reshaped(to: shape.appending(size * size))
    let places = (0..<size).map { $0 * (size + 1) }
    return Term(names: rest.map { names[$0] } + [names[axis]], tensor: joined.gathered(at: places, axis: -1))
  }

  /// The axes `order`, a part of the names, in that order; the others summed.
  func arranged(_ order: [Character]) -> Tensor {
    let dropped = names.indices.filter { !order.contains(names[$0]) }
    let summed = dropped.isEmpty ? tensor : tensor.sum(axes: dropped)
    let left = names.filter { order.contains($0) }
    let permutation = order.compactMap { left.firstIndex(of: $0) }
    return permutation == Array(permutation.indices) ? summed : summed.permuted(permutation)
  }

  /// The product with `other`, summed over the names that are not in `needed`.
  func joined(with other: Term, keeping needed: Set<Character>) -> Term {
    let shared = names.filter { other.names.contains($0) }
    let batch = shared.filter { needed.contains($0) }
    let summed = shared.filter { !needed.contains($0) }
    let rows = names.filter { needed.contains($0) && !shared.contains($0) }
    let columns = other.names.filter { needed.contains($0) && !shared.contains($0) }
    let (left, right) = (arranged(batch + rows + summed), other.arranged(batch + summed + columns))
    func size(_ tensor: Tensor, _ axes: Range<Int>) -> Int { tensor.shape.sizes[axes].reduce(1, *) }
    let (b, k) = (batch.count, summed.count)
    let batchSize = size(left, 0..<b)
    let product = left.reshaped(to: [batchSize, size(left, b..<left.rank - k), size(left, left.rank - k..<left.rank)])
      .matmul(right.reshaped(to: [batchSize, size(right, b..<b + k), size(right, b + k..<right.rank)]))
    let sizes = left.shape.sizes.dropLast(k) + right.shape.sizes.dropFirst(b + k)
    return Term(names: batch + rows + columns, tensor: product.reshaped(to: Tensor.Shape(Array(sizes))))
  }
}

import Testing

@testable import Tensor

#if os(macOS) || os(Linux) || os(FreeBSD) || os(OpenBSD) || os(Windows)
  /// What a programmer can get wrong with selections, orders, sums of products and draws, and the message that says so.
  enum OperationMisuse: String, CaseIterable, Codable, Sendable {
    case emptyMaximum, emptyMinimum, emptyArgmin, axisOfMinimum
    case openRange, closedRange, strideOfNothing, twoRests, assignedShape, scalarRank, scalarIndex
    case reshapeNegative, topK, repeatCount, tileCounts, flipAxis, triangleOfVector
    case einsumForm, einsumOperands, einsumRank, einsumSize, einsumUnknown, einsumTwice
    case categoricalScalar, categoricalNothing, literalRagged, literalDepth, tangents
    case noMemory, noMemoryForResult, noMemoryAtAll

    /// The words of the message: the operation, the shapes and the rule.
    var message: String {
      switch self {
      case .emptyMaximum: "max: nothing to choose from along axes [1] of shape [2, 0]"
      case .emptyMinimum: "min: nothing to choose from along axes [1] of shape [2, 0]"
      case .emptyArgmin: "argmin: nothing to choose from along axis 1 of shape [2, 0]"
      case .axisOfMinimum: "min: axis 2 is out of range for shape [2, 3] of rank 2"
      case .openRange: "subscript: 4... along axis 1 lies outside of shape [2, 3]"
      case .closedRange: "subscript: 0...2 along axis 0 lies outside of shape [2, 3]"
      case .strideOfNothing: "subscript: a stride of 0 leads nowhere"
      case .twoRests: "subscript: .rest stands 2 times; it can stand for the other axes once"
      case .assignedShape:
        "subscript: a value of shape [2] does not broadcast to the selected [3] of shape [2, 3]"
      case .scalarRank: "subscript: 1 indices for shape [2, 3] of rank 2"
      case .scalarIndex: "subscript: index -3 along axis 0 lies outside of shape [2, 3]"
      case .reshapeNegative:
        "Shape: size -1 in [3, -1] is negative; reshaped(inferring:) works one size out from the others"
      case .topK: "topK: 4 scalars of the 3 along axis 1 of shape [2, 3]"
      case .repeatCount: "repeated: -1 times; the least is 0"
      case .tileCounts: "tiled: [2] are not one count of 0 or more for each axis of shape [2, 3]"
      case .flipAxis: "flipped: axis 2 is out of range for shape [2, 3] of rank 2"
      case .triangleOfVector: "lowerTriangle: shape [3] has no two axes that could be rows and columns"
      case .einsumForm: "einsum: \"ij,jk\" is no equation of the form \"ij,jk->ik\", letters for axes"
      case .einsumOperands: "einsum: \"ij,jk->ik\" has 2 terms for 1 operands"
      case .einsumRank: "einsum: \"ijk\" in \"ijk->i\" names 3 axes, its operand has shape [2, 3]"
      case .einsumSize: "einsum: axis i of \"ii->\" has size 2 and 3 in shapes [[2, 3]]"
      case .einsumUnknown: "einsum: axis k after the arrow of \"ij->k\" does not stand before it"
      case .einsumTwice: "einsum: axis i stands twice after the arrow of \"ij->ii\""
      case .categoricalScalar: "categorical: a scalar has no axis of classes"
      case .categoricalNothing: "categorical: row 1 of the logits has NaN, +∞ or only -∞"
      case .literalRagged: "Tensor: a literal has 1 elements where others have 2"
      case .literalDepth: "Tensor: a literal has the scalar 3.0 where others have [2] scalars"
      case .noMemory:
        "uniform: shape [10000000, 10000000] needs 100000000000000 floats, more than the system has memory for"
      case .noMemoryForResult:
        "add: shape [10000000, 10000000] needs 100000000000000 floats, more than the system has memory for"
      case .noMemoryAtAll: "zeros: shape [4611686018427387904] needs 4611686018427387904 floats, more than the system"
      case .tangents: "jvp: the tangents have shapes [[3]], the inputs [[2, 3]]"
      }
    }

    /// Does it.
    func commit() {
      var x = Tensor.zeros([2, 3])
      switch self {
      case .emptyMaximum: _ = Tensor.zeros([2, 0]).max(axis: 1)
      case .emptyMinimum: _ = Tensor.zeros([2, 0]).min(axes: [1])
      case .emptyArgmin: _ = Tensor.zeros([2, 0]).argmin()
      case .axisOfMinimum: _ = x.min(axis: 2)
      case .openRange: _ = x[0, 4...]
      case .closedRange: _ = x[0...2]
      case .strideOfNothing: _ = x[.stride(by: 0)]
      case .twoRests: _ = x[.rest, 0, .rest]
      case .assignedShape: x[0] = [1, 2]
      case .scalarRank: _ = x[scalarAt: 1]
      case .scalarIndex: x[scalarAt: -3, 0] = 1
      case .reshapeNegative: _ = x.reshaped(to: [3, -1])
      case .topK: _ = x.topK(4)
      case .repeatCount: _ = x.repeated(count: -1, axis: 0)
      case .tileCounts: _ = x.tiled(counts: [2])
      case .flipAxis: _ = x.flipped(axis: 2)
      case .triangleOfVector: _ = x[0].lowerTriangle()
      default: commitToOthers(x)
      }
    }

    private func commitToOthers(_ x: Tensor) {
      var generator = RandomGenerator(seed: 1)
      switch self {
      case .einsumForm: _ = Tensor.einsum("ij,jk", x, x)
      case .einsumOperands: _ = Tensor.einsum("ij,jk->ik", x)
      case .einsumRank: _ = Tensor.einsum("ijk->i", x)
      case .einsumSize: _ = Tensor.einsum("ii->", x)
      case .einsumUnknown: _ = Tensor.einsum("ij->k", x)
      case .einsumTwice: _ = Tensor.einsum("ij->ii", x)
      case .categoricalScalar: _ = Tensor.categorical(logits: Tensor(1), using: &generator)
      case .categoricalNothing:
        _ = Tensor.categorical(logits: Tensor([[0, 1], [-.infinity, -.infinity]]), using: &generator)
      case .literalRagged: _ = [[1, 2], [3]] as Tensor
      case .literalDepth: _ = [[1, 2], 3] as Tensor
      case .noMemory: _ = Tensor.uniform([10_000_000, 10_000_000], using: &generator)
      case .noMemoryForResult: _ = Tensor.zeros([10_000_000, 1]) + Tensor.zeros([10_000_000])
      case .noMemoryAtAll: _ = Tensor.zeros([1 << 62])
      case .tangents: _ = x.jvp(along: Tensor.zeros([3])) { $0 }
      default: break
      }
    }
  }

  @Suite struct OperationMisuseTests {
    @Test("Misuse stops with a message that names operation, shapes and rule", arguments: OperationMisuse.allCases)
    func message(_ misuse: OperationMisuse) async throws {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        [misuse = misuse as OperationMisuse] in misuse.commit()
      }
      let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
      #expect(output.contains("Fatal error: " + misuse.message), "\(misuse): \(output)")
    }
  }
#endif

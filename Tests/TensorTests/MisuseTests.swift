import Testing

@testable import Tensor

#if os(macOS) || os(Linux) || os(FreeBSD) || os(OpenBSD) || os(Windows)
  /// What a programmer can get wrong, and the message that says so.
  enum Misuse: String, CaseIterable, Codable, Sendable {
    case broadcasting, broadcastTo, inPlaceGrowth, choosing
    case matmulDepth, matmulTransposed, matmulBatchByMatrix, matmulBatch, matmulVector
    case axis, axisTwice, axisOfSize, reshape, reshapeUnknown, squeeze, permutation
    case sliceBounds, sliceRank, selectionBounds, selectionRank, index, padding, concatenatedShapes,
      concatenatedNothing, splitCounts, splitEqual
    case gatherIndex, gatherCount, scatterCount, oneHotLabel
    case gradientOfVector, gradientAtConstant, cotangentShape
    case negativeSize, overflow, scalarCount, raggedRows, scalarOfVector, maximumOfNothing, argmaxOfNothing

    /// The words of the message: the operation, the shapes and the rule.
    var message: String {
      switch self {
      case .broadcasting:
        "add: shapes [2, 3] and [2] do not broadcast: aligned at the end, sizes must be equal or 1"
      case .broadcastTo: "broadcast: shape [2, 3] does not broadcast to [3, 3]"
      case .inPlaceGrowth: "+=: the result has shape [2, 3], the tensor [3]"
      case .choosing: "where: shapes [2], [2, 3] and [] do not broadcast"
      case .matmulDepth: "matmul: [2, 3] has 3 columns, [4, 5] has 4 rows; they must be equal"
      case .matmulTransposed:
        "matmul: [2, 3] transposed has 2 columns, [4, 5] transposed has 5 rows; they must be equal"
      case .matmulBatchByMatrix: "matmul: [7, 2, 3] has 3 columns, [4, 5] has 4 rows; they must be equal"
      case .matmulBatch: "matmul: the batch axes of shapes [2, 3, 3] and [4, 3, 3] do not broadcast"
      case .matmulVector: "matmul: shapes [3] and [3, 2]; both need two axes or more"
      case .axis: "sum: axis 2 is out of range for shape [2, 3] of rank 2"
      case .axisTwice: "sum: axis 1 is named twice in [1, -1] for shape [2, 3]"
      case .axisOfSize: "Shape: axis -3 is out of range for shape [2, 3] of rank 2"
      case .reshape: "reshaped: shape [2, 3] has 6 scalars, shape [4] has 4"
      case .reshapeUnknown: "reshaped: 6 scalars of shape [2, 3] cannot be arranged as [4, -1]"
      case .squeeze: "squeezed: axis 1 of shape [2, 3] has size 3, not 1"
      case .permutation: "permuted: [0, 0] does not name each of the 2 axes of shape [2, 3] once"
      case .sliceBounds: "sliced: 1..<4 along axis 1 lies outside of shape [2, 3]"
      case .selectionBounds: "subscript: 1..<4 along axis 1 lies outside of shape [2, 3]"
      case .sliceRank: "sliced: 3 ranges for shape [2, 3] of rank 2"
      case .selectionRank: "subscript: 3 selections for shape [2, 3] of rank 2"
      case .index: "subscript: index 2 along axis 0 lies outside of shape [2, 3]"
      case .padding: "padded: [1] and [0, 0] are not one count of 0 or more for each axis of shape [2, 3]"
      case .concatenatedShapes: "concatenated: shapes [2, 3] and [2, 4] differ apart from axis 0"
      case .concatenatedNothing: "concatenated: no tensors"
      case .splitCounts: "split: [1, 3] do not add up to axis 1 of shape [2, 3]"
      case .splitEqual: "split: axis 1 of shape [2, 3] does not divide into 2 pieces"
      case .gatherIndex: "gathered: index 2 lies outside of 0..<2 for shape [2, 3]"
      case .gatherCount: "gathered: 3 indices are no multiple of the 2 that axis 1 of shape [2, 3] needs"
      case .scatterCount: "scatterAdded: 1 indices for the first axis of shape [2, 3]"
      case .oneHotLabel: "oneHot: label 3 at 1 is not one of 3 classes"
      case .gradientOfVector:
        "gradient: only a scalar has one; the tensor has shape [2, 3]. Reduce it by mean() or sum(), or use pullback(_:at:)"
      case .gradientAtConstant:
        "gradient: input 1 of shape [2, 3] is a constant; make it a leaf with recorded() first"
      case .cotangentShape: "pullback: the cotangent has shape [3], the output [2, 3]"
      case .negativeSize: "Shape: size -1 in [2, -1] is negative"
      case .overflow: "Shape: [4611686018427387904, 4] has more scalars than an Int can count"
      case .scalarCount: "Tensor: 2 scalars for shape [3], which has 3"
      case .raggedRows: "Tensor: row 1 has 1 scalars, row 0 has 2"
      case .scalarOfVector: "scalar: a tensor of shape [2, 3] has 6 scalars, not one"
      case .maximumOfNothing: "max: nothing to choose from along axes [1] of shape [2, 0]"
      case .argmaxOfNothing: "argmax: nothing to choose from along axis 1 of shape [2, 0]"
      }
    }

    /// Does it.
    func commit() {
      let x = Tensor.zeros([2, 3])
      switch self {
      case .broadcasting: _ = x + Tensor([1, 2])
      case .broadcastTo: _ = x.broadcast(to: [3, 3])
      case .inPlaceGrowth:
        var y = Tensor([1, 2, 3])
        y += x
      case .choosing: _ = Tensor.where(Tensor([1, 2]), x, else: Tensor(0))
      case .matmulDepth: _ = x.matmul(.zeros([4, 5]))
      case .matmulTransposed: _ = x.matmul(.zeros([4, 5]), transposingSelf: true, transposingOther: true)
      case .matmulBatchByMatrix: _ = Tensor.zeros([7, 2, 3]).matmul(.zeros([4, 5]))
      case .matmulBatch: _ = Tensor.zeros([2, 3, 3]).matmul(.zeros([4, 3, 3]))
      case .matmulVector: _ = Tensor.zeros([3]).matmul(.zeros([3, 2]))
      case .axis: _ = x.sum(axes: [2])
      case .axisTwice: _ = x.sum(axes: [1, -1])
      case .axisOfSize: _ = x.shape[-3]
      case .reshape: _ = x.reshaped(to: [4])
      case .reshapeUnknown: _ = x.reshaped(inferring: [4, -1])
      case .squeeze: _ = x.squeezed(axis: 1)
      case .permutation: _ = x.permuted([0, 0])
      default: commitToParts(x)
      }
    }

    private func commitToParts(_ x: Tensor) {
      switch self {
      case .sliceBounds: _ = x.sliced([0..<1, 1..<4])
      case .selectionBounds: _ = x[0..<1, 1..<4]
      case .sliceRank: _ = x.sliced([0..<1, 0..<1, 0..<1])
      case .selectionRank: _ = x[0..<1, 0..<1, 0..<1]
      case .index: _ = x[2]
      case .padding: _ = x.padded(before: [1], after: [0, 0])
      case .concatenatedShapes: _ = Tensor.concatenated([x, .zeros([2, 4])])
      case .concatenatedNothing: _ = Tensor.concatenated([])
      case .splitCounts: _ = x.split(counts: [1, 3], axis: 1)
      case .splitEqual: _ = x.split(into: 2, axis: 1)
      case .gatherIndex: _ = x.gathered(at: [0, 2])
      case .gatherCount: _ = x.gathered(alongAxis: 1, indices: [0, 1, 2])
      case .scatterCount: _ = x.scatterAdded(at: [0], count: 3)
      case .oneHotLabel: _ = Tensor.oneHot([0, 3], classCount: 3)
      case .gradientOfVector: _ = x.recorded().gradient(at: x.recorded())
      case .gradientAtConstant: _ = Tensor(1).gradients(at: [x.recorded(), x])
      case .cotangentShape: _ = x.pullback(Tensor([1, 2, 3]), at: [x.recorded()])
      case .negativeSize: _ = Tensor.zeros([2, -1])
      case .overflow: _ = Tensor.Shape([1 << 62, 4])
      case .scalarCount: _ = Tensor([1, 2], shape: [3])
      case .raggedRows: _ = Tensor([[1, 2], [3]])
      case .scalarOfVector: _ = x.scalar
      case .maximumOfNothing: _ = Tensor.zeros([2, 0]).max(axes: [1])
      case .argmaxOfNothing: _ = Tensor.zeros([2, 0]).argmax()
      default: break
      }
    }
  }

  @Suite struct MisuseTests {
    @Test("Misuse stops with a message that names operation, shapes and rule", arguments: Misuse.allCases)
    func message(_ misuse: Misuse) async throws {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        [misuse = misuse as Misuse] in misuse.commit()
      }
      let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
      #expect(output.contains("Fatal error: " + misuse.message), "\(misuse): \(output)")
    }
  }
#endif

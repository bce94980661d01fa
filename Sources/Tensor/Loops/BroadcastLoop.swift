/// Walks several operands that are broadcast to one shape, as few blocks of two axes as possible.
struct BroadcastLoop {
  /// One operand of a block: where it starts, and its strides along the block's axes.
  struct Operand {
    var offset: Int
    let inner: Int
    let outer: Int
  }

  /// A block of `outer` × `inner` scalars that lie together in the output.
  struct Block {
    var operands: [Operand]
    var outputOffset: Int
    let inner: Int
    let outer: Int
  }

  /// The output's sizes and each operand's strides, with axes joined wherever all operands allow it.
  private var sizes: [Int] = []
  private var strides: [[Int]]

  init(_ shapes: [Tensor.Shape], to shape: Tensor.Shape) {
    let all = shapes.map { $0.strides(broadcastTo: shape) }
    strides = Array(repeating: [], count: shapes.count)
    for axis in shape.sizes.indices where shape.sizes[axis] != 1 {
      let size = shape.sizes[axis]
      let joins = !sizes.isEmpty && all.indices.allSatisfy { strides[$0].last == all[$0][axis] * size }
      if joins {
        sizes[sizes.count - 1] *= size
        for k in all.indices { strides[k][sizes.count - 1] = all[k][axis] }
      } else {
        sizes.append(size)
        for k in all.indices { strides[k].append(all[k][axis]) }
      }
    }
    while sizes.count < 2 {
      sizes.insert(1, at: 0)
      for k in strides.indices { strides[k].insert(0, at: 0) }
    }
  }

  /// Calls `body` for each block, from several threads if there is enough to do.
  func forEachBlock(_ body: (Block) -> Void) {
    let inner = sizes[sizes.count - 1]
    let outer = sizes[sizes.count - 2]
    let blocks = sizes.dropLast(2).reduce(1, *)
    guard blocks * outer * inner > 0 else { return }
    if blocks == 1 {
      if outer == 1 { return splitInner(inner, body) }
      let rows = max(1, Elementwise.chunk / inner)
      return Elementwise.forEachChunk(outer, size: rows) { range in
        var block = block(at: 0, inner: inner, outer: range.count)
        for k in strides.indices { block.operands[k].offset += range.lowerBound * block.operands[k].outer }
        block.outputOffset += range.lowerBound * inner
        body(block)
      }
    }
    Elementwise.forEachChunk(blocks, size: max(1, Elementwise.chunk / (inner * outer))) { range in
      for index in range { body(block(at: index, inner: inner, outer: outer)) }
    }
  }

  private func splitInner(_ inner: Int, _ body: (Block) -> Void) {
    Elementwise.forEachChunk(inner) { range in
      var block = block(at: 0, inner: range.count, outer: 1)
      for k in strides.indices { block.operands[k].offset += range.lowerBound * block.operands[k].inner }
      block.outputOffset += range.lowerBound
      body(block)
    }
  }

  private func block(at index: Int, inner: Int, outer: Int) -> Block {
    let last = sizes.count - 1
    var offsets = [Int](repeating: 0, count: strides.count)
    var rest = index
    for axis in stride(from: last - 2, through: 0, by: -1) {
      let coordinate = rest % sizes[axis]
      rest /= sizes[axis]
      for k in strides.indices { offsets[k] += coordinate * strides[k][axis] }
    }
    let operands = strides.indices.map {
      Operand(offset: offsets[$0], inner: strides[$0][last], outer: strides[$0][last - 1])
    }
    return Block(operands: operands, outputOffset: index * sizes[last] * sizes[last - 1], inner: inner, outer: outer)
  }
}

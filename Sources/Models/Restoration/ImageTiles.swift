import Tensor

/// Large images in parts: what a network of convolutions makes of them, with no more memory than a part takes.
struct ImageTiles {
  /// How far from a pixel the result depends on it.
  let margin: Int
  /// The height and width of a part without its margins.
  var side = 128

  /// What `body` makes of `images` `[N, H, W, C]`, which is `factor` times higher and wider. It gets one image after the
  /// other, in parts with margins, if they are larger than a part.
  func map(_ images: Tensor, factor: Int, _ body: (Tensor) -> Tensor) -> Tensor {
    let (count, height, width) = (images.shape[0], images.shape[1], images.shape[2])
    guard max(height, width) > side + 2 * margin else { return body(images) }
    let whole = (0..<count).map { index in
      let image = images[index..<index + 1]
      let bands = parts(height).map { rows in
        let columns = parts(width).map { columns in
          body(image[.all, rows.outer, columns.outer])[.all, rows.inner(factor), columns.inner(factor)]
        }
        return Tensor.concatenated(columns, axis: 2)
      }
      return Tensor.concatenated(bands, axis: 1)
    }
    return whole.count == 1 ? whole[0] : Tensor.concatenated(whole)
  }

  /// A part of an axis: what it is made of, and where in that it lies.
  private struct Part {
    let outer: Range<Int>
    let own: Range<Int>

    func inner(_ factor: Int) -> Range<Int> {
      (own.lowerBound - outer.lowerBound) * factor..<(own.upperBound - outer.lowerBound) * factor
    }
  }

  private func parts(_ size: Int) -> [Part] {
    stride(from: 0, to: size, by: side).map { start in
      let own = start..<min(size, start + side)
      return Part(outer: max(0, own.lowerBound - margin)..<min(size, own.upperBound + margin), own: own)
    }
  }
}

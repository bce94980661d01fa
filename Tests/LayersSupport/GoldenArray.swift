import Tensor

/// A tensor as files of reference values hold it.
package struct GoldenArray: Decodable, Sendable {
  package let shape: [Int]
  package let data: [Double]

  package var tensor: Tensor { Tensor(data.map { Float($0) }, shape: Tensor.Shape(shape)) }
}

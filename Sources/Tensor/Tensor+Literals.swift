import LatentSystem

extension Tensor: ExpressibleByArrayLiteral {
  /// What stands between the brackets of a literal: a number, or brackets again.
  public enum Literal: Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
    /// A number.
    case scalar(Float)
    /// Brackets.
    case elements([Literal])

    /// A number with a decimal point.
    public init(floatLiteral value: Float) { self = .scalar(value) }

    /// A whole number.
    public init(integerLiteral value: Int) { self = .scalar(Float(value)) }

    /// Brackets within brackets.
    public init(arrayLiteral elements: Literal...) { self = .elements(elements) }

    /// The shape that the first element of each level shows.
    fileprivate var sizes: [Int] {
      switch self {
      case .scalar: []
      case .elements(let elements): [elements.count] + (elements.first?.sizes ?? [])
      }
    }

    /// Appends the scalars, which must fill `sizes`.
    fileprivate func append(to scalars: inout [Float], _ sizes: ArraySlice<Int>) {
      switch self {
      case .scalar(let value):
        require(sizes.isEmpty, "Tensor: a literal has the scalar \(value) where others have \(Array(sizes)) scalars")
        scalars.append(value)
      case .elements(let elements):
        require(
          elements.count == sizes.first,
          "Tensor: a literal has \(elements.count) elements where others have \(sizes.first.map { "\($0)" } ?? "a scalar")"
        )
        for element in elements { element.append(to: &scalars, sizes.dropFirst()) }
      }
    }
  }

  /// A tensor of numbers in nested brackets, of any depth: `[[1, 2], [3, 4]]` has shape `[2, 2]`.
  /// - Precondition: all brackets of one depth hold equally many elements.
  public init(arrayLiteral elements: Literal...) {
    let literal = Literal.elements(elements)
    let sizes = literal.sizes
    var scalars: [Float] = []
    literal.append(to: &scalars, sizes[...])
    self.init(scalars, shape: Shape(sizes))
  }
}

// MARK: - Of other numbers

// `Tensor([1, 2])` stays one of floats: where a literal could be of several types, these are not meant.

extension Tensor {
  /// A vector of shape `[scalars.count]`, each number rounded to the nearest float.
  @_disfavoredOverload
  public init<Scalar: BinaryInteger>(_ scalars: [Scalar]) { self.init(scalars.map { Float($0) }) }

  /// A vector of shape `[scalars.count]`, each number rounded to the nearest float.
  @_disfavoredOverload
  public init<Scalar: BinaryFloatingPoint>(_ scalars: [Scalar]) { self.init(scalars.map { Float($0) }) }

  /// A tensor of shape `shape` with the given numbers in row-major order, each rounded to the nearest float.
  /// - Precondition: `scalars.count == shape.scalarCount`.
  @_disfavoredOverload
  public init<Scalar: BinaryInteger>(_ scalars: [Scalar], shape: Shape) {
    self.init(scalars.map { Float($0) }, shape: shape)
  }

  /// A tensor of shape `shape` with the given numbers in row-major order, each rounded to the nearest float.
  /// - Precondition: `scalars.count == shape.scalarCount`.
  @_disfavoredOverload
  public init<Scalar: BinaryFloatingPoint>(_ scalars: [Scalar], shape: Shape) {
    self.init(scalars.map { Float($0) }, shape: shape)
  }
}

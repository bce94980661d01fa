/// A list that as a rule has one or two elements: these need no memory of their own.
///
/// A node has few inputs, outputs and saved tensors, and a recurrent model makes ten thousand nodes a step.
struct Few<Element>: RandomAccessCollection {
  private var first: Element?
  private var second: Element?
  private var others: [Element] = []
  private(set) var count = 0

  /// An empty list.
  init() {}

  /// A list of one element.
  init(_ element: Element) {
    first = element
    count = 1
  }

  /// A list of two elements.
  init(_ first: Element, _ second: Element) {
    self.first = first
    self.second = second
    count = 2
  }

  /// The elements of an array.
  init(_ elements: [Element]) {
    for element in elements { append(element) }
  }

  var startIndex: Int { 0 }
  var endIndex: Int { count }

  subscript(index: Int) -> Element {
    @inline(__always) get {
      if index == 0, let first { return first }
      if index == 1, let second { return second }
      return others[index - 2]
    }
  }

  @inline(__always)
  mutating func append(_ element: Element) {
    switch count {
    case 0: first = element
    case 1: second = element
    default: others.append(element)
    }
    count += 1
  }
}

extension Few: Sendable where Element: Sendable {}

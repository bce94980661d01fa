import Testing

@testable import Tensor

/// The parts that the backward pass is made of.
@Suite struct BackwardWalkTests {
  @Test("A short list holds what an array holds", arguments: 0...5)
  func few(_ count: Int) {
    let array = (0..<count).map { $0 % 3 == 0 ? nil : $0 } as [Int?]
    var appended = Few<Int?>()
    for element in array { appended.append(element) }
    for list in [appended, Few(array)] {
      #expect(list.count == count && list.isEmpty == array.isEmpty && Array(list) == array)
      #expect(list.indices.map { list[$0] } == array)
    }
  }

  @Test func shortLists() {
    #expect(Array(Few(7)) == [7] && Array(Few(7, 8)) == [7, 8] && Array(Few<Int>()) == [])
    var list = Few(1, 2)
    list.append(3)
    #expect(Array(list) == [1, 2, 3])
  }

  @Test("The table of places finds every node again, also after it has grown")
  func places() {
    let nodes = (0..<3000).map { _ in Node(leafOf: [1]) }
    var places = NodePlaces()
    for node in nodes { #expect(places[node] == NodePlaces.none && places.enter(node)) }
    for (index, node) in nodes.enumerated() {
      #expect(!places.enter(node) && places[node] == NodePlaces.none)
      places[node] = index
    }
    #expect(nodes.map { places[$0] } == Array(nodes.indices))
    // A freed node could lend its address to the new one.
    withExtendedLifetime(nodes) { #expect(places[Node(leafOf: [1])] == NodePlaces.none) }
  }

  @Test("Targets of every kind from one pass: leaves, results in between, the output itself, one of them twice")
  func targets() {
    let (x, w) = (Tensor([2]).recorded(), Tensor([3]).recorded())
    let middle = x * w
    let output = (middle * middle).sum()
    let gradients = output.gradients(at: [w, output, middle, x, middle, w])
    #expect(gradients.map(\.scalar) == [24, 1, 12, 36, 12, 24])
  }
}

import Testing

@testable import Tensor

/// A weight that is laid out for one image is kept for the next one. Nobody may see that in a result.
@Suite struct WeightKeeperTests {
  private let images: Tensor
  private let weight: Tensor

  init() {
    var noise = TestNoise(3)
    images = noise.tensor([8, 7, 7, 40])
    weight = noise.tensor([36, 4, 4, 40])
  }

  /// What a weight that nothing is kept with gives.
  private func fresh(_ images: Tensor, _ weight: Tensor) -> Tensor {
    images.convTranspose2d(Tensor(weight.scalars, shape: weight.shape), stride: 2, padding: 1)
  }

  private func kept(_ images: Tensor, _ weight: Tensor) -> Tensor {
    images.convTranspose2d(weight, stride: 2, padding: 1)
  }

  /// What is kept with `weight`, as identities, the latest made first.
  private func layouts(of weight: Tensor) -> [ObjectIdentifier] {
    WeightKeeper.Layouts(of: weight.storage).all.compactMap { $0.transformed.map { ObjectIdentifier($0.weights) } }
  }

  private func layout(of weight: Tensor) -> ObjectIdentifier? { layouts(of: weight).first }

  @Test("One image after the other, by one layout")
  func isFoundAgain() {
    let all = fresh(images, weight)
    _ = kept(images[0..<1], weight)
    #expect(layout(of: weight) != nil)
    let first = layout(of: weight)
    for index in 0..<6 {
      for count in 1...2 {
        #expect(haveSameBits(kept(images[index..<index + count], weight), all[index..<index + count]))
        #expect(layout(of: weight) == first)
      }
    }
  }

  @Test("Images of two sizes in turn, each by its own layout, and no more than two")
  func twoSizes() {
    var noise = TestNoise(4)
    let sizes = [noise.tensor([1, 5, 7, 40]), noise.tensor([1, 6, 7, 40]), noise.tensor([1, 7, 7, 40])]
    for image in sizes[..<2] { _ = kept(image, weight) }
    let both = layouts(of: weight)
    #expect(both.count == 2)
    for image in [sizes[0], sizes[1], sizes[0], sizes[1]] {
      #expect(haveSameBits(kept(image, weight), fresh(image, weight)))
      #expect(layouts(of: weight) == both)
    }
    // The older one makes room.
    #expect(haveSameBits(kept(sizes[2], weight), fresh(sizes[2], weight)))
    let later = layouts(of: weight)
    #expect(later.count == 2 && later.last == both.first)
    #expect(haveSameBits(kept(sizes[0], weight), fresh(sizes[0], weight)))
  }

  @Test("A weight in training keeps nothing, and neither do gradients")
  func training() {
    let recorded = weight.recorded()
    let image = images[0..<1]
    let result = kept(image, recorded)
    let cotangent = result.detached()
    _ = result.pullback(cotangent, at: [recorded])
    #expect(layout(of: weight) == nil && layout(of: cotangent) == nil)
  }

  @Test("A large batch keeps nothing")
  func largeBatch() {
    _ = kept(images, weight)
    #expect(weight.storage.kept == nil)
  }

  @Test("A change of the weight is seen")
  func isForgotten() {
    var weight = weight
    let image = images[0..<1]
    let old = kept(image, weight)
    let copy = weight
    weight.withMutableScalars { $0[17] += 1 }
    #expect(haveSameBits(kept(image, copy), old))
    #expect(haveSameBits(kept(image, weight), fresh(image, weight)))
    // Now in place, in the same block.
    let block = ObjectIdentifier(weight.storage)
    weight.withMutableScalars { $0[18] += 1 }
    #expect(ObjectIdentifier(weight.storage) == block)
    #expect(weight.storage.kept == nil)
    #expect(haveSameBits(kept(image, weight), fresh(image, weight)))
  }

  @Test("Other uses of the same weight are told apart")
  func otherUses() {
    let image = images[0..<1]
    let copy = Tensor(weight.scalars, shape: weight.shape)
    for _ in 0..<2 {
      #expect(haveSameBits(kept(image, weight), fresh(image, weight)))
      #expect(haveSameBits(image.conv2d(weight, padding: 2), image.conv2d(copy, padding: 2)))
      #expect(haveSameBits(image.conv2d(weight, stride: 2, padding: 1), image.conv2d(copy, stride: 2, padding: 1)))
      #expect(haveSameBits(kept(images[0..<2], weight), fresh(images[0..<2], weight)))
    }
  }

  @Test("Many tasks with one weight")
  func manyTasks() async {
    let expected = fresh(images, weight)
    await withTaskGroup(of: Bool.self) { group in
      for index in 0..<64 {
        group.addTask {
          let image = index % 8..<index % 8 + 1
          return haveSameBits(kept(images[image], weight), expected[image])
        }
      }
      for await isSame in group { #expect(isSame) }
    }
  }
}

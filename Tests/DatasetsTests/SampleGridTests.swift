import LatentTestSupport
import Testing

@testable import Datasets

@Suite struct SampleGridTests {
  @Test func drawingsGetSmaller() throws {
    let digits = BuiltInDigits.make(count: 100)
    let grid = SampleGrid(digits, columns: 10)
    let file = PNG.encode(grid.pixels, height: grid.height, width: grid.width)
    #expect(try PNG.decode(file).pixels == grid.pixels)
    #expect(file.count * 2 < grid.pixels.count)
  }

  @Test func writesGridFiles() throws {
    try withTemporaryFolder { folder in
      let digits = BuiltInDigits.make(count: 7)
      try PNG.writeGrid(digits, columns: 4, to: "\(folder)/grid.png")
      let image = try PNG.read("\(folder)/grid.png")
      #expect((image.height, image.width) == (2 * 30 + 2, 4 * 30 + 2))
    }
  }

  @Test func arrangesImagesWithABorder() throws {
    let images = try ImageSet(pixels: [1, 2, 3, 4, 5, 6], height: 1, width: 2)
    let grid = SampleGrid(images, columns: 2, border: 1, grey: 9)
    #expect((grid.height, grid.width, grid.channels) == (5, 7, 1))
    #expect(
      grid.pixels == [
        9, 9, 9, 9, 9, 9, 9,
        9, 1, 2, 9, 3, 4, 9,
        9, 9, 9, 9, 9, 9, 9,
        9, 5, 6, 9, 9, 9, 9,
        9, 9, 9, 9, 9, 9, 9,
      ])
  }

  @Test func keepsColours() throws {
    let images = try ImageSet(pixels: [1, 2, 3, 4, 5, 6], height: 1, width: 1, channels: 3)
    let grid = SampleGrid(images, columns: 8, border: 0)
    #expect((grid.height, grid.width, grid.channels) == (1, 2, 3))
    #expect(grid.pixels == [1, 2, 3, 4, 5, 6])
  }
}

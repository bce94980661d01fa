import Testing

@Suite struct FenceTests {
  @Test func memoryIsAsAsked() {
    let y = guarded(3, [1, 2], initial: [5, 6, 7]) { y, x in y[0] += x[0][1] }
    #expect(y == [7, 6, 7])
    #expect(fenced([Int]()) { _ in 1 } == 1)
  }

  #if os(Linux) || os(macOS)
    @Test("Reading and writing one float beyond the end ends the process")
    func endsAtTheFence() async {
      await #expect(processExitsWith: .failure) { _ = fenced([Float](repeating: 1, count: 5)) { $0[5] } }
      await #expect(processExitsWith: .failure) { _ = guarded(5) { y, _ in y[5] = 1 } }
    }
  #endif
}

// The largest values of windows, and their derivative. A window is `kernel` neighbouring positions in each of several rows
// that lie anywhere; a position has `channels` floats. Inputs and outputs do not overlap.

/// The sizes of a row of windows: positions in a row of the input, positions in a row of a window, from one window to the
/// next, before the first position, windows, and channels. What a window has outside of the row does not count.
package typealias WindowSizes = (
  length: Int, kernel: Int, stride: Int, padding: Int, windows: Int, channels: Int
)

/// y[w, c] = the largest of all x[r][p, c] with p in window w; NaN if one of them is NaN, -∞ without rows.
package func maxOfWindows(
  _ rows: Int, _ x: RowPointers, _ sizes: WindowSizes, _ y: UnsafeMutablePointer<Float>
) {
  @inline(__always)
  func body(_ place: Int, _ first: Int, _ last: Int, _ c: Int, _ count: Int) {
    var largest = splat(-Float.infinity)
    var r = 0
    while r < rows {
      var p = x[r] + (first &* sizes.channels &+ c)
      var k = first
      while k < last {
        largest = larger(loadUpTo(count, p), largest)
        p += sizes.channels
        k &+= 1
      }
      r &+= 1
    }
    storeUpTo(count, largest, y + place)
  }
  forEachVectorOfWindows(sizes, body)
}

/// target[r][p, c] += u[w, c], shared equally, wherever x[r][p, c] is y[w, c], the largest of window w.
package func maxOfWindowsGradient(
  _ rows: Int, _ x: RowPointers, _ sizes: WindowSizes, _ y: UnsafePointer<Float>, _ u: UnsafePointer<Float>,
  _ targets: UnsafePointer<UnsafeMutablePointer<Float>>
) {
  @inline(__always)
  func body(_ place: Int, _ first: Int, _ last: Int, _ c: Int, _ count: Int) {
    let largest = loadUpTo(count, y + place)
    let share = loadUpTo(count, u + place) / ties(rows, x, sizes, largest, first, last, c, count)
    var r = 0
    while r < rows {
      var start = first &* sizes.channels &+ c
      var k = first
      while k < last {
        let target = targets[r] + start
        let part = Vector().replacing(with: share, where: loadUpTo(count, x[r] + start) .== largest)
        storeUpTo(count, loadUpTo(count, target) + part, target)
        start &+= sizes.channels
        k &+= 1
      }
      r &+= 1
    }
  }
  forEachVectorOfWindows(sizes, body)
}

/// target[w, c] = the mean of those v[r][p, c] in window w where x[r][p, c] is y[w, c], the largest.
package func meanAtMaxOfWindows(
  _ rows: Int, _ x: RowPointers, _ sizes: WindowSizes, _ y: UnsafePointer<Float>, _ v: RowPointers,
  _ target: UnsafeMutablePointer<Float>
) {
  @inline(__always)
  func body(_ place: Int, _ first: Int, _ last: Int, _ c: Int, _ count: Int) {
    let largest = loadUpTo(count, y + place)
    var sum = Vector()
    var r = 0
    while r < rows {
      var start = first &* sizes.channels &+ c
      var k = first
      while k < last {
        let value = loadUpTo(count, v[r] + start)
        sum += Vector().replacing(with: value, where: loadUpTo(count, x[r] + start) .== largest)
        start &+= sizes.channels
        k &+= 1
      }
      r &+= 1
    }
    storeUpTo(count, sum / ties(rows, x, sizes, largest, first, last, c, count), target + place)
  }
  forEachVectorOfWindows(sizes, body)
}

/// How many of a window's values are the largest, for some channels.
@inline(__always)
func ties(
  _ rows: Int, _ x: RowPointers, _ sizes: WindowSizes, _ largest: Vector, _ first: Int, _ last: Int, _ c: Int,
  _ count: Int
) -> Vector {
  var ties = Vector()
  var r = 0
  while r < rows {
    var p = x[r] + (first &* sizes.channels &+ c)
    var k = first
    while k < last {
      ties += Vector().replacing(with: splat(1), where: loadUpTo(count, p) .== largest)
      p += sizes.channels
      k &+= 1
    }
    r &+= 1
  }
  return ties
}

/// Calls `body` for the channels of each window, as many at a time as a vector has lanes: with the place of the first in
/// the output, the positions of the window within its rows, the first channel, and the number of channels.
@inline(__always)
func forEachVectorOfWindows(
  _ sizes: WindowSizes, _ body: (_ place: Int, _ first: Int, _ last: Int, _ c: Int, _ count: Int) -> Void
) {
  var w = 0
  while w < sizes.windows {
    let start = w &* sizes.stride &- sizes.padding
    let (first, last) = (start < 0 ? 0 : start, start &+ sizes.kernel)
    let end = last < sizes.length ? last : sizes.length
    @inline(__always)
    func channels(_ c: Int, _ count: Int) { body(w &* sizes.channels &+ c, first, end, c, count) }
    forEachVector(sizes.channels, channels)
    w &+= 1
  }
}

import LatentFormats
import LatentSystem
import Tensor

/// Signals that are drawn by this code: data to try models of series on, with nothing to read.
///
/// Each is a wave with two overtones, whose period, phase and strengths are its own, on a slow drift, with bursts of a
/// faster wave here and there, and a little noise. Channels see the same wave in different phases. A share of them has an
/// anomaly of one of the kinds of ``SignalAnomaly/Kind``, in one channel.
///
/// ```swift
/// let normal = BuiltInSignals(count: 10_000)
/// let test = BuiltInSignals(count: 200, seed: 1, anomalyShare: 0.5)
/// let kind = test.anomaly(at: 0)?.kind
/// ```
///
/// Signal i depends on the settings and on i alone, and is drawn when it is asked for.
public struct BuiltInSignals: SampleSource {
  public let count: Int
  /// The number of times of a signal.
  public let length: Int
  /// The number of channels of a signal.
  public let channels: Int
  /// Another seed gives other signals.
  public let seed: UInt64
  /// The probability that a signal has an anomaly.
  public let anomalyShare: Double
  /// The fewest times that a signal may have.
  public static let leastLength = 32
  /// The standard deviation of the noise in normal signals, whose waves have a strength of about 1.
  public static let noise: Float = 0.05

  /// Some signals.
  /// - Precondition: a signal or more, of 32 times or more and one channel or more; the share lies in 0...1.
  public init(
    count: Int = 10_000, length: Int = 128, channels: Int = 1, seed: UInt64 = 0, anomalyShare: Double = 0
  ) {
    require(
      count >= 1 && length >= Self.leastLength && channels >= 1 && anomalyShare >= 0 && anomalyShare <= 1,
      """
      BuiltInSignals: \(count) signals of \(length) times and \(channels) channels, of which a share of \(anomalyShare) \
      has anomalies; the least is 1 signal of 32 times and 1 channel, and a share in 0...1
      """)
    (self.count, self.length, self.channels) = (count, length, channels)
    (self.seed, self.anomalyShare) = (seed, anomalyShare)
  }

  public var sampleShape: Tensor.Shape { [length, channels] }

  public func batch(at indices: [Int]) -> Batch {
    Batch(samples: .stacked(indices.map { values(at: $0) }), indices: indices)
  }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    let own = [UInt64(count), UInt64(length), UInt64(channels), seed, anomalyShare.bitPattern]
    return own.withUnsafeBytes { CRC32.checksum($0) }
  }

  /// What is strange about a signal; nil if nothing is.
  public func anomaly(at index: Int) -> SignalAnomaly? {
    var random = random(index, of: .anomaly)
    guard Double(random.uniform()) < anomalyShare else { return nil }
    return SignalAnomaly(in: length, channels, using: &random)
  }

  /// A signal, with what is known of each time.
  public func series(at index: Int) -> Series {
    let range = anomaly(at: index)?.range
    return Series(
      name: "signal \(index)", values: values(at: index),
      truth: (0..<length).map { range?.contains($0) ?? false })
  }

  /// The parts of a signal, each with random numbers of its own, so that a signal with an anomaly is one without, changed.
  private enum Part: Int {
    case wave, noise, anomaly, change
  }

  private func random(_ index: Int, of part: Part) -> RandomGenerator {
    require(index >= 0 && index < count, "BuiltInSignals: the signal at \(index) of \(count)")
    return RandomGenerator(seed: seed).split(at: 4 * index + part.rawValue)
  }

  /// `[length, channels]`.
  private func values(at index: Int) -> Tensor {
    var (ofWave, ofNoise) = (random(index, of: .wave), random(index, of: .noise))
    let wave = SignalWave(length, channels, using: &ofWave)
    let noise = Tensor.normal([length, channels], standardDeviation: Self.noise, using: &ofNoise)
    guard let anomaly = anomaly(at: index) else { return wave.values(pace: .ones([length, channels])) + noise }
    var ofChange = random(index, of: .change)
    return anomaly.applied(to: wave, noise: noise, using: &ofChange)
  }
}

/// What is strange about one of the ``BuiltInSignals``.
public struct SignalAnomaly: Sendable, Equatable {
  /// A kind of anomaly.
  public enum Kind: String, Sendable, CaseIterable {
    /// A single time, or two or three, far from the others.
    case spike
    /// A stretch that stays at its first value, as of a sensor that hangs.
    case hang
    /// A stretch that lies higher or lower.
    case shift
    /// A stretch with much noise.
    case noise
    /// A stretch in which the wave has twice its pace.
    case pace
  }

  /// What happens.
  public let kind: Kind
  /// When.
  public let range: Range<Int>
  /// In which channel.
  public let channel: Int

  /// An anomaly of any kind, anywhere in signals of `length` times.
  init(in length: Int, _ channels: Int, using random: inout RandomGenerator) {
    func whole(_ range: Range<Int>) -> Int {
      min(range.upperBound - 1, range.lowerBound + Int(random.uniform() * Float(range.count)))
    }
    kind = Kind.allCases[whole(0..<Kind.allCases.count)]
    let size = kind == .spike ? whole(1..<4) : whole(16..<29)
    let start = whole(2..<length - size - 1)
    range = start..<start + size
    channel = whole(0..<channels)
  }

  /// The signal that a wave and its noise become, `[L, C]`.
  func applied(to wave: SignalWave, noise: Tensor, using random: inout RandomGenerator) -> Tensor {
    let shape = noise.shape
    var mask = Tensor.zeros(shape)
    for time in range { mask[scalarAt: time, channel] = 1 }
    let normal = wave.values(pace: .ones(shape)) + noise
    let sign: Float = random.uniform() < 0.5 ? -1 : 1
    switch kind {
    case .spike: return normal + mask * (sign * (2 + random.uniform()))
    case .hang:
      let first = normal[scalarAt: range.lowerBound, channel]
      return Tensor.where(mask, Tensor(repeating: first, shape: shape), else: normal)
    case .shift: return normal + mask * (sign * (1 + 0.5 * random.uniform()))
    case .noise: return normal + mask * Tensor.normal(shape, standardDeviation: 0.6, using: &random)
    case .pace: return wave.values(pace: mask + 1) + noise
    }
  }
}

/// A wave with overtones, drift and bursts, without noise.
struct SignalWave {
  private let length: Int
  private let channels: Int
  private let period: Float
  private let phase: Float
  private let strengths: [Float]
  private let offset: Float
  private let slope: Float
  private let bursts: [Burst]

  private struct Burst {
    let centre: Float
    let width: Float
    let strength: Float
  }

  init(_ length: Int, _ channels: Int, using random: inout RandomGenerator) {
    func uniform(_ range: ClosedRange<Float>) -> Float {
      range.lowerBound + (range.upperBound - range.lowerBound) * random.uniform()
    }
    (self.length, self.channels) = (length, channels)
    period = uniform(20...40)
    phase = uniform(0...Self.turn)
    strengths = [uniform(0.8...1.2), uniform(0...0.4), uniform(0...0.2)]
    offset = uniform(-0.3...0.3)
    slope = uniform(-0.5...0.5)
    // About one burst in 128 times.
    bursts = (0..<max(1, length / 64)).compactMap { _ in
      let burst = Burst(
        centre: uniform(0...Float(length)), width: uniform(4...7), strength: uniform(0.4...0.7))
      return random.uniform() < 0.5 ? burst : nil
    }
  }

  /// `[length, channels]`.
  /// - Parameter pace: how many times its usual pace the wave has at each time and channel, `[length, channels]`.
  func values(pace: Tensor) -> Tensor {
    let times = Tensor.ramp(count: length).expanded(axis: 1)
    // Neighbouring channels are an eighth of a turn apart.
    let angles = times * pace * (Self.turn / period) + Tensor.ramp(by: Self.turn / 8, count: channels) + phase
    var result = (times / Float(length) - 0.5) * slope + offset
    for (index, strength) in strengths.enumerated() {
      // Overtones have fixed places relative to the wave: all waves are of one kind.
      result = result + (angles * Float(index + 1) + Float(index) * 0.7).sin() * strength
    }
    for burst in bursts {
      let envelope = (((times - burst.centre) / burst.width).square() * -0.5).exp() * burst.strength
      result = result + envelope * ((times - burst.centre) * (Self.turn / 5)).sin()
    }
    return result
  }

  private static let turn = 2 * Float.pi
}

/// A repeatable stream of random numbers, keyed by what it is for and never by order of arrival.
///
/// SplitMix64 (Steele, Lea and Flood 2014) over a state mixed from the keys, so that
/// `(seed, epoch, clip, purpose)` always gives the same numbers on any thread.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// What random numbers are drawn for; part of the key, so uses never share a stream.
  public enum Purpose: UInt64, Sendable {
    /// The values that a network starts with.
    case initialWeights = 1
    /// In which order an epoch takes its clips.
    case clipOrder = 2
    /// How a clip is varied in an epoch.
    case augmentation = 3
    /// Which values of a step are dropped.
    case dropout = 4
    /// With which share pairs of a batch are blended.
    case mixing = 5
    /// Which side of a split a group goes to.
    case split = 6
    /// Which groups a resample draws.
    case bootstrap = 7
    /// In which order shuffled frames are shown.
    case baseline = 8
    /// Values of tests and benchmarks.
    case test = 9
    /// Whatever a program on the library draws for itself.
    case custom = 10
  }

  private var state: UInt64

  /// The same keys give the same numbers on any machine; their order counts.
  public init(seed: UInt64, purpose: Purpose, _ keys: UInt64...) {
    var mixed = RandomStream.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
    mixed = RandomStream.mix(mixed ^ purpose.rawValue &* 0xD1B5_4A32_D192_ED03)
    for key in keys { mixed = RandomStream.mix(mixed &+ 0x9E37_79B9_7F4A_7C15 ^ key) }
    state = mixed
  }

  /// A key from a name: FNV-1a over its UTF-8 bytes.
  public static func key(_ name: String) -> UInt64 {
    var hash = StableHash()
    hash.add(bytes: name.utf8)
    return hash.unfinished
  }

  /// 64 bits, each value as likely as any other.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return RandomStream.mix(state)
  }

  /// Uniform in `[0, 1)`, 24 bits.
  public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// Uniform in `[low, high)`.
  public mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * uniform()
  }

  /// Uniform in `0..<bound`.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "bound must be positive")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Fisher–Yates; the standard library's `shuffle` promises no order between versions.
  public mutating func shuffle<Element>(_ array: inout [Element]) {
    var index = array.count - 1
    while index > 0 {
      array.swapAt(index, integer(below: index + 1))
      index -= 1
    }
  }

  /// SplitMix64's last step: every bit of the result depends on every bit of the value.
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

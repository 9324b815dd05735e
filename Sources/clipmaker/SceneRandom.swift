/// Repeatable random numbers for pictures: SplitMix64 over a state mixed from the keys, so that a
/// scene never depends on how many numbers another one drew.
///
/// Not the library's: the bytes of `clips/` must stay when its random numbers change.
struct SceneRandom {
  private var state: UInt64

  init(_ keys: UInt64...) {
    state = 0x243F_6A88_85A3_08D3
    for key in keys { state = SceneRandom.mix(state &+ 0x9E37_79B9_7F4A_7C15 ^ key) }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return SceneRandom.mix(state)
  }

  /// Uniform in `[low, high)`.
  mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) * 0x1p-53
  }

  /// Uniform in `0..<bound`.
  mutating func integer(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// -1 or 1.
  mutating func sign() -> Double { next() & 1 == 0 ? -1 : 1 }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[integer(below: elements.count)]
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

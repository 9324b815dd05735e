/// Overlapping windows that cover a movie from its first second to its last.
public struct WindowPlan: Sendable, Hashable {
  /// Seconds of a window.
  public let window: Double
  /// Seconds from one window's start to the next.
  public let hop: Double
  /// Seconds of the movie.
  public let duration: Double

  /// - Parameters:
  ///   - window: Seconds, more than 0.
  ///   - hop: Seconds, more than 0; half a window when nil.
  public init(window: Double, hop: Double? = nil, duration: Double) {
    precondition(window > 0 && (hop ?? window) > 0 && duration >= 0)
    self.window = window
    self.hop = hop ?? window / 2
    self.duration = duration
  }

  /// Number of windows: 0 for an empty movie, otherwise at least 1.
  public var count: Int {
    guard duration > 0 else { return 0 }
    guard duration > window + WindowPlan.tolerance else { return 1 }
    let further = ((duration - window) / hop - WindowPlan.tolerance).rounded(.up)
    return Int(clamping: min(further, 1e15)) + 1
  }

  /// Seconds that window `index` covers. The last window ends with the movie, at full length where
  /// the movie has it.
  public subscript(index: Int) -> Range<Double> {
    precondition(index >= 0 && index < count)
    if index == count - 1 { return max(0, duration - window)..<duration }
    let start = Double(index) * hop
    return start..<(start + window)
  }

  /// All windows in order.
  public var ranges: [Range<Double>] { (0..<count).map { self[$0] } }

  private static let tolerance = 1e-9
}

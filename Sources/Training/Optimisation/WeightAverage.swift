import Networks
import Tensors

/// An exponential moving average of weights, which scores better and steadier than the last step's.
///
/// Early averages would remember the random start, so the decay grows with the steps:
/// `min(decay, (1 + n) / (10 + n))` at step n.
public struct WeightAverage: Sendable {
  /// 0 keeps no memory: the average is always the latest weights.
  public let decay: Double
  /// Steps taken so far; the decay grows with them.
  public internal(set) var steps = 0

  /// - Parameter decay: what it grows to; 0 keeps the last weights.
  public init(decay: Double) {
    precondition((0..<1).contains(decay), "the decay must be in 0..<1")
    self.decay = decay
  }

  /// A decay whose memory spans a twentieth of the training.
  public static func decay(totalSteps: Int) -> Double {
    max(0.5, 1 - 20 / Double(max(totalSteps, 1)))
  }

  /// Counts a step; call before `update` for that step.
  public mutating func advance() { steps += 1 }

  /// Moves a network's parameters and statistics towards those of another of the same architecture.
  public func update(_ average: Network, towards latest: Network) {
    update(average.parameters, towards: latest.parameters)
    update(average.buffers, towards: latest.buffers)
  }

  /// Moves an average towards the latest values; both flat buffers of the same length.
  package func update(
    _ average: UnsafeMutableBufferPointer<Float>, towards values: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(average.count == values.count, "buffers must have the same length")
    guard !average.isEmpty else { return }
    let keep = min(decay, Double(1 + steps) / Double(10 + steps))
    VectorMath.movingAverage(
      average.baseAddress!, values: UnsafePointer(values.baseAddress!), count: average.count,
      decay: decay == 0 ? 0 : Float(keep))
  }
}

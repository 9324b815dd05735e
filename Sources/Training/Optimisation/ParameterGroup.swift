import Networks

/// A run of trainable values in a network's flat buffers that an optimiser treats alike.
public struct ParameterGroup: Sendable, Equatable {
  /// Into the flat parameter and gradient buffers.
  public let range: Range<Int>
  /// Whether weight decay pulls these values towards zero: weights yes, biases and normalisation no.
  public let decays: Bool
  /// Steps before these values begin to learn.
  public let firstStep: Int
  /// Their learning rate in parts of the schedule's.
  public let rate: Float

  /// - Parameters:
  ///   - decays: whether weight decay applies.
  ///   - firstStep: steps before these values begin to learn.
  ///   - rate: their learning rate in parts of the schedule's.
  public init(range: Range<Int>, decays: Bool, firstStep: Int = 0, rate: Float = 1) {
    precondition(firstStep >= 0 && rate > 0, "a group learns from some step on")
    self.range = range
    self.decays = decays
    self.firstStep = firstStep
    self.rate = rate
  }

  /// All parameters of a network, of which weights decay.
  public static func all(of network: Network) -> [ParameterGroup] {
    joined(network.entries.map { ParameterGroup(range: $0.range, decays: $0.role == .weight) })
  }

  /// Joins neighbours of the same kind, in the order of the buffer, so that loops run long.
  public static func joined(_ groups: [ParameterGroup]) -> [ParameterGroup] {
    var result: [ParameterGroup] = []
    for group in groups.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
    where !group.range.isEmpty {
      if let last = result.last, last.decays == group.decays,
        last.firstStep == group.firstStep, last.rate == group.rate,
        last.range.upperBound == group.range.lowerBound
      {
        result[result.count - 1] = ParameterGroup(
          range: last.range.lowerBound..<group.range.upperBound, decays: group.decays,
          firstStep: group.firstStep, rate: group.rate)
      } else {
        result.append(group)
      }
    }
    return result
  }
}

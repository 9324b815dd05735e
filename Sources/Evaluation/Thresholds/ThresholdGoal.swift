/// What the answers of a class are to be like, once those below its threshold are not given.
public enum ThresholdGoal: Sendable, Equatable, CustomStringConvertible {
  /// At least this share of the answers that are given is right.
  case precision(Double)
  /// At least this share of the class's clips is given the answer.
  case recall(Double)
  /// The least cost: `missed` for each clip of the class that is not called so, `false` for each other
  /// that is.
  case cost(missed: Double, false: Double)

  /// Reads `precision=0.95` or `recall=0.9`; nil for anything else.
  public init?(_ text: String) {
    guard let (name, value) = ThresholdGoal.assignment(text), value > 0, value <= 1 else {
      return nil
    }
    switch name {
    case "precision": self = .precision(value)
    case "recall": self = .recall(value)
    default: return nil
    }
  }

  /// Reads `missed=10,false=1`, in either order; what is not said costs 1. Nil for anything else.
  public init?(cost text: String) {
    var costs: [String: Double] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let (name, value) = ThresholdGoal.assignment(String(part)), value >= 0, value <= 1e9,
        ["missed", "false"].contains(name), costs.updateValue(value, forKey: name) == nil
      else { return nil }
    }
    let (missed, mistaken) = (costs["missed"] ?? 1, costs["false"] ?? 1)
    guard missed + mistaken > 0 else { return nil }
    self = .cost(missed: missed, false: mistaken)
  }

  private static func assignment(_ text: String) -> (String, Double)? {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let value = Double(parts[1]), value.isFinite else { return nil }
    return (String(parts[0]), value)
  }

  public var description: String {
    switch self {
    case .precision(let share): "precision=\(share)"
    case .recall(let share): "recall=\(share)"
    case .cost(let missed, let mistaken): "missed=\(missed),false=\(mistaken)"
    }
  }
}

import Tensors

/// Minimal gated unit (Zhou et al. 2016): `[T, I]` to `[T, H]`, weights `weight_ih` `[2H, I]`,
/// `weight_hh` `[2H, H]` and `bias` `[2H]` in the order f, g. See `MinimalGatedCell`.
public struct MinimalGatedUnit: LoopedLayer {
  public static let kind = "mgu"
  /// Features of a step.
  public var hidden: Int
  public var title: String { "Minimal gated unit" }
  var cell: any RecurrentCell { MinimalGatedCell() }

  /// - Parameter hidden: features of a step.
  public init(hidden: Int) { self.hidden = hidden }
}

extension Node {
  /// Minimal gated unit.
  public static func mgu(name: String, hidden: Int) -> Node {
    Node(MinimalGatedUnit(hidden: hidden), name: name)
  }
}

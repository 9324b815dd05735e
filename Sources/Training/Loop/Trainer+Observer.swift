import Datasets

// What a trainer tells those who watch, and how it ends.
extension Trainer {
  /// What happened, for those who watch.
  public struct Observer {
    /// After each step.
    public var step: (Progress) -> Void = { _ in }
    /// After each epoch; the flag says that its weights are the best so far.
    public var epoch: (EpochRecord, Bool) -> Void = { _, _ in }
    /// Something worth a line.
    public var note: (String) -> Void = { _ in }
    /// Clips that could be read before and cannot any more, each told once.
    public var lost: ([ClipFailure]) -> Void = { _ in }

    public init() {}
  }

  public struct Progress: Sendable {
    /// Counted from 1.
    public let epoch: Int
    public let epochs: Int
    /// Steps done of this epoch, and how many it has.
    public let step: Int
    public let stepsPerEpoch: Int
    /// Mean over the epoch so far.
    public let loss: Double
  }

  public enum Outcome: Sendable, Equatable {
    case finished
    /// Asked to stop; the checkpoint has everything done so far.
    case interrupted
  }
}

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

    /// Watches nothing yet.
    public init() {}
  }

  /// Where a training is, after a step.
  public struct Progress: Sendable {
    /// Counted from 1.
    public let epoch: Int
    /// How many there are at most.
    public let epochs: Int
    /// Steps done of this epoch, and how many it has.
    public let step: Int
    /// Of every epoch.
    public let stepsPerEpoch: Int
    /// Mean over the epoch so far.
    public let loss: Double
  }

  /// How `run` came to its end.
  public enum Outcome: Sendable, Equatable {
    /// All epochs are done, or no better one came in time.
    case finished
    /// Asked to stop; the checkpoint has everything done so far.
    case interrupted
  }
}

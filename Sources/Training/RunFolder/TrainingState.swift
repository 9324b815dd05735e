import FileStore

/// Where a training stands, apart from its weights: what a checkpoint's header holds.
///
/// Random numbers are keyed by seed, epoch, step and clip, so the position is their whole state.
public struct TrainingState: Codable, Hashable, Sendable {
  /// Epochs finished.
  public var epoch = 0
  /// Steps finished in the epoch under way.
  public var step = 0
  /// Steps of the optimiser since the start.
  public var totalSteps = 0
  /// Batches the network's normalisations have seen.
  public var batchesTracked = 0
  /// What the epoch under way has summed up.
  public var running = Running()
  /// Of all epochs finished.
  public var records: [EpochRecord] = []
  /// The epoch whose weights are kept, and its scores; nil before the first validation.
  public var best: Best?
  /// Training is over: only the final model may be missing.
  public var isFinished = false
  /// A training on all clips is to follow; nil where none is, and in earlier versions.
  public var awaitsRefit: Bool?

  /// Sums of an epoch under way.
  public struct Running: Codable, Hashable, Sendable {
    /// The loss of each clip, added up.
    public var loss = 0.0
    /// Clips whose highest score was their label's.
    public var correct = 0
    /// Clips learned from so far.
    public var clips = 0
    /// Of the epoch's steps, those before an interruption included.
    public var seconds = 0.0

    /// Before an epoch's first step.
    public init() {}
  }

  /// The weights that are kept.
  public struct Best: Codable, Hashable, Sendable {
    /// Counted from 1.
    public var epoch: Int
    /// Their scores on the clips held out.
    public var validation: EpochRecord.Validation
    /// Of the network's normalisations at that time.
    public var batchesTracked: Int
  }

  /// Before the first step.
  public init() {}

  /// Takes an epoch's scores; true when its weights are the best so far and should be kept.
  mutating func note(_ record: EpochRecord) -> Bool {
    records.append(record)
    guard let validation = record.validation else { return false }
    if let best, !validation.isBetter(than: best.validation) { return false }
    best = Best(
      epoch: record.epoch, validation: validation, batchesTracked: batchesTracked)
    return true
  }

  /// Whether the last `patience` epochs brought nothing better.
  func shouldStop(patience: Int?) -> Bool {
    guard let patience, let best else { return false }
    return epoch - best.epoch >= patience
  }

  /// Throws unless the position lies within the training.
  ///
  /// - Parameter path: of the checkpoint that says so.
  func requirePosition(
    epochs: Int, stepsPerEpoch: Int, _ path: String
  ) throws(TrainingError) {
    let most = 1 << 53
    let counts = [
      totalSteps, batchesTracked, running.clips, running.correct,
    ]
    guard (0...epochs).contains(epoch), (0...stepsPerEpoch).contains(step),
      counts.allSatisfy({ (0..<most).contains($0) })
    else {
      throw TrainingError(
        .checkpoint,
        "\(PathText.display(path)): stands at epoch \(epoch), step \(step), which this "
          + "training of \(epochs) epochs of \(stepsPerEpoch) steps does not have; train without `resume`"
      )
    }
  }
}

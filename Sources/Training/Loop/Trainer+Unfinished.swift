import ModelFiles

// What lies in the run folder before a training begins.
extension Trainer {
  /// Whether the run folder has a checkpoint of this very training.
  public func canResume(acceptingChanges: Bool) -> Bool {
    Checkpoint.state(in: folder, of: plan.identity, accepting: acceptingChanges) != nil
  }

  /// A training that was begun in the run folder and not ended.
  public struct Unfinished {
    /// Where it stands, for people.
    public let position: String
    /// What differs from this training, in words. Nothing: going on comes to the same bytes as
    /// starting over.
    public let differences: [String]
    /// Whether nothing but the processor's kernels differs, for which nobody starts over.
    public let isOfOtherKernels: Bool

    /// Whether it is the very training that would begin.
    public var isThisOne: Bool { differences.isEmpty }
  }

  /// What a fresh start would replace; nil when there is nothing. Throws for a damaged checkpoint.
  public func unfinished() throws -> Unfinished? {
    guard folder.hasCheckpoint else { return nil }
    let old = try Checkpoint(reading: folder.checkpoint)
    var position = "epoch \(old.state.epoch + 1) of \(old.identity.settings.epochs)"
    if old.state.hasEnded(in: folder) { return nil }
    if old.state.isFinished { position = "the training on all clips" }
    return Unfinished(
      position: position,
      differences: plan.identity.differences(from: old.identity),
      isOfOtherKernels: plan.identity.differs(onlyInKernelsFrom: old.identity))
  }
}

extension TrainingState {
  /// Whether nothing is left to be done in a run folder, on all clips neither.
  func hasEnded(in folder: RunFolder) -> Bool {
    guard isFinished, awaitsRefit == true else { return isFinished }
    let refit = folder.part(RunFolder.refit)
    guard refit.hasCheckpoint, let last = try? Checkpoint(reading: refit.checkpoint) else {
      return false
    }
    return last.state.isFinished
  }
}

import Datasets

extension FeatureTraining {
  /// What the training comes to; measures the features of an empty clip for it.
  public func outlook() throws -> TrainingOutlook {
    try TrainingOutlook(
      plan, model: folder.model, fitted: clips.count, secondsPerClip: try measure(),
      plannedBytes: try plannedBytes())
  }

  /// Decodes every clip without computing anything of it, so that damaged ones are known.
  ///
  /// - Returns: false when stopped.
  public func look(progress: (_ done: Int, _ total: Int) -> Bool) throws -> Bool {
    let report = ClipStore(
      preprocessing: plan.preprocessing, cache: .none, limits: plan.request.limits
    ).prepare(clips, workers: pool.threads, progress: progress)
    if report.isCancelled { return false }
    partial = report.partial
    try plan.leaveOut(report.failures)
    return true
  }
}

extension TrainingOutlook {
  /// Of a head that is fitted: one pass over the clips, one by one.
  fileprivate init(
    _ plan: TrainingPlan, model: String, fitted clips: Int, secondsPerClip: Double,
    plannedBytes: Int
  ) throws {
    self.init(
      plan, model: model, epochs: 1, stepsPerEpoch: clips, batchSize: 1,
      secondsPerEpoch: secondsPerClip * Double(clips), plannedBytes: plannedBytes,
      // Statistics over time of every clip, and of what two baselines show of it.
      keptBytes: 3 * clips * MemoryLayout<Float>.size
        * (plan.network.entries.last { $0.role == .normalization }?.range.count ?? 0),
      flops: try plan.network.architecture.flopsPerClip())
  }
}

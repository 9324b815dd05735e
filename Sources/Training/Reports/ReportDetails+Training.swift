import Datasets
import Evaluation

// What the page of a training shows besides its scores.
extension TrainingPlan {
  /// - Parameters:
  ///   - store: gives frames of the clips.
  ///   - most: clips to take frames of.
  func details(
    of scored: ScoredClips, store: ClipStore, most: Int = .max, copies: SplitCopies?,
    doubtful: [DoubtfulClip], version: String, threads: Int
  ) -> ReportDetails {
    var details = ReportDetails()
    let held = validation + self.held
    details.strips = ClipStrips(
      of: scored, clips: train + held, store: store, threads: threads, most: most)
    details.copies = copies?.told
    details.split = ReportDetails.Split(learned: train, held: held, classes: identity.classes)
    details.doubts = doubtful.map {
      ReportDetails.Doubt(
        path: $0.path, label: $0.label, answer: $0.answer, score: $0.score, learned: $0.wasLearned)
    }
    details.origin = ReportOrigin.facts(
      version: version, threads: threads,
      hashes: [("data set", index.fingerprint), ("split", division.fingerprint)])
    return details
  }
}

extension TrainingSession {
  func details(of scored: ScoredClips, doubtful: [DoubtfulClip] = []) -> ReportDetails {
    plan.details(
      of: scored, store: store, copies: copies, doubtful: doubtful, version: programVersion,
      threads: threads)
  }
}

extension FeatureTraining {
  /// Frames are not kept beside features, so those of the worst mistakes alone are decoded again.
  private static let mostStrips = 200

  func details(of scored: ScoredClips, doubtful: [DoubtfulClip] = []) -> ReportDetails {
    plan.details(
      of: scored,
      store: ClipStore(
        preprocessing: plan.preprocessing, cache: .none, limits: plan.request.limits),
      most: FeatureTraining.mostStrips, copies: copies, doubtful: doubtful,
      version: programVersion, threads: threads)
  }
}

extension ReportDetails.Training {
  /// Nil before the first epoch has ended.
  init?(_ state: TrainingState) {
    guard !state.records.isEmpty else { return nil }
    self.init(
      epochs: state.records.map { record in
        ReportDetails.Epoch(
          epoch: record.epoch, learningRate: record.learningRate, trainLoss: record.trainingLoss,
          trainTop1: record.trainingTop1,
          held: record.validation.map { ($0.loss, $0.top1, $0.macroF1) }, seconds: record.seconds)
      }, best: state.best?.epoch)
  }
}

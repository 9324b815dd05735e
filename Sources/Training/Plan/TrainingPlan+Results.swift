import Datasets
import Evaluation
import FileStore
import ModelFiles
import Networks

// What every kind of training leaves: a report and a model file.
extension TrainingPlan {
  /// What was held out, with what is known of the training.
  ///
  /// - Parameters:
  ///   - lost: clips that could not be read any more.
  ///   - facts: what this kind of training has to say besides.
  func report(
    _ evaluation: Evaluation, of folder: RunFolder, threads: Int, lost: [ClipFailure] = [],
    facts: [(String, String)]
  ) -> EvaluationReport {
    var report = EvaluationReport(
      evaluation, seed: settings.seed, threads: threads,
      skipped: (leftOut + lost).map { ($0.clip.name, $0.message) })
    report.facts =
      [
        ("model", PathText.name(of: folder.model)), ("clips", division.sentence),
        ("groups", index.groupRule.sentence),
      ] + facts
    return report
  }

  /// Writes a model; nothing that depends on time, threads or place goes into the file.
  func save(
    _ network: Network, facts: [String: String], temperature: Double, clipSeconds: Double,
    programVersion: String, to path: String
  ) throws {
    let metadata = ModelMetadata(
      architecture: network.architecture, classes: identity.classes,
      preprocessing: preprocessing, temperature: temperature, clipSeconds: clipSeconds,
      training: facts, datasetHash: index.fingerprint, splitHash: division.fingerprint,
      programVersion: programVersion)
    try Model(metadata: metadata, network: network).save(to: path)
  }
}

import Datasets
import Foundation
import ModelFiles
import Tensors
import Testing

@testable import Training

/// The training on all clips after one that was validated.
@Suite struct RefitTests {
  private func record(_ epoch: Int, _ score: Double) -> EpochRecord {
    EpochRecord(
      epoch: epoch, step: epoch * 10, learningRate: 1, trainingLoss: 1, trainingTop1: 0,
      validation: .init(loss: 1, top1: score, macroF1: score), seconds: 1, clipsPerSecond: 1)
  }

  /// 100 clips at 70 %: a standard error is 4.6 points.
  @Test(arguments: [
    ([0.5, 0.7, 0.66], 30), ([0.5, 0.7, 0.6], 20), ([0.5, 0.6, 0.7], 30), ([0.7], 10),
    ([1, 1, 0.99], 10),
  ])
  func lastsToTheEndUnlessTheScoreFell(scores: [Double], steps: Int) throws {
    var state = TrainingState()
    for (index, score) in scores.enumerated() { _ = state.note(record(index + 1, score)) }
    let refit = try #require(
      Refit(records: state.records, best: state.best, clips: 100, stepsPerEpoch: 10))
    #expect(refit.steps == steps && refit.stepsPerEpoch == 10)
  }

  @Test func withoutValidationThereIsNone() throws {
    let training = try MotionTraining()
    let trainer = try training.trainer(training.request { $0.validationFraction = 0 })
    _ = try trainer.run { false }
    #expect(trainer.refit == nil && trainer.state.awaitsRefit == nil)
    let whole = try MotionTraining()
    let asked = try whole.trainer(whole.request { $0.refit = false })
    _ = try asked.run { false }
    #expect(asked.refit == nil && asked.state.awaitsRefit == nil)
  }

  /// A validated training, and a trainer for the one on all clips.
  private func refit(_ training: MotionTraining, steps: Int) throws -> Trainer {
    let validated = try training.trainer(training.request { $0.validationFraction = 0.17 })
    let plan = try validated.plan.refit(Refit(steps: steps, stepsPerEpoch: 5), lost: [])
    let folder = training.folder.part(RunFolder.refit)
    try folder.prepare()
    return try Trainer(
      plan: plan, folder: folder, source: training.clips, pool: WorkerPool(threads: 1),
      secondsBetweenCheckpoints: 1e9)
  }

  /// 24 clips are 6 steps an epoch, where 20 were 5: two whole epochs and a broken one.
  @Test func learnsFromAllClipsForAsManySteps() throws {
    let training = try MotionTraining()
    let trainer = try refit(training, steps: 15)
    #expect(trainer.clips == 24 && trainer.stepsPerEpoch == 6)
    #expect(trainer.totalSteps == 15 && trainer.epochs == 3)
    #expect(try trainer.run { false } == .finished)
    #expect(trainer.stepsDone == 15 && trainer.epochsDone == 3)
    // At each step the learning rate of the validated training, which ended at its 15th.
    let validated = try training.trainer(training.request { $0.validationFraction = 0.17 })
    _ = try validated.run { false }
    #expect(trainer.state.records.last?.learningRate == validated.state.records.last?.learningRate)
  }

  @Test(arguments: [[0], [6], [13], [15], [4, 12, 14]])
  func resumedEqualsUninterrupted(stops: [Int]) throws {
    let whole = try MotionTraining()
    let uninterrupted = try refit(whole, steps: 15)
    #expect(try uninterrupted.run { false } == .finished)
    let training = try MotionTraining()
    for stop in stops {
      let trainer = try refit(training, steps: 15)
      if trainer.canResume(acceptingChanges: false) { try trainer.resume() }
      #expect(try trainer.run { trainer.stepsDone >= stop } == .interrupted)
    }
    let last = try refit(training, steps: 15)
    try last.resume()
    #expect(try last.run { false } == .finished)
    #expect(MotionTraining.bytes(last) == MotionTraining.bytes(uninterrupted))
    // A training of another length is another one.
    #expect(try !refit(training, steps: 14).canResume(acceptingChanges: true))
  }

  @Test func isNotEndedBeforeAllClipsAreLearned() throws {
    let training = try MotionTraining()
    let trainer = try training.trainer(training.request())
    _ = try trainer.run { false }
    #expect(try trainer.unfinished()?.isThisOne == true)
    let second = try refit(training, steps: 15)
    _ = try second.run { second.stepsDone >= 3 }
    #expect(try trainer.unfinished() != nil)
    let third = try refit(training, steps: 15)
    _ = try third.run { false }
    #expect(try trainer.unfinished() == nil)
    // Begun anew, nothing of it may be gone on with.
    _ = try training.trainer(training.request()).run { true }
    #expect(!training.folder.part(RunFolder.refit).hasCheckpoint)
  }
}

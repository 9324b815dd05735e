import FileStore
import Foundation
import Testing

@testable import Training

@Suite struct TrainerTests {
  @Test func learnsTheDirectionOfMotion() throws {
    let training = try MotionTraining(clips: 48)
    let trainer = try training.trainer(
      training.request {
        $0.epochs = 12
        $0.learningRate = 0.01
        $0.flip = false
        $0.validationFraction = 0.25
      }, threads: 2)
    #expect(try trainer.run { false } == .finished)
    let held = try trainer.score(trainer.plan.validation)
    let right = zip(held.predictions, held.labels).filter { $0 == $1 }.count
    #expect(right == held.count && held.count >= 8)
    let still = try trainer.score(trainer.plan.validation, variant: .singleFrame)
    let guessed = zip(still.predictions, still.labels).filter { $0 == $1 }.count
    #expect(Double(guessed) < 0.8 * Double(still.count))
  }

  @Test(arguments: [TrainingSettings.OptimizerName.adamw, .sgd])
  func threadsDoNotChangeABit(_ optimizer: TrainingSettings.OptimizerName) throws {
    var results: [[UInt8]] = []
    for threads in [1, 2, 3] {
      let training = try MotionTraining()
      let trainer = try training.trainer(
        training.request { $0.optimizer = optimizer }, threads: threads)
      _ = try trainer.run { false }
      results.append(MotionTraining.bytes(trainer))
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  /// Each draw of a clip is another: an epoch of three is not three epochs of the same.
  @Test func severalClipsOfAVideoMakeAnEpochLonger() throws {
    let training = try MotionTraining()
    let one = try training.trainer(training.request { $0.epochs = 3 })
    let three = try training.trainer(
      training.request {
        $0.epochs = 1
        $0.clipsPerVideo = 3
      })
    #expect(three.stepsPerEpoch == 3 * one.stepsPerEpoch)
    _ = try one.run { false }
    _ = try three.run { false }
    #expect(one.stepsDone == three.stepsDone)
    #expect(MotionTraining.bytes(one) != MotionTraining.bytes(three))
    #expect(throws: TrainingError.self) {
      try TrainingPlan(training.request { $0.clipsPerVideo = 0 }, index: training.clips.index)
    }
  }

  /// In validation and in the last scoring alike, a training ends where scores are not finite.
  @Test func scoresThatAreNoNumbersAreAnError() throws {
    let training = try MotionTraining()
    let trainer = try training.trainer(training.request { $0.validationFraction = 0.25 })
    for index in trainer.averaged.parameters.indices { trainer.averaged.parameters[index] = 3e38 }
    let error = #expect(throws: TrainingError.self) {
      try trainer.score(trainer.plan.validation)
    }
    #expect(error?.code == .diverged)
    #expect(error?.message.contains("lower `learningRate`") == true)
  }

  @Test func seedsMatter() throws {
    var results: [[UInt8]] = []
    for seed in [UInt64(1), 2] {
      let training = try MotionTraining()
      let trainer = try training.trainer(
        training.request {
          $0.seed = seed
          $0.epochs = 1
        })
      _ = try trainer.run { false }
      results.append(MotionTraining.bytes(trainer))
    }
    #expect(results[0] != results[1])
  }

  /// 20 clips to train on are 5 steps an epoch: stops at the start, in the middle, at the end of an
  /// epoch, twice, and after every step.
  @Test(arguments: [[0], [2], [5], [1, 8], [14], Array(1...14)], ["adamw", "sgd", "strong"])
  func resumedEqualsUninterrupted(stops: [Int], kind: String) throws {
    func request(_ training: MotionTraining) -> TrainingRequest {
      training.request {
        $0.optimizer = kind == "sgd" ? .sgd : .adamw
        $0.augmentation = kind == "strong" ? .strong : .light
        $0.validationFraction = 0.17
      }
    }
    let whole = try MotionTraining()
    let uninterrupted = try whole.trainer(request(whole))
    #expect(try uninterrupted.run { false } == .finished)
    #expect(uninterrupted.stepsDone == 15)

    let training = try MotionTraining()
    for stop in stops {
      let trainer = try training.trainer(request(training))
      if training.folder.hasCheckpoint { try trainer.resume() }
      #expect(try trainer.run { trainer.stepsDone >= stop } == .interrupted)
      #expect(trainer.stepsDone == stop)
    }
    let last = try training.trainer(request(training))
    try last.resume()
    #expect(try last.run { false } == .finished)
    #expect(MotionTraining.bytes(last) == MotionTraining.bytes(uninterrupted))
    #expect(
      last.state.records.map(\.trainingLoss) == uninterrupted.state.records.map(\.trainingLoss))
    #expect(last.averaged.batchesTracked == uninterrupted.averaged.batchesTracked)
    let rows = try String(contentsOfFile: training.folder.metrics, encoding: .utf8)
    #expect(rows.split(separator: "\n").count == 4)
  }

  /// A kill leaves the last checkpoint written by the clock, whatever was done after it.
  @Test func aKillLosesNothingButTime() throws {
    struct Killed: Error {}
    let whole = try MotionTraining()
    let uninterrupted = try whole.trainer(whole.request())
    _ = try uninterrupted.run { false }

    let training = try MotionTraining()
    let killed = try training.trainer(training.request(), secondsBetweenCheckpoints: 0)
    var kept: Data?
    _ = try killed.run {
      if killed.stepsDone == 7 {
        kept = FileManager.default.contents(atPath: training.folder.checkpoint)
      }
      return killed.stepsDone >= 9
    }
    try #require(kept).write(to: URL(fileURLWithPath: training.folder.checkpoint))
    let resumed = try training.trainer(training.request())
    try resumed.resume()
    #expect(resumed.stepsDone == 7)
    _ = try resumed.run { false }
    #expect(MotionTraining.bytes(resumed) == MotionTraining.bytes(uninterrupted))
  }

  /// A disk that goes away must not end in a model: not of one class, nor a model without scores.
  @Test(arguments: ["everything", "a class", "what is held out"])
  func clipsThatGoAwayStopTheTraining(what: String) throws {
    let training = try MotionTraining()
    let source = VanishingClips(training.clips)
    let held = Set(
      try training.trainer(training.request()).plan.validation.map(\.identity))
    var observer = Trainer.Observer()
    observer.epoch = { record, _ in
      // Between two epochs, so that no batch of the second was read before.
      guard record.epoch == 1 else { return }
      source.lose { clip in
        switch what {
        case "a class": clip.classIndex == 1 && !held.contains(clip.identity)
        case "what is held out": held.contains(clip.identity)
        default: true
        }
      }
    }
    let trainer = try training.trainer(training.request(), source: source, observer: observer)
    let error = #expect(throws: TrainingError.self) { try trainer.run { false } }
    #expect(error?.code == .data)
    #expect(error?.message.contains("went away") == true)

    // What was done before is kept: the same bytes come out once the clips are back.
    let whole = try MotionTraining()
    let uninterrupted = try whole.trainer(whole.request())
    _ = try uninterrupted.run { false }
    let resumed = try training.trainer(training.request())
    #expect(try resumed.unfinished()?.isThisOne == true)
    try resumed.resume()
    _ = try resumed.run { false }
    #expect(MotionTraining.bytes(resumed) == MotionTraining.bytes(uninterrupted))
    #expect(resumed.state.isFinished)
    try Data("nonsense".utf8).write(to: URL(fileURLWithPath: training.folder.checkpoint))
    #expect(throws: (any Error).self) { try resumed.unfinished() }
  }

  @Test func aClipThatGoesAwayIsCounted() throws {
    let training = try MotionTraining()
    let source = VanishingClips(training.clips)
    let trainer = try training.trainer(training.request(), source: source)
    let lost = try #require(trainer.plan.train.first)
    source.lose { $0.identity == lost.identity }
    _ = try trainer.run { false }
    #expect(trainer.lost.map(\.clip.identity) == [lost.identity])
  }

  @Test func finishedTrainingResumesToItsEnd() throws {
    let training = try MotionTraining()
    let first = try training.trainer(training.request())
    _ = try first.run { false }
    let again = try training.trainer(training.request())
    try again.resume()
    #expect(try again.run { false } == .finished)
    #expect(MotionTraining.bytes(again) == MotionTraining.bytes(first))
    #expect(again.stepsDone == first.stepsDone)
  }

  @Test func measuringLeavesNoTrace() throws {
    let training = try MotionTraining()
    let plain = try training.trainer(training.request { $0.epochs = 1 })
    _ = try plain.run { false }
    let other = try MotionTraining()
    let measured = try other.trainer(other.request { $0.epochs = 1 })
    let timing = try measured.measure()
    #expect(timing.step > 0 && timing.scoring > 0)
    _ = try measured.run { false }
    #expect(MotionTraining.bytes(measured) == MotionTraining.bytes(plain))
    #expect(measured.averaged.batchesTracked == plain.averaged.batchesTracked)
  }

  @Test(arguments: ["epochs", "learningRate", "seed", "dropout", "augmentation", "color", "motion"])
  func anotherTrainingIsRefusedByName(setting: String) throws {
    let training = try MotionTraining()
    let first = try training.trainer(training.request())
    _ = try first.run { first.stepsDone >= 1 }
    let plan = try TrainingPlan(
      training.request {
        switch setting {
        case "epochs": $0.epochs = 9
        case "learningRate": $0.learningRate = 0.5
        case "seed": $0.seed = 7
        case "dropout": $0.dropout = 0.9
        case "augmentation": $0.augmentation = .strong
        case "motion": $0.motion = .difference
        default: ($0.gray, $0.architecture) = (false, nil)
        }
      }, index: training.clips.index)
    let checkpoint = try Checkpoint(reading: training.folder.checkpoint)
    let error = #expect(throws: TrainingError.self) {
      try checkpoint.requireIdentity(plan.identity)
    }
    #expect(error?.code == .checkpoint)
    #expect(error?.message.contains("`\(setting)`") == true)
    #expect(error?.message.contains(training.folder.checkpoint) == true)
  }

  @Test(arguments: [0, 1, 7, 100, 1000])
  func damagedCheckpointsAreRefused(keep: Int) throws {
    let training = try MotionTraining()
    let first = try training.trainer(training.request())
    _ = try first.run { first.stepsDone >= 1 }
    let path = training.folder.checkpoint
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    try data.prefix(keep).write(to: URL(fileURLWithPath: path))
    let second = try training.trainer(training.request())
    #expect(throws: (any Error).self) { try second.resume() }
    #expect(second.stepsDone == 0)
  }

  @Test func divergenceIsToldAndNotSaved() throws {
    let training = try MotionTraining()
    let trainer = try training.trainer(
      training.request {
        $0.optimizer = .sgd
        $0.learningRate = 100
        $0.weightDecay = 0
        $0.epochs = 60
        $0.warmup = 0
      })
    trainer.plan.network.parameters[0] = .nan
    let error = #expect(throws: TrainingError.self) { try trainer.run { false } }
    #expect(error?.code == .diverged)
    #expect(error?.message.contains("`learningRate`") == true)
    #expect(!training.folder.hasCheckpoint)
  }

  @Test func stopsEarlyAndKeepsTheBest() throws {
    let training = try MotionTraining()
    let trainer = try training.trainer(
      training.request {
        $0.epochs = 30
        $0.earlyStop = 2
        // Nothing is learned at this rate, so nothing gets better for long.
        $0.learningRate = 1e-12
      })
    #expect(try trainer.run { false } == .finished)
    #expect(trainer.epochsDone < 30)
    #expect(trainer.epochsDone - (try #require(trainer.bestEpoch)) == 2)
  }

  @Test func withoutValidationTheLastWeightsStay() throws {
    let training = try MotionTraining()
    let trainer = try training.trainer(
      training.request {
        $0.validationFraction = 0
        $0.epochs = 2
      })
    #expect(try trainer.run { false } == .finished)
    #expect(trainer.bestEpoch == nil && trainer.epochsDone == 2)
    #expect(trainer.averaged.parameters.allSatisfy { $0.isFinite })
  }

  @Test func eventsOfARestartReplaceThoseBefore() throws {
    let training = try MotionTraining()
    for _ in 0..<2 {
      let trainer = try training.trainer(training.request { $0.epochs = 1 })
      _ = try trainer.run { false }
    }
    let events = (Folder.names(training.folder.path) ?? []).filter {
      $0.hasPrefix("events.out.tfevents.")
    }
    #expect(events.count == 1)
  }
}

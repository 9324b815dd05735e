import ClipSampling
import Datasets
import ModelFiles
import Tensors
import VideoDecoding

/// How long a training will about take, from a few steps on made-up clips.
///
/// It leaves out decoding (once, then the clips are kept) and early stopping, and counts on a
/// machine that has nothing else to do.
public struct TrainingEstimate: Sendable {
  /// The network's name.
  public let architecture: String
  /// Passes over the clips.
  public let epochs: Int
  /// Clips of a step.
  public let batchSize: Int
  /// Steps and scoring of the clips held out.
  public let secondsPerEpoch: Double

  /// Seconds of all epochs.
  public var seconds: Double { secondsPerEpoch * Double(epochs) }

  /// Measures a training step and a scoring step of the plan's network; decodes and writes nothing.
  public init(_ plan: TrainingPlan, threads: Int) throws {
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let trainer = try Trainer(
      plan: plan, folder: RunFolder(model: plan.request.modelPath),
      source: SyntheticClips(plan.preprocessing), pool: pool)
    let timing = try trainer.measure()
    architecture = plan.network.architecture.name
    epochs = plan.settings.epochs
    batchSize = plan.settings.batchSize
    secondsPerEpoch = TrainingEstimate.epoch(plan, trainer: trainer, timing: timing)
  }

  /// Seconds of an epoch: its steps, and the scoring of the clips held out.
  static func epoch(
    _ plan: TrainingPlan, trainer: Trainer, timing: (step: Double, scoring: Double)
  ) -> Double {
    let batches = (Double(plan.validation.count) / Double(plan.settings.batchSize)).rounded(.up)
    return timing.step * Double(trainer.stepsPerEpoch) + timing.scoring * batches
  }

  /// The same noise for every clip: the time of a step does not depend on what is in the pictures.
  private final class SyntheticClips: ClipSource {
    private let stack: FrameStack

    init(_ preprocessing: Preprocessing) {
      var random = RandomStream(seed: 0, purpose: .augmentation)
      let count = SourceFrames.limit(preprocessing)
      stack = FrameStack(
        count: count, height: preprocessing.resizeHeight, width: preprocessing.resizeWidth,
        channels: preprocessing.colorChannels,
        pixels: (0..<SourceFrames.stackBytes(preprocessing)).map { _ in
          UInt8(truncatingIfNeeded: random.next())
        }, times: (0..<count).map { Double($0) / 25 })
    }

    func stack(for clip: Clip) -> FrameStack { stack }
  }
}

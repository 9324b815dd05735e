import Foundation
import Training

/// Shows a training as it goes: a bar for the steps, a line for each epoch.
final class TrainingWatch {
  private let console: Console
  private var bar: ProgressBar?
  private var stepsDone = 0
  private var epochs = 0

  init(console: Console) { self.console = console }

  var observer: Trainer.Observer {
    var observer = Trainer.Observer()
    observer.step = { [unowned self] in step($0) }
    observer.epoch = { [unowned self] in epoch($0, isBest: $1) }
    observer.note = { [unowned self] in console.note($0) }
    return observer
  }

  /// Call before the first step, with what a resumed training has behind it.
  func start(_ trainer: Trainer) {
    stepsDone = trainer.stepsDone
    bar = ProgressBar(
      "training", total: trainer.totalSteps, completed: stepsDone, unit: "steps", console: console)
  }

  func finish() { bar?.finish() }

  private func step(_ progress: Trainer.Progress) {
    stepsDone += 1
    epochs = progress.epochs
    bar?.update(
      completed: stepsDone,
      note: "epoch \(progress.epoch)/\(progress.epochs), loss \(decimal(progress.loss))")
  }

  private func epoch(_ record: EpochRecord, isBest: Bool) {
    var line =
      "epoch \(record.epoch)/\(epochs)  loss \(decimal(record.trainingLoss))  "
      + "top-1 \(percent(record.trainingTop1))"
    if let held = record.validation {
      line +=
        "  |  validation loss \(decimal(held.loss))  top-1 \(percent(held.top1))  "
        + "macro F1 \(percent(held.macroF1))\(isBest ? "  best" : "")"
    }
    console.note(line)
  }

  private func decimal(_ value: Double) -> String { String(format: "%.3f", value) }

  private func percent(_ value: Double) -> String { String(format: "%.1f %%", value * 100) }
}

import Tensors

/// What a training would do: what `train --dry-run --json` writes.
public struct TrainingOutlook: Encodable, Sendable {
  /// Clips of one class on both sides.
  public struct ClassClips: Encodable, Sendable {
    /// The class.
    public let name: String
    /// Clips to learn from.
    public let trainingClips: Int
    /// Clips that are held out.
    public let heldOutClips: Int

    enum CodingKeys: String, CodingKey {
      case name
      case trainingClips = "training_clips"
      case heldOutClips = "held_out_clips"
    }
  }

  /// Nil for a cross-validation, which writes none.
  public let model: String?
  /// Such trainings of a cross-validation, one after the other; the figures are those of the first.
  public let folds: Int?
  /// Networks of an ensemble, trained one after the other; the figures are those of the first.
  public let members: Int?
  /// Whether a training on all clips follows that takes about as long.
  public let refit: Bool
  /// In the order of the model's scores.
  public let classes: [ClassClips]
  /// Clips that cannot be decoded, or do not exist.
  public let leftOut: [String]
  /// How the clips were divided, and by which groups, for people.
  public let groups: String
  /// How the clips were divided, for people.
  public let split: String
  /// The network's name.
  public let architecture: String
  /// Trainable values.
  public let parameters: Int
  /// Multiplications and additions of one clip forward.
  public let flopsPerClip: Int
  /// Passes over the clips, at most.
  public let epochs: Int
  /// Steps of the optimiser in a pass.
  public let stepsPerEpoch: Int
  /// Clips of a step.
  public let batchSize: Int
  /// Measured on a few steps.
  public let secondsPerEpoch: Double
  /// The arithmetic of products; decided, never `auto`.
  public let precision: Precision
  /// Memory of the network and its batches.
  public let plannedMiB: Int
  /// Memory of the program in all, decoded clips among them; its decoder processes have their own.
  public let memoryMiB: Int

  enum CodingKeys: String, CodingKey {
    case model, folds, members, refit, classes, groups, split, architecture, parameters, epochs,
      precision
    case leftOut = "left_out"
    case flopsPerClip = "flops_per_clip"
    case stepsPerEpoch = "steps_per_epoch"
    case batchSize = "batch_size"
    case secondsPerEpoch = "seconds_per_epoch"
    case plannedMiB = "planned_mib"
    case memoryMiB = "memory_mib"
  }

  init(
    _ plan: TrainingPlan, model: String, trainer: Trainer, keptBytes: Int,
    timing: (step: Double, scoring: Double)
  ) throws {
    self.init(
      plan, model: model, epochs: plan.settings.epochs, stepsPerEpoch: trainer.stepsPerEpoch,
      batchSize: plan.settings.batchSize,
      secondsPerEpoch: TrainingEstimate.epoch(plan, trainer: trainer, timing: timing),
      plannedBytes: trainer.plannedBytes, keptBytes: keptBytes,
      flops: try plan.network.architecture.flopsPerClip())
  }

  init(
    _ plan: TrainingPlan, model: String, epochs: Int, stepsPerEpoch: Int, batchSize: Int,
    secondsPerEpoch: Double, plannedBytes: Int, keptBytes: Int, flops: Int
  ) {
    let training = plan.trainingCounts
    let held = TrainingPlan.counts(
      plan.validation + plan.held, classes: plan.identity.classes.count)
    let network = plan.network.architecture
    folds = plan.request.fold?.count
    self.model = folds == nil ? model : nil
    members = plan.request.member?.count
    refit = plan.refits
    classes = plan.identity.classes.indices.map {
      ClassClips(
        name: plan.identity.classes[$0], trainingClips: training[$0], heldOutClips: held[$0])
    }
    leftOut = plan.index.unusable.map(\.path) + plan.leftOut.map(\.clip.name)
    groups = plan.index.groupRule.sentence
    split = plan.division.sentence
    architecture = network.name
    parameters = plan.network.parameters.count
    flopsPerClip = flops
    self.epochs = epochs
    self.stepsPerEpoch = stepsPerEpoch
    self.batchSize = batchSize
    self.secondsPerEpoch = secondsPerEpoch
    precision = plan.settings.precision ?? .fp32
    plannedMiB = plannedBytes >> 20
    // Weights with room for gradients: as each member began, as it ended, and in the ensemble.
    let kept = (members ?? 0) * 6 * plan.network.parameters.count * MemoryLayout<Float>.size
    // The program itself, the libraries it loads, and what their threads take.
    memoryMiB = (plannedBytes + keptBytes + kept) >> 20 + 96
  }
}

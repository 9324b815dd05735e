import ClipSampling
import Datasets
import FileStore
import Foundation
import ModelFiles
import Networks
import Tensors
public import VideoDecoding

/// Which layers keep the weights that a training starts from.
public enum Freezing: Hashable, Sendable {
  /// All but the classifier.
  case trunk
  /// So many rows of the table that `vidclass info` shows, from the first on.
  case layers(Int)
}

/// What the user asks of a training; nil leaves the choice to the amount of data.
public struct TrainingRequest: Sendable {
  /// A folder of class folders, a manifest or a list.
  public var data: String
  /// Lists of further clips, such as corrections; what they say of a clip wins over `data`.
  public var additions: [String] = []
  /// The model file; nil for `models/<name of the data>.safetensors`.
  public var output: String?
  /// Name of a preset or path of an architecture as JSON.
  public var architecture: String?
  /// The layer that goes through time, and how its steps become one vector; of presets.
  public var recurrence: PresetOptions.Recurrence?
  /// How the steps become one vector; of presets.
  public var head: PresetOptions.Head?
  /// That the network sees of a clip.
  public var frames: Int?
  /// Height and width of the network's input in pixels.
  public var size: Int?
  /// One channel of brightness instead of three colours.
  public var gray = false
  /// Frames are taken at this rate, around the clip's middle.
  public var framesPerSecond: Double?
  /// Every so many decoded frames, around the clip's middle.
  public var stride: Int?
  /// Whether differences between frames are part of the input.
  public var motion: Preprocessing.Motion?
  /// Passes over the clips.
  public var epochs: Int?
  /// Clips of a step.
  public var batchSize: Int?
  /// Frame stacks drawn of each clip in an epoch, each time differently.
  public var clipsPerVideo: Int?
  /// The highest rate of the schedule.
  public var learningRate: Double?
  /// What changes the weights.
  public var optimizer: TrainingSettings.OptimizerName?
  /// The way of the learning rate after the warm-up.
  public var schedule: LearningRateSchedule.Course?
  /// Epochs until the learning rate is at its peak; may be broken.
  public var warmup: Double?
  /// The share of a weight that a step takes away, times the learning rate.
  public var weightDecay: Double?
  /// The share of each target that is spread evenly over all classes.
  public var labelSmoothing: Double?
  /// The rate before the classifier.
  public var dropout: Double?
  /// How much the classes of an uneven data set count.
  public var classWeights: ClassWeighting?
  /// How much clips are varied.
  public var augmentation: AugmentationSettings.Level?
  /// The Beta distribution's parameter by which pairs of clips are blended; 0 blends none.
  public var mixup: Double?
  /// nil decides by the names of the classes.
  public var flip: Bool?
  /// Share of the clips held out, where the data set has no split of its own.
  public var validationFraction: Double?
  /// A regular expression whose first capture is a clip's group, or `folder`.
  public var groupBy: String?
  /// How many folders above a clip are its class; nil tells by their names.
  public var classDepth: Int?
  /// Groups that are held out, and only those; empty for a share of the clips.
  public var validationGroups: [String] = []
  /// Names of the classes of a text list's indices, one a line.
  public var classesFile: String?
  /// A class for what a list of parts of movies leaves unlabelled.
  public var background: String?
  /// How clips are decoded, and which stream of them.
  public var limits = DecodeLimits.standard
  /// Hold out this part and look at it only once, at the end: nothing is chosen by it.
  public var fold: Fold?
  /// Share of the training clips that is used; below 1 to see what more of them bring.
  public var share = 1.0
  /// Epochs without a better score after which training ends; nil trains to the end.
  public var earlyStop: Int?
  /// Of the moving average of weights; 0 keeps the last weights.
  public var averageDecay: Double?
  /// Direct convolutions only.
  public var exactConvolution = false
  /// The arithmetic of products.
  public var precision = Precision.auto
  /// A model, or weights from elsewhere, to start from.
  public var initialModel: String?
  /// What of them is kept; nil for nothing.
  public var freeze: Freezing?
  /// Epochs, which may be broken, in which only layers learn that `initialModel` has no weights for;
  /// nil for a tenth of all where there are such layers.
  public var headFirst: Double?
  /// The first layer's learning rate in parts of the new layers'; nil for a tenth where there are
  /// new layers.
  public var trunkRate: Double?
  /// Whether a training that was validated is done again on all clips, for as many steps.
  public var refit = true
  /// The network of an ensemble that is trained; each has another seed and holds out another part of
  /// the groups.
  public var member: Fold?
  /// Goes on from the checkpoint, which must be of this very training; begins where there is none.
  public var resume = false
  /// Of weights, order, variation and split.
  public var seed: UInt64 = 0

  /// Everything else is left to the amount of data.
  public init(data: String) { self.data = data }

  /// Takes over what a training that goes on has chosen by the amount of its data.
  mutating func keepChoices(of begun: TrainingIdentity) {
    let settings = begun.settings
    epochs = epochs ?? settings.epochs
    batchSize = batchSize ?? settings.batchSize
    warmup = warmup ?? settings.warmup
    averageDecay = averageDecay ?? settings.averageDecay
    classWeights = classWeights ?? settings.classWeights
    if architecture == nil, initialModel == nil {
      architecture =
        (try? Architecture(json: Array(begun.architecture.utf8), source: "checkpoint"))?.name
    }
  }

  /// Of weights, order and variation.
  var drawSeed: UInt64 { seed &+ UInt64((member?.number ?? 1) - 1) }

  /// How the data set is read.
  public var indexOptions: IndexOptions {
    IndexOptions(
      groupBy: groupBy, classDepth: classDepth, background: background, classesFile: classesFile)
  }

  /// Reads the data set, and looks into its clips for groups where their names tell none.
  ///
  /// - Parameter looking: called from any thread with the clips looked into and all; false stops.
  /// - Throws: `CancellationError` when it was stopped.
  func loadIndex(
    pool: WorkerPool, looking: @Sendable (_ done: Int, _ total: Int) -> Bool
  ) throws -> DatasetIndex {
    let index = try DatasetIndex.load(path: data, options: indexOptions)
    guard index.needsEvidence else {
      return try index.adding(additions, options: indexOptions)
    }
    let total = index.clips.count
    guard
      let grouped = index.groupedByEvidence(
        pool: pool, limits: limits, progress: { looking($0, total) })
    else { throw CancellationError() }
    return try grouped.adding(additions, options: indexOptions)
  }

  /// The model file this training writes.
  public var modelPath: String {
    if let output { return output }
    let path = URL(fileURLWithPath: data).standardizedFileURL.path
    let name = Folder.exists(data) ? PathText.name(of: path) : PathText.stem(of: path)
    let stem = name.isEmpty || name == "/" ? "model" : name
    return "models/\(FileName.joining(stem, ".safetensors"))"
  }
}

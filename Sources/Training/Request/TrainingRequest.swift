import ClipSampling
import Datasets
import FileStore
import Foundation
import Networks
import Tensors

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
  /// The model file; nil for `models/<name of the data>.safetensors`.
  public var output: String?
  /// Name of a preset or path of an architecture as JSON.
  public var architecture: String?
  /// The layer that goes through time, and how its steps become one vector; of presets.
  public var recurrence: PresetOptions.Recurrence?
  public var head: PresetOptions.Head?
  public var frames: Int?
  /// Height and width of the network's input in pixels.
  public var size: Int?
  public var gray = false
  public var framesPerSecond: Double?
  public var stride: Int?
  public var motion: Preprocessing.Motion?
  public var epochs: Int?
  public var batchSize: Int?
  public var clipsPerVideo: Int?
  public var learningRate: Double?
  public var optimizer: TrainingSettings.OptimizerName?
  public var schedule: LearningRateSchedule.Course?
  public var warmup: Double?
  public var weightDecay: Double?
  public var labelSmoothing: Double?
  public var dropout: Double?
  public var classWeights: ClassWeighting?
  public var augmentation: AugmentationSettings.Level?
  /// nil decides by the names of the classes.
  public var flip: Bool?
  public var validationFraction: Double?
  public var groupBy: String?
  /// How many folders above a clip are its class; nil tells by their names.
  public var classDepth: Int?
  public var validationGroups: [String] = []
  public var classesFile: String?
  /// A class for what a list of parts of movies leaves unlabelled.
  public var background: String?
  /// Hold out this part and look at it only once, at the end: nothing is chosen by it.
  public var fold: Fold?
  /// Share of the training clips that is used; below 1 to see what more of them bring.
  public var share = 1.0
  public var earlyStop: Int?
  public var averageDecay: Double?
  /// Direct convolutions only.
  public var exactConvolution = false
  public var precision = Precision.auto
  public var initialModel: String?
  public var freeze: Freezing?
  public var resume = false
  public var seed: UInt64 = 0

  public init(data: String) { self.data = data }

  /// How the data set is read.
  public var indexOptions: IndexOptions {
    IndexOptions(
      groupBy: groupBy, classDepth: classDepth, background: background, classesFile: classesFile)
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

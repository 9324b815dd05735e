import ClipSampling
import Datasets
import FileStore
import Foundation
import Tensors

/// Everything besides the clips and the network that decides what a training comes to.
///
/// Two trainings with the same settings, architecture and data end in the same bytes. Threads,
/// caches and where files lie are not here, because they change nothing.
public struct TrainingSettings: Codable, Hashable, Sendable {
  /// As `--optimizer` takes it.
  public enum OptimizerName: String, Codable, Sendable, CaseIterable {
    /// See `AdamW`.
    case adamw
    /// See `SGD`.
    case sgd
  }

  /// Of weights, order, variation and split.
  public var seed: UInt64 = 0
  /// Passes over the clips.
  public var epochs: Int
  /// Clips of a step.
  public var batchSize: Int
  /// Frame stacks drawn of each clip in an epoch, each time differently; nil is one.
  public var clipsPerVideo: Int?
  /// What changes the weights.
  public var optimizer = OptimizerName.adamw
  /// The peak of the schedule.
  public var learningRate: Double
  /// The way of the learning rate after the warm-up.
  public var schedule = LearningRateSchedule.Course.cosine
  /// Epochs, which may be broken, of linear climb at the start.
  public var warmup: Double
  /// The share of a weight that a step takes away, times the learning rate; biases do not decay.
  public var weightDecay: Double
  /// The share of each target that is spread evenly over all classes.
  public var labelSmoothing = 0.1
  /// The rate before the classifier.
  public var dropout = 0.5
  /// How much the classes of an uneven data set count.
  public var classWeights: ClassWeighting
  /// How much clips are varied.
  public var augmentation = AugmentationSettings.Level.standard
  /// The Beta distribution's parameter by which pairs of clips are blended; nil is the level's own.
  public var mixup: Double?
  /// Whether training clips may be mirrored; already decided, never "auto".
  public var flip: Bool
  /// The decay of the moving average of weights; 0 keeps the last weights.
  public var averageDecay: Double
  /// Longest length of the gradient, all values together.
  public var gradientLimit = 1.0
  /// Epochs without a better score after which training ends; nil trains to the end.
  public var earlyStop: Int?
  /// Share of the clips held out where the data set has no split of its own.
  public var validationFraction: Double
  /// Direct convolutions only, which round otherwise than Winograd's; nil is no.
  public var exactConvolution: Bool?
  /// The arithmetic, already decided, never "auto"; nil is fp32.
  public var precision: Precision?
  /// Only the head learns; the trunk stays as `initialModel` had it.
  public var freeze = false
  /// So many layers, from the first on, stay as well; nil is none.
  public var frozenLayers: Int?
  /// Epochs in which layers with weights of `initialModel` wait for the new ones; nil is none.
  public var headFirst: Double?
  /// The first layer's learning rate in parts of the new layers'; nil is the same.
  public var trunkRate: Double?
  /// Hash of the model file that training started from.
  public var initialModel: String?

  /// Settings that suit an amount of data, chosen so that a few hundred clips get what they allow
  /// and thousands do not take days.
  public init(
    clips: Int, classCounts: [Int], flip: Bool, batchSize: Int? = nil, epochs: Int? = nil,
    clipsPerVideo: Int? = nil
  ) {
    self.clipsPerVideo = clipsPerVideo
    // Impossible numbers are refused by `validate`; until then they must not overflow.
    let clips = clips * min(max(1, clipsPerVideo ?? 1), 1000)
    // On lips of unseen speakers, twice as many steps of half as many clips scored as twice as many
    // passes.
    let batch = batchSize ?? (clips >= 4000 ? 32 : clips >= 1500 ? 16 : 8)
    let stepsPerEpoch = max(0, clips - 1) / max(1, batch) + 1
    // About 64,000 clips are drawn, in no fewer than 12 and no more than 40 passes over the data.
    let passes = epochs ?? min(40, max(12, (64_000 + clips / 2) / max(1, clips)))
    self.batchSize = batch
    self.epochs = passes
    self.flip = flip
    learningRate = 2e-3
    weightDecay = 0.05
    warmup = min(max(1, Double(passes) * 0.1), Double(passes) / 4)
    averageDecay = WeightAverage.decay(totalSteps: stepsPerEpoch * min(max(1, passes), 100_000))
    validationFraction = 0.2
    let present = classCounts.filter { $0 > 0 }
    let uneven = Double(present.max() ?? 1) / Double(present.min() ?? 1)
    // Weights cost a little accuracy where they are not needed.
    classWeights = uneven >= 1.5 ? .balanced : .none
  }

  /// Throws for values that make no sense, naming the setting.
  public func validate() throws(TrainingError) {
    func require(_ condition: Bool, _ setting: String, _ wanted: String) throws(TrainingError) {
      if !condition { throw TrainingError(.usage, "`\(setting)` must be \(wanted)") }
    }
    try require((1...100_000).contains(epochs), "epochs", "from 1 to 100000, not \(epochs)")
    try require(
      (1...4096).contains(batchSize), "batchSize", "from 1 to 4096, not \(batchSize)")
    try require(
      (1...1000).contains(clipsPerVideo ?? 1), "clipsPerVideo",
      "from 1 to 1000, not \(clipsPerVideo ?? 1)")
    try require(
      learningRate > 0 && learningRate <= 100, "learningRate",
      "above 0 and at most 100, not \(learningRate)")
    try require(
      warmup >= 0 && warmup <= Double(epochs), "warmup",
      "from 0 to the \(epochs) epochs, not \(warmup)")
    try require(weightDecay >= 0, "weightDecay", "at least 0, not \(weightDecay)")
    try require(
      weightDecay * learningRate < 1, "learningRate` times `weightDecay",
      "below 1, not \(learningRate) × \(weightDecay), or each step would wipe the weights out")
    try require(
      (0..<1).contains(labelSmoothing), "labelSmoothing",
      "at least 0 and below 1, not \(labelSmoothing)")
    try require((0..<1).contains(dropout), "dropout", "at least 0 and below 1, not \(dropout)")
    try require(
      (0..<1).contains(averageDecay), "averageDecay", "at least 0 and below 1, not \(averageDecay)")
    try require((0...8).contains(mixup ?? 0), "mixup", "from 0 to 8, not \(mixup ?? 0)")
    try require(
      earlyStop == nil || earlyStop! >= 1, "earlyStop", "at least 1, not \(earlyStop ?? 0)")
    try require(
      (0..<1).contains(validationFraction), "validationFraction",
      "at least 0 and below 1, not \(validationFraction)")
    try require(
      (!freeze && frozenLayers == nil) || initialModel != nil, "freeze",
      "given together with `initialModel`")
    try require(
      headFirst.map { initialModel != nil && !freeze && (0...Double(epochs) / 2).contains($0) }
        ?? true,
      "headFirst",
      "from 0 to half of the \(epochs) epochs, and given together with `initialModel` and without "
        + "`freeze` trunk")
    try require(
      trunkRate.map { initialModel != nil && !freeze && $0 >= 1e-6 && $0 <= 1 } ?? true,
      "trunkRate",
      "from 0.000001 to 1, and given together with `initialModel` and without `freeze` trunk")
  }

  /// How clips are varied.
  var variation: AugmentationSettings {
    var variation = AugmentationSettings(level: augmentation, flip: flip)
    if let mixup { variation.mixup = Float(mixup) }
    return variation
  }
}

/// What a checkpoint must share with the command that resumes it.
public struct TrainingIdentity: Codable, Hashable, Sendable {
  /// All numbers of the training.
  public var settings: TrainingSettings
  /// What clips go through before the network.
  public var preprocessing: Preprocessing
  /// The architecture, as JSON with sorted keys.
  public var architecture: String
  /// In the order of the scores.
  public var classes: [String]
  /// Hash of the clips: paths, ranges, labels.
  public var dataset: String
  /// Hash of which clip is on which side.
  public var split: String
  /// Hash of what the clips' files hold, and which of them can be read; nil before they were looked
  /// at, and in checkpoints of earlier versions.
  public var content: String?
  /// The instruction set, whose kernels round in their own way; nil in checkpoints of earlier
  /// versions.
  public var kernels: String?
  /// The video stream that was asked for; nil for the one that is the movie.
  public var stream: Int?
  /// How long a training on all clips lasts; nil for one that is validated, or holds nothing out.
  public var refit: Refit?

  /// Hashes are those of `TrainingPlan`.
  public init(
    settings: TrainingSettings, preprocessing: Preprocessing, architecture: String,
    classes: [String], dataset: String, split: String, kernels: String? = nil, stream: Int? = nil
  ) {
    self.settings = settings
    self.preprocessing = preprocessing
    self.architecture = architecture
    self.classes = classes
    self.dataset = dataset
    self.split = split
    self.kernels = kernels
    self.stream = stream
  }

  /// SHA-256 of the identity's JSON.
  public var hash: String { Digest.sha256(StableJSON.text(self)) }

  /// What differs from another identity, in words: "`epochs` (40 there, 20 here)".
  public func differences(from other: TrainingIdentity) -> [String] {
    settingDifferences(from: other) + dataDifferences(from: other)
  }

  /// Whether a training with that identity can go on as this one.
  ///
  /// - Parameter changes: whether other clips and another processor are accepted.
  func continues(_ other: TrainingIdentity, accepting changes: Bool) -> Bool {
    settingDifferences(from: other).isEmpty && (changes || dataDifferences(from: other).isEmpty)
  }

  /// Differences of clips and processor, which a training can go on with where that is accepted.
  public func dataDifferences(from other: TrainingIdentity) -> [String] {
    var found: [String] = []
    if dataset != other.dataset {
      found.append("the clips of the data set")
    } else if split != other.split {
      found.append("which clips are held out")
    }
    if dataset == other.dataset, let content, let before = other.content, content != before {
      found.append("what clips hold")
    }
    if let kernels, let before = other.kernels, kernels != before {
      found.append("the processor's kernels (\(before) there, \(kernels) here)")
    }
    return found
  }

  func differs(onlyInKernelsFrom other: TrainingIdentity) -> Bool {
    var same = self
    same.kernels = other.kernels
    return !differences(from: other).isEmpty && same.differences(from: other).isEmpty
  }

  /// Differences that make another training.
  func settingDifferences(from other: TrainingIdentity) -> [String] {
    var found: [String] = []
    if classes != other.classes { found.append("the classes") }
    if stream != other.stream { found.append("`stream`") }
    if refit != other.refit { found.append("how long it learned before") }
    if architecture != other.architecture { found.append("the network (`architecture`)") }
    found += TrainingIdentity.differences(
      StableJSON.object(other.preprocessing), StableJSON.object(preprocessing))
    found += TrainingIdentity.differences(
      StableJSON.object(other.settings), StableJSON.object(settings))
    return found
  }

  private static func differences(
    _ there: [String: Any], _ here: [String: Any]
  ) -> [String] {
    Set(there.keys).union(here.keys).sorted().compactMap { key in
      let values = [there[key], here[key]].map { value in
        value.map { "\($0)" } ?? (key == "precision" ? Precision.fp32.rawValue : "none")
      }
      return values[0] == values[1]
        ? nil : "`\(key)` (\(values[0]) there, \(values[1]) here)"
    }
  }
}

/// JSON with sorted keys: the same text for the same value.
enum StableJSON {
  static func text(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      preconditionFailure("settings hold what JSON has no words for: \(error)")
    }
  }

  static func object(_ value: some Encodable) -> [String: Any] {
    let data = Data(text(value).utf8)
    return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
  }
}

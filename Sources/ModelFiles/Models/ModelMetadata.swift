import ClipSampling
import Networks

/// What a model file tells about itself besides its weights.
public struct ModelMetadata: Codable, Hashable, Sendable {
  /// The newest format this program reads. It writes the oldest that can say a network, so that
  /// sequences of the first format's layers stay readable for older programs.
  public static let currentFormatVersion = 2

  /// The oldest that can say the network, unless a file said another.
  public var formatVersion: Int
  /// Of the network whose weights are beside it.
  public var architecture: Architecture
  /// In the order of the scores.
  public var classes: [String]
  /// What a clip goes through before the network.
  public var preprocessing: Preprocessing
  /// Logits are divided by it before the softmax, so that scores mean what they say.
  public var temperature: Double
  /// Median length of the training clips in seconds, the default window of `label`; 0 if unknown.
  public var clipSeconds: Double
  /// Facts about the training, by name.
  public var training: [String: String]
  /// SHA-256 of the data set's clips and labels; empty if unknown.
  public var datasetHash: String
  /// SHA-256 of which clip was on which side; empty if unknown.
  public var splitHash: String
  /// Of the program that wrote the model; empty if unknown.
  public var programVersion: String

  /// Takes the format version from the architecture.
  public init(
    architecture: Architecture, classes: [String], preprocessing: Preprocessing,
    temperature: Double = 1, clipSeconds: Double = 0, training: [String: String] = [:],
    datasetHash: String = "", splitHash: String = "", programVersion: String = ""
  ) {
    formatVersion = architecture.formatVersion
    self.architecture = architecture
    self.classes = classes
    self.preprocessing = preprocessing
    self.temperature = temperature
    self.clipSeconds = clipSeconds
    self.training = training
    self.datasetHash = datasetHash
    self.splitHash = splitHash
    self.programVersion = programVersion
  }

  /// Seconds from the first possible time in a movie to the last.
  private static let clipLengths = 0...2 * MovieTime.range.upperBound

  /// What does not fit together, as the end of a sentence that begins with the file's name.
  var flaw: String? {
    let input = architecture.input
    if classes.count != architecture.classes {
      return "names \(classes.count) classes for a network of \(architecture.classes)"
    }
    if Set(classes).count != classes.count || classes.contains("") {
      return "has a class without a name or two of the same name"
    }
    if preprocessing.frames != input.frames || preprocessing.height != input.height
      || preprocessing.width != input.width || preprocessing.channels != input.channels
    {
      return "prepares clips as \(preprocessing.frames)×\(preprocessing.height)×"
        + "\(preprocessing.width)×\(preprocessing.channels) for a network that reads \(input)"
    }
    let largest = Architecture.largestSide
    if preprocessing.resizeHeight < preprocessing.height
      || preprocessing.resizeWidth < preprocessing.width || preprocessing.resizeHeight > largest
      || preprocessing.resizeWidth > largest
    {
      return "scales frames to \(preprocessing.resizeWidth)×\(preprocessing.resizeHeight), which "
        + "does not fit its input of \(input.width)×\(input.height)"
    }
    if case .fixed(let mean, let std) = preprocessing.normalization {
      let channels = preprocessing.colorChannels
      let fits =
        mean.count == channels && std.count == channels && mean.allSatisfy(\.isFinite)
        && std.allSatisfy { $0.isFinite && $0 > 0 }
      if !fits { return "has a mean or standard deviation that fits no pixel" }
    }
    switch preprocessing.choice {
    case .uniform: break
    case .rate(let rate):
      if !FrameRates.all.contains(rate) { return "asks for \(rate) frames a second" }
    case .stride(let stride):
      if !FrameRates.strides.contains(stride) { return "asks for every \(stride)th frame" }
    }
    if !(temperature.isFinite && (0.001...1000).contains(temperature)) {
      return "has the impossible temperature \(temperature)"
    }
    if !ModelMetadata.clipLengths.contains(clipSeconds) {
      return "says its training clips lasted \(clipSeconds) seconds; expected 0 to "
        + "\(ModelMetadata.clipLengths.upperBound)"
    }
    return nil
  }
}

import Layers

/// A network by name, for `--arch`.
public struct Preset: Sendable {
  /// As `--arch` takes it.
  public let name: String
  /// What it is, in a line.
  public let summary: String
  /// The input that it was made for, and that its parameters and FLOPs are told for.
  public let input: InputShape
  /// How its input's values are prepared where its weights come from elsewhere; nil for networks
  /// that have no such weights.
  public let pixels: PixelScale?
  /// Of the usual learning rate: the share that this network bears.
  public let learningRateFactor: Double
  /// Whether it has a layer through time, which `PresetOptions` can vary.
  let isVaried: Bool
  /// Whether its trunk stays as it is, and only the head is fitted: a batch normalisation that
  /// brings features to one scale, and a dense layer.
  public let fitsHead: Bool
  let layers: @Sendable (InputShape, PresetOptions) throws(NetworkError) -> [Node]
  /// Name of the classifier.
  let head: String

  init(
    _ name: String, _ summary: String, input: InputShape, pixels: PixelScale? = nil,
    head: String = "fc", learningRateFactor: Double = 1, isVaried: Bool = true,
    fitsHead: Bool = false,
    layers: @escaping @Sendable (InputShape, PresetOptions) throws(NetworkError) -> [Node]
  ) {
    self.name = name
    self.summary = summary
    self.input = input
    self.pixels = pixels
    self.head = head
    self.learningRateFactor = learningRateFactor
    self.isVaried = isVaried
    self.fitsHead = fitsHead
    self.layers = layers
  }

  /// All of them, the defaults first.
  public static let all: [Preset] =
    convLSTMs + [seed, std, fusionLSTM] + videoNetworks + frameNetworks

  /// The network for an input and a number of classes.
  public func architecture(
    input: InputShape, classes: Int, options: PresetOptions = PresetOptions()
  ) throws(NetworkError) -> Architecture {
    guard isVaried || options.recurrence == nil && options.head == nil else {
      throw NetworkError(
        code: .badArchitecture,
        message: "\(name) has no recurrent layer and no choice of how its steps become one: leave "
          + "`recurrence` and `head` out, or choose another network")
    }
    do {
      return try made(input: input, classes: classes, options: options)
    } catch {
      guard let advice = advice(against: input, options) else { throw error }
      throw NetworkError(code: error.code, message: error.message + advice)
    }
  }

  private func made(
    input: InputShape, classes: Int, options: PresetOptions
  ) throws(NetworkError) -> Architecture {
    let architecture = Architecture(
      name: name, input: input, classes: classes,
      layers: try layers(input, options) + [.dense(name: head, outputs: classes)])
    try architecture.validate()
    return architecture
  }

  /// Which input would be large enough, of pictures not below 8×8; nil where this one is.
  private func advice(against input: InputShape, _ options: PresetOptions) -> String? {
    func fits(frames: Int, side: Int) -> Bool {
      let tried = InputShape(frames: frames, height: side, width: side, channels: input.channels)
      return (try? made(input: tried, classes: 2, options: options)) != nil
    }
    let (most, widest) = (self.input.frames, self.input.height)
    guard let frames = (1...most).first(where: { fits(frames: $0, side: widest) }),
      let side = (8...widest).first(where: { fits(frames: frames, side: $0) }),
      input.frames < frames || min(input.height, input.width) < side
    else { return nil }
    return "; \(name) needs at least \(frames) frames of \(side)×\(side) (`frames`, `size`)"
  }
}

/// The mean and deviation, of values from 0 to 1, that pictures are normalised by.
public struct PixelScale: Hashable, Sendable {
  /// Of each channel.
  public let mean: [Float]
  /// Of each channel, more than 0.
  public let deviation: [Float]

  /// Of the networks trained on ImageNet that torchvision offers.
  public static let imageNet = PixelScale(
    mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
  /// Of torchvision's video networks, trained on Kinetics-400.
  public static let kinetics = PixelScale(
    mean: [0.43216, 0.394666, 0.37645], deviation: [0.22803, 0.22145, 0.216989])
  /// Of PyTorchVideo's networks.
  public static let pyTorchVideo = PixelScale(
    mean: [0.45, 0.45, 0.45], deviation: [0.225, 0.225, 0.225])
  /// Of EfficientNet-lite: `(x − 127) / 128` of values from 0 to 255.
  public static let efficientNetLite = PixelScale(
    mean: [127 / 255, 127 / 255, 127 / 255], deviation: [128 / 255, 128 / 255, 128 / 255])
}

extension Architecture {
  /// Names for `--arch`.
  public static var presets: [String] { Preset.all.map(\.name) }

  /// A network by name for this input and number of classes.
  public static func preset(
    _ name: String, input: InputShape, classes: Int, options: PresetOptions = PresetOptions()
  ) throws(NetworkError) -> Architecture {
    guard let preset = Preset.all.first(where: { $0.name == name }) else {
      throw NetworkError(
        code: .unknownPreset,
        message: "no architecture is called '\(name)': choose one of "
          + presets.joined(separator: ", ") + ", or give a JSON file")
    }
    return try preset.architecture(input: input, classes: classes, options: options)
  }

  /// The same with this rate of dropout.
  public static func preset(
    _ name: String, input: InputShape, classes: Int, dropout: Float
  ) throws(NetworkError) -> Architecture {
    try preset(name, input: input, classes: classes, options: PresetOptions(dropout: dropout))
  }
}

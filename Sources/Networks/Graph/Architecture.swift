public import Layers

/// What a network reads: `[frames, height, width, channels]`.
public struct InputShape: Hashable, Codable, Sendable, CustomStringConvertible {
  /// Steps in time.
  public var frames: Int
  /// Pixels from top to bottom.
  public var height: Int
  /// Pixels from left to right.
  public var width: Int
  /// Values of a pixel, differences to the frame before among them.
  public var channels: Int

  /// Sizes, which `Architecture.validate()` checks.
  public init(frames: Int, height: Int, width: Int, channels: Int) {
    self.frames = frames
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Values of one frame stack.
  public var count: Int { frames * height * width * channels }

  public var description: String { "\(frames)×\(height)×\(width)×\(channels)" }
}

/// A network as data: its input, its layers in an order in which each reads only what comes before
/// it, and its number of classes.
public struct Architecture: Hashable, Codable, Sendable {
  /// For people and files; nothing is decided by it.
  public var name: String
  /// Of one clip.
  public var input: InputShape
  /// Outputs of the last layer.
  public var classes: Int
  /// In the order in which they run.
  public var layers: [Node]

  /// Nothing is checked before `validate()`, or before a network is made of it.
  public init(name: String, input: InputShape, classes: Int, layers: [Node]) {
    self.name = name
    self.input = input
    self.classes = classes
    self.layers = layers
  }

  /// A layer as it stands in a table.
  public struct Summary: Sendable {
    /// The node's own, or empty.
    public let name: String
    /// What it is, for people: the layer's title.
    public let kind: String
    /// For instance `16×32×32×64`; sequences are `steps×features`.
    public let outputShape: String
    /// Trainable values.
    public let parameters: Int
    /// Multiplications and additions of one clip forward.
    public let flops: Int
  }

  /// The oldest version of the file format that can say this: 1 for a sequence of the first format's
  /// layers, 2 for any other graph.
  ///
  /// Networks of version 1 draw their random numbers by a layer's place, as they always did; others
  /// by its name, so that adding a node leaves those of others alone.
  public var formatVersion: Int {
    layers.allSatisfy { $0.inputs == nil && $0.layer.isOriginal } ? 1 : 2
  }

  /// The layers with their output shapes, parameters and FLOPs.
  public func summary() throws(NetworkError) -> [Summary] {
    try graph().places.enumerated().map { index, place in
      Summary(
        name: layers[index].name ?? "", kind: place.layer.layer.title,
        outputShape: place.layer.output.description,
        parameters: place.parameters.reduce(0) { $0 + ($1.role == .statistics ? 0 : $1.count) },
        flops: place.flops)
    }
  }

  /// A convolution, the extent of what it reads, and what follows it.
  public struct ConvolutionLayer: Sendable {
    /// The node's own.
    public let name: String
    /// Kernel, stride, padding and channels.
    public let geometry: ConvolutionGeometry
    /// Extent of what it reads.
    public let input: Extent3
    /// Whether a batch normalisation follows in the same pass.
    public let isNormalised: Bool
    /// Of the max pooling; 1 × 1 × 1 for none.
    public let window: Extent3
  }

  /// The convolutions of volumes, in their order, as they run in training.
  public func convolutionLayers() throws(NetworkError) -> [ConvolutionLayer] {
    StagePlan(try graph(), purpose: .training).stages.compactMap { planned -> ConvolutionLayer? in
      guard let stage = planned.stage as? ConvolutionStage else { return nil }
      return ConvolutionLayer(
        name: stage.name, geometry: stage.geometry, input: stage.input,
        isNormalised: stage.norm != nil, window: stage.window)
    }
  }

  /// Multiplications and additions of one clip forward.
  public func flopsPerClip() throws(NetworkError) -> Int {
    try graph().places.reduce(0) { $0 + $1.flops }
  }

  /// Trainable parameters.
  public func parameterCount() throws(NetworkError) -> Int {
    try summary().reduce(0) { $0 + $1.parameters }
  }

  /// Throws where the layers do not fit together, naming the first that does not.
  public func validate() throws(NetworkError) { _ = try graph() }
}

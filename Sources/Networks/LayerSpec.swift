import Layers

/// One line of an architecture: a layer and its settings. Sizes that follow from the input are not
/// written down.
public enum LayerSpec: Hashable, Sendable {
  /// A convolution; `name` is that of its parameters (`name.weight`, `name.bias`).
  case conv3D(
    name: String, filters: Int, kernel: Extent3, stride: Extent3 = .one, padding: Extent3,
    bias: Bool)
  /// Batch normalisation, directly after a convolution.
  case batchNorm(name: String)
  /// Rectifier, after a convolution or its normalisation.
  case relu
  /// Max pooling whose windows do not overlap, after a convolution, its normalisation or its ReLU.
  case maxPool3D(window: Extent3)
  /// Mean over height and width of each time step.
  case spatialMean
  /// Each time step flattened for itself; the time axis stays for the LSTM.
  case flattenSteps
  /// A recurrent layer over the steps.
  case lstm(name: String, hidden: Int)
  /// The last step, or the mean over all.
  case timePooling(TimePooling)
  /// The mean over all steps with learned weights.
  case attention(name: String)
  /// Dropout while training.
  case dropout(rate: Float)
  /// The classifier.
  case dense(name: String, outputs: Int)
}

extension LayerSpec: Codable {
  private enum Key: String, CodingKey {
    case type, name, filters, kernel, stride, padding, bias, window, hidden, mode, rate, outputs
  }

  private enum Kind: String, Codable {
    case conv3d, batchnorm, relu, maxpool3d, spatialmean, flattensteps, lstm, timepooling, attention
    case dropout, dense
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    func name() throws -> String { try values.decode(String.self, forKey: .name) }
    switch try values.decode(Kind.self, forKey: .type) {
    case .conv3d:
      self = .conv3D(
        name: try name(), filters: try values.decode(Int.self, forKey: .filters),
        kernel: try values.decode(Extent3.self, forKey: .kernel),
        stride: try values.decodeIfPresent(Extent3.self, forKey: .stride) ?? .one,
        padding: try values.decodeIfPresent(Extent3.self, forKey: .padding) ?? .zero,
        bias: try values.decodeIfPresent(Bool.self, forKey: .bias) ?? true)
    case .batchnorm: self = .batchNorm(name: try name())
    case .relu: self = .relu
    case .maxpool3d: self = .maxPool3D(window: try values.decode(Extent3.self, forKey: .window))
    case .spatialmean: self = .spatialMean
    case .flattensteps: self = .flattenSteps
    case .lstm:
      self = .lstm(name: try name(), hidden: try values.decode(Int.self, forKey: .hidden))
    case .timepooling:
      self = .timePooling(try values.decode(TimePooling.self, forKey: .mode))
    case .attention: self = .attention(name: try name())
    case .dropout: self = .dropout(rate: try values.decode(Float.self, forKey: .rate))
    case .dense:
      self = .dense(name: try name(), outputs: try values.decode(Int.self, forKey: .outputs))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    func put(_ kind: Kind) throws { try values.encode(kind, forKey: .type) }
    switch self {
    case .conv3D(let name, let filters, let kernel, let stride, let padding, let bias):
      try put(.conv3d)
      try values.encode(name, forKey: .name)
      try values.encode(filters, forKey: .filters)
      try values.encode(kernel, forKey: .kernel)
      try values.encode(stride, forKey: .stride)
      try values.encode(padding, forKey: .padding)
      try values.encode(bias, forKey: .bias)
    case .batchNorm(let name):
      try put(.batchnorm)
      try values.encode(name, forKey: .name)
    case .relu: try put(.relu)
    case .maxPool3D(let window):
      try put(.maxpool3d)
      try values.encode(window, forKey: .window)
    case .spatialMean: try put(.spatialmean)
    case .flattenSteps: try put(.flattensteps)
    case .lstm(let name, let hidden):
      try put(.lstm)
      try values.encode(name, forKey: .name)
      try values.encode(hidden, forKey: .hidden)
    case .timePooling(let mode):
      try put(.timepooling)
      try values.encode(mode, forKey: .mode)
    case .attention(let name):
      try put(.attention)
      try values.encode(name, forKey: .name)
    case .dropout(let rate):
      try put(.dropout)
      try values.encode(rate, forKey: .rate)
    case .dense(let name, let outputs):
      try put(.dense)
      try values.encode(name, forKey: .name)
      try values.encode(outputs, forKey: .outputs)
    }
  }
}

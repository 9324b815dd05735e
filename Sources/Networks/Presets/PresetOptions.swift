import Layers

/// What can be said of a preset besides its name.
public struct PresetOptions: Sendable {
  /// The layer that goes through time.
  public enum Recurrence: String, CaseIterable, Sendable {
    /// As `--rnn` takes them: see the layers of the same names; `bilstm` goes both ways.
    case lstm, gru, bilstm, peephole, cifg, lnlstm, mgu, convlstm
  }

  /// How the steps become one vector.
  public enum Head: String, CaseIterable, Sendable {
    /// The last step, the mean over steps, or a mean with learned weights.
    case last, mean, attention
    /// Steps that look at each other first, then their mean.
    case selfAttention = "self-attention"
  }

  /// Rate of dropout before the classifier.
  public var dropout: Float
  /// Nil for the preset's own.
  public var recurrence: Recurrence?
  /// Nil for the preset's own.
  public var head: Head?

  /// What is nil is as the preset has it.
  public init(dropout: Float = 0.5, recurrence: Recurrence? = nil, head: Head? = nil) {
    self.dropout = dropout
    self.recurrence = recurrence
    self.head = head
  }

  var dropoutLayer: [Node] { dropout > 0 ? [.dropout(rate: dropout)] : [] }

  /// From a sequence to a vector.
  func temporalLayers(hidden: Int, head: Head) throws(NetworkError) -> [Node] {
    try recurrentLayers(hidden: hidden)
      + poolingLayers(self.head ?? head, of: "lstm", features: hidden)
  }

  /// From a volume to a vector: the spatial mean comes before the recurrent layer, or behind one
  /// that works on maps.
  func pooledTemporalLayers(hidden: Int, head: Head) throws(NetworkError) -> [Node] {
    if recurrence == .convlstm {
      return [.convLSTM(name: "lstm", filters: hidden, kernel: 3), .spatialMean.named("steps")]
        + poolingLayers(self.head ?? head, of: "steps", features: hidden)
    }
    return [.spatialMean] + (try temporalLayers(hidden: hidden, head: head))
  }

  private func recurrentLayers(hidden: Int) throws(NetworkError) -> [Node] {
    let name = "lstm"
    return switch recurrence ?? .lstm {
    case .lstm: [.lstm(name: name, hidden: hidden)]
    case .bilstm: [.lstm(name: name, hidden: hidden / 2, bidirectional: true)]
    case .gru: [.gru(name: name, hidden: hidden)]
    case .peephole: [.peepholeLSTM(name: name, hidden: hidden)]
    case .cifg: [.cifgLSTM(name: name, hidden: hidden)]
    case .lnlstm: [.layerNormLSTM(name: name, hidden: hidden)]
    case .mgu: [.mgu(name: name, hidden: hidden)]
    case .convlstm:
      throw NetworkError(
        code: .badArchitecture,
        message: "this network has no maps left where its recurrent layer stands, which a ConvLSTM "
          + "works on: choose conv3d-lstm, or another recurrent layer")
    }
  }

  private func poolingLayers(_ head: Head, of sequence: String, features: Int) -> [Node] {
    switch head {
    case .last: [.timePooling(.last)]
    case .mean: [.timePooling(.mean)]
    case .attention: [.attention(name: "attention")]
    case .selfAttention:
      // Four heads look at each other's steps; what they find is added to what was there.
      [
        Node.selfAttention(name: "attention", heads: features % 4 == 0 ? 4 : 1),
        .add.reading(sequence, "attention"), .layerNorm(name: "norm"), .timePooling(.mean),
      ]
    }
  }
}

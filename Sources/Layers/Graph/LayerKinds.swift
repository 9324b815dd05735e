/// The kinds of layers that there are: a new one is added here, and nowhere else outside its file.
public enum LayerKinds {
  package static let all: [any ExecutableLayer.Type] = [
    Conv1D.self, Conv2D.self, Conv3D.self,
    BatchNorm.self, LayerNorm.self, GroupNorm.self,
    ReLU.self, ReLU6.self, LeakyReLU.self, SiLU.self, HardSwish.self, HardSigmoid.self,
    Sigmoid.self, Tanh.self, GELU.self,
    Add.self, Multiply.self, Concatenate.self, Mixture.self,
    MaxPool3D.self, AveragePool3D.self, AdaptiveAveragePool3D.self, SpatialMean.self,
    FlattenSteps.self, Flatten.self, Reshape.self, StepsToVolume.self, SliceTime.self,
    DifferenceTime.self, SliceChannels.self, ShuffleChannels.self,
    LSTMLayer.self, GRULayer.self, PeepholeLSTM.self, CoupledLSTM.self, LayerNormLSTM.self,
    MinimalGatedUnit.self, ConvLSTM.self,
    TimePool.self, TimeStatistics.self, AttentionPool.self, AdditiveAttention.self,
    SelfAttention.self, Positions.self, DenseLayer.self, DropoutLayer.self,
  ]

  private static let byName: [String: any ExecutableLayer.Type] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.kind, $0) })

  /// The words for them in architecture files, sorted.
  public static var names: [String] { byName.keys.sorted() }

  /// The kind of that name.
  public static func named(_ name: String) -> (any Layer.Type)? { byName[name] }
}

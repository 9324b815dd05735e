import Networks

/// The networks that speed is compared by: clips `[16, 112, 112, 3]` to 6 logits.
public enum Workload: String, CaseIterable, Sendable, Codable {
  /// Four Conv3D → ReLU → MaxPool3D blocks, spatial mean, LSTM(256), Dense.
  case std
  /// Conv3D(32) → ReLU → MaxPool3D(2), flatten per step, LSTM(128), Dense.
  case seed
  /// torchvision's video networks.
  case r3d18 = "r3d_18"
  /// R(2+1)D, whose kernels are divided into space and time.
  case r2plus1d18 = "r2plus1d_18"
  /// MobileNetV2 on every frame, LSTM(256), Dense on the last step.
  case mbv2lstm

  static let classes = 6
  static let input = InputShape(frames: 16, height: 112, width: 112, channels: 3)

  func architecture() throws -> Architecture {
    try Architecture.preset(
      self == .mbv2lstm ? "mobilenet_v2-lstm" : rawValue, input: Workload.input,
      classes: Workload.classes, dropout: 0)
  }
}

/// What the libraries' settings are called on the command line.
///
/// Messages of the libraries name a setting as a Swift caller knows it, in backquotes
/// ("lower the `learningRate`"); where the command line prints them, it gives the option instead
/// ("lower the --lr").
enum SettingNames {
  /// A message with options in place of the settings' names.
  static func options(in text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "`")) else { return text }
    // Odd parts stand between backquotes.
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    var result = String(parts[0])
    var rest = parts.dropFirst()
    while let part = rest.popFirst() {
      if let option = option[String(part)], let next = rest.popFirst() {
        result += option + next
      } else {
        result += "`" + part
      }
    }
    return result
  }

  private static let option = [
    "acceptChanges": "--accept-changes", "architecture": "--arch",
    "architectureList": "vidclass info --architectures", "augmentation": "--augment",
    "averageDecay": "--ema", "background": "--background", "batchSize": "--batch-size",
    "budget": "--budget",
    "choice": "--fps or --stride", "classDepth": "--class-depth",
    "classWeights": "--class-weights", "classes": "--classes",
    "clipsPerVideo": "--clips-per-video", "color": "--gray", "dropout": "--dropout",
    "earlyStop": "--early-stop", "ensemble": "--ensemble", "epochs": "--epochs",
    "exactConvolution": "--exact-conv",
    "flip": "--flip", "fps": "--fps", "frames": "--frames", "freeze": "--freeze",
    "frozenLayers": "--freeze", "gray": "--gray", "groupBy": "--group-by", "head": "--head",
    "headFirst": "--head-first",
    "height": "--size", "initialModel": "--init-from",
    "labelStudioRoot": "--labelstudio-root", "labelSmoothing": "--label-smoothing",
    "mixup": "--mixup", "learningCurve": "--learning-curve", "learningRate": "--lr",
    "mean": "--mean",
    "motion": "--motion", "optimizer": "--optimizer", "pixels": "--pixels",
    "precision": "--precision", "recurrence": "--rnn", "resizeHeight": "--size",
    "resizeWidth": "--size", "resume": "--resume", "schedule": "--schedule", "seed": "--seed",
    "shard": "--shard", "shardCount": "--shard-count", "size": "--size", "split": "--split",
    "splitFile": "--split-file", "std": "--std", "stream": "--stream", "stride": "--stride",
    "to": "--to", "trunkRate": "--trunk-rate", "validationFraction": "--val", "warmup": "--warmup",
    "weightDecay": "--weight-decay", "width": "--size",
  ]
}

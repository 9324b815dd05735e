import FileStore
import ModelFiles
import Networks

// What a training asks for where only the head of a network is fitted.
extension TrainingRequest {
  /// Whether the network is one whose trunk stays as it is, by its name or by the model to start from.
  public var fitsHead: Bool { fittedPreset != nil }

  var fittedPreset: Preset? {
    let name: String
    if let architecture {
      name = architecture
    } else {
      guard let initialModel, let file = try? SafeTensorsFile(initialModel),
        ModelMetadata.isPresent(in: file.metadata), let text = file.metadata["architecture"],
        let network = try? Architecture(json: Array(text.utf8), source: initialModel),
        FittedHead(network) != nil
      else { return nil }
      name = network.name
    }
    return Preset.all.first { $0.name == name && $0.fitsHead }
  }

  /// The request with the weights of a frozen trunk, which nobody has to name.
  ///
  /// - Throws: where they are nowhere, and for settings that such a training has no use for.
  func withPretrainedTrunk() throws(TrainingError) -> TrainingRequest {
    guard let preset = fittedPreset else { return self }
    if let setting = idleSetting {
      throw TrainingError(
        .usage,
        "`\(setting)` has no meaning for \(preset.name), whose trunk stays as it is and whose head is "
          + "fitted to convergence; leave it out, or choose another network")
    }
    var request = self
    if initialModel != nil { return request }
    let name = preset.name.replacing("frozen-", with: "") + ".safetensors"
    let folder = PathText.folder(of: modelPath)
    let places = [PathText.join(folder, name), "models/" + name]
    guard let place = places.first(where: RegularFile.exists) else {
      let looked =
        places[0] == places[1] ? "no \(places[1])" : "neither \(places[0]) nor \(places[1])"
      throw TrainingError(
        .settings,
        "\(preset.name) needs pretrained weights, and there is \(PathText.display(looked)): "
          + "`make pretrained` fetches them, or give a file as `initialModel`")
    }
    request.initialModel = place
    return request
  }

  /// The same for a network whose head is fitted, where its weights are there and nothing that was asked
  /// speaks against it.
  var fittedAlternative: TrainingRequest? {
    guard architecture == nil, initialModel == nil, recurrence == nil, head == nil,
      let preset = Preset.all.first(where: \.fitsHead)
    else { return nil }
    var request = self
    request.architecture = preset.name
    return try? request.withPretrainedTrunk()
  }

  /// The first setting given that is of steps of gradients, or of another input than the trunk's.
  private var idleSetting: String? {
    let given: [(String, Bool)] = [
      ("epochs", epochs != nil), ("batchSize", batchSize != nil),
      ("clipsPerVideo", clipsPerVideo != nil), ("learningRate", learningRate != nil),
      ("optimizer", optimizer != nil), ("schedule", schedule != nil), ("warmup", warmup != nil),
      ("weightDecay", weightDecay != nil), ("labelSmoothing", labelSmoothing != nil),
      ("dropout", dropout != nil), ("augmentation", augmentation != nil), ("mixup", mixup != nil),
      ("flip", flip != nil),
      ("averageDecay", averageDecay != nil), ("earlyStop", earlyStop != nil),
      ("freeze", freeze != nil), ("headFirst", headFirst != nil), ("trunkRate", trunkRate != nil),
      ("gray", gray), ("motion", motion == .difference),
    ]
    return given.first { $0.1 }?.0
  }
}

import ClipSampling
import FileStore
import Foundation
import ModelFiles
import Networks
import Testing

@testable import Training

/// Trainings that go on from the weights of a file.
@Suite struct StartingPointTests {
  private let training: MotionTraining
  private let model: String

  init() throws {
    training = try MotionTraining()
    model = training.home + "/base.safetensors"
    var made = ModelImport()
    (made.architecture, made.frames, made.size) = ("conv3d-lstm-small", 8, 16)
    made.classes = ["leftwards", "rightwards"]
    try made.model(weights: nil, programVersion: "test").model.save(to: model)
  }

  private func plan(_ change: (inout TrainingRequest) -> Void = { _ in }) throws -> TrainingPlan {
    let request = training.request {
      ($0.frames, $0.size, $0.gray, $0.architecture) = (nil, nil, false, nil)
      $0.initialModel = model
      change(&$0)
    }
    return try TrainingPlan(request, index: training.clips.index)
  }

  private func onnx(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/onnx/\(name)").path
  }

  @Test func sameClassesKeepAllWeights() throws {
    #expect(try plan().start?.hasSuffix("all weights taken (the classes are the same)") == true)
  }

  @Test(arguments: [17, 18, 1000]) func somethingMustLearn(layers: Int) throws {
    let error = #expect(throws: TrainingError.self) {
      try plan { $0.freeze = .layers(layers) }
    }
    #expect(error?.code == .usage)
    #expect(
      error?.message == "`freeze` \(layers): the network has 17 layers and the last must learn; "
        + "give 1 to 16")
  }

  @Test(arguments: [1, 13, 16]) func layersWithTakenWeightsStay(layers: Int) throws {
    let plan = try plan { $0.freeze = .layers(layers) }
    #expect(plan.frozenNodes == layers && plan.start?.contains("`freeze`") == false)
  }

  /// As in SqueezeNet: a convolution makes the classes, and pooling follows.
  @Test(arguments: [
    (["a", "b", "c"], "a new head"), (["leftwards", "rightwards"], "all weights"),
  ])
  func aConvolutionAtTheEndIsReplaced(classes: [String], says: String) throws {
    let path = training.home + "/squeeze"
    let text = """
      {"name":"squeeze","input":{"frames":8,"height":16,"width":16,"channels":1},"classes":7,
       "layers":[{"type":"conv2d","name":"features","filters":4,"kernel":[3,3]},
       {"type":"conv2d","name":"classifier","filters":7,"kernel":[1,1]},{"type":"relu"},
       {"type":"spatialmean"},{"type":"timepooling","mode":"mean"}]}
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + ".json"))
    var made = ModelImport()
    (made.architecture, made.classes) = (path + ".json", classes)
    try made.model(weights: nil, programVersion: "test").model.save(to: path + ".safetensors")
    let plan = try plan { $0.initialModel = path + ".safetensors" }
    #expect(plan.network.architecture.classes == 2)
    #expect(plan.start?.contains(says) == true, "\(plan.start ?? "")")
    // Bare weights tell their number of classes by the same layer.
    (made.architecture, made.classes) = (path + ".json", nil)
    let bare = try SafeTensors(reading: path + ".safetensors")
    var weights = SafeTensors()
    for name in bare.names {
      guard let tensor = bare[name] else { continue }
      weights.set(name, type: tensor.type, shape: tensor.shape, bytes: tensor.bytes)
    }
    try weights.write(to: path + "-bare.safetensors")
    let model = try made.model(weights: path + "-bare.safetensors", programVersion: "test").model
    #expect(model.metadata.architecture.classes == classes.count)
  }

  /// A file that asks for what no clip can be made to is as bad as any other.
  @Test(arguments: [
    ("\"frames\":8", "\"frames\":0", "input.frames is 0: 1 to 512 can be"),
    ("\"height\":16", "\"height\":4", "input.height is 4: 8 to 1024 can be"),
    ("\"channels\":1", "\"channels\":4", "input.channels is 4: 1 for grey and 3 for colour"),
  ])
  func impossibleInputsAreTheFilesFault(old: String, new: String, says: String) throws {
    let path = training.home + "/input.json"
    try Data(MotionTraining.network.replacing(old, with: new).utf8)
      .write(to: URL(fileURLWithPath: path))
    var made = ModelImport()
    made.architecture = path
    let imported = #expect(throws: TrainingError.self) {
      try made.model(weights: nil, programVersion: "test")
    }
    let trained = #expect(throws: TrainingError.self) {
      try plan { ($0.initialModel, $0.architecture) = (nil, path) }
    }
    for error in [imported, trained] {
      #expect(error?.code == .settings)
      #expect(error?.message.contains("input.json: \(says)") == true, "\(error?.message ?? "")")
    }
  }

  @Test func classesOfAnotherLayerAreRefused() throws {
    let path = training.home + "/grouped.json"
    let text = MotionTraining.network.replacing(
      #"{"type":"dense","name":"head","outputs":2}"#,
      with: #"{"type":"dense","name":"a","outputs":3},{"type":"slice_channels","end":3}"#
    ).replacing(#""classes":2"#, with: #""classes":3"#)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: TrainingError.self) {
      try plan { ($0.initialModel, $0.architecture) = (nil, path) }
    }
    #expect(error?.code == .settings)
    #expect(error?.message.contains("its 3 classes come of layer 10 (slice_channels)") == true)
  }

  /// Another layer through time has no weights in the file.
  @Test func whatIsNewIsSaid() throws {
    let plan = try plan { ($0.architecture, $0.recurrence) = ("conv3d-lstm-small", .gru) }
    #expect(plan.start?.contains("all weights") == false)
    #expect(plan.start?.contains("tensors taken; ") == true)
    #expect(plan.start?.contains("lstm.weight_ih_l0") == true)
  }

  @Test(arguments: [Freezing.trunk, .layers(14), .layers(16)])
  func layersWithNewWeightsLearn(freeze: Freezing) throws {
    let plan = try plan {
      ($0.architecture, $0.recurrence, $0.freeze) = ("conv3d-lstm-small", .gru, freeze)
    }
    #expect(plan.frozenNodes == 13)
    #expect(plan.start?.contains("keeps only the first 13 layers") == true)
    let learned = plan.parameterGroups(stepsPerEpoch: 10).reduce(0) { $0 + $1.range.count }
    let late = plan.network.entries.filter { $0.node >= 13 }.reduce(0) { $0 + $1.range.count }
    #expect(learned == late)
  }

  /// The new layers at once, those below them from the top down and ever slower.
  @Test func layersWithTakenWeightsJoinFromTheTop() throws {
    let plan = try plan {
      ($0.architecture, $0.recurrence, $0.epochs) = ("conv3d-lstm-small", .gru, 20)
    }
    #expect(plan.settings.headFirst == 2 && plan.settings.trunkRate == 0.1)
    let groups = plan.parameterGroups(stepsPerEpoch: 10)
    let new = plan.network.entries.first { $0.node >= 13 }?.range.lowerBound ?? 0
    #expect(groups.first?.firstStep == 40 && abs((groups.first?.rate ?? 0) - 0.1) < 1e-6)
    for (one, next) in zip(groups, groups.dropFirst()) {
      #expect(one.firstStep >= next.firstStep && one.rate <= next.rate)
    }
    for group in groups where group.range.lowerBound >= new {
      #expect(group.firstStep == 0 && group.rate == 1)
    }
    let last = groups.last { $0.range.lowerBound < new }
    #expect(last?.firstStep == 20 && last?.rate ?? 1 < 1)
  }

  /// What was learned on the same classes goes on as before, unless something else is asked for.
  @Test(arguments: [nil, 0.5]) func sameClassesNeedNoProtection(rate: Double?) throws {
    let plan = try plan { $0.trunkRate = rate }
    #expect(plan.settings.headFirst == nil && plan.settings.trunkRate == rate)
    let rates = Set(plan.parameterGroups(stepsPerEpoch: 10).map(\.rate))
    #expect(rates.contains(1) && (rates.count > 1) == (rate != nil))
  }

  @Test(
    arguments: [(-1, nil), (11, nil), (.nan, nil), (nil, 0), (nil, 1.5), (nil, .nan)]
      as [(Double?, Double?)])
  func impossiblePacesAreRefused(first: Double?, rate: Double?) throws {
    let error = #expect(throws: TrainingError.self) {
      try plan { ($0.epochs, $0.headFirst, $0.trunkRate) = (20, first, rate) }
    }
    #expect(error?.code == .usage)
    #expect(error?.message.contains(first == nil ? "`trunkRate`" : "`headFirst`") == true)
  }

  /// While only the new layers learn the trunk keeps the file's bits; later it does not.
  @Test(arguments: [(1.0, true), (0.5, false)])
  func theTrunkWaits(headFirst: Double, stays: Bool) throws {
    let path = training.home + "/three"
    try Data(
      MotionTraining.network.replacing("\"classes\":2", with: "\"classes\":3").replacing(
        "\"outputs\":2", with: "\"outputs\":3"
      ).utf8
    ).write(to: URL(fileURLWithPath: path + ".json"))
    var made = ModelImport()
    (made.architecture, made.classes) = (path + ".json", ["a", "b", "c"])
    try made.model(weights: nil, programVersion: "test").model.save(to: path + ".safetensors")
    let trainer = try training.trainer(
      training.request {
        ($0.frames, $0.size, $0.gray, $0.architecture) = (nil, nil, false, nil)
        $0.initialModel = path + ".safetensors"
        ($0.epochs, $0.headFirst, $0.averageDecay) = (2, headFirst, 0)
      })
    let network = trainer.plan.network
    let head = network.headNames
    let trunk = network.entries.filter { !head.contains($0.name) }
    let before = trunk.flatMap { Array(network.parameters[$0.range]) }
    _ = try trainer.run { trainer.epochsDone == 1 }
    let after = trunk.flatMap { Array(network.parameters[$0.range]) }
    #expect((before == after) == stays)
  }

  @Test func errorsNameTheFile() throws {
    let path = training.home + "/tiny.json"
    try Data(MotionTraining.network.utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: ModelFileError.self) { try plan { $0.architecture = path } }
    #expect(error?.message.hasPrefix("\(PathText.display(model)): has only 1 of the") == true)
  }

  @Test(
    arguments: [
      (mean: [0.5, 0.4, 0.3], std: [0.2, 0.2, 0.2], error: nil),
      ([0.5, 0.4], [0.2, 0.2], "has 2 values; the network reads 3 colours"),
      ([0.5, 0.4, 1.5], [0.2, 0.2, 0.2], "`mean` must be from 0 to 1"),
      ([0.5, 0.4, .nan], [0.2, 0.2, 0.2], "`mean` must be from 0 to 1"),
      ([0.5, 0.4, 0.3], [0.2, 0, 0.2], "`std` must be from 0.001 to 10"),
    ] as [(mean: [Float], std: [Float], error: String?)])
  func pixelsAreNormalisedAsSaid(mean: [Float], std: [Float], error: String?) throws {
    var made = ModelImport()
    made.normalization = .fixed(mean: mean, std: std)
    func model() throws -> Model {
      try made.model(weights: onnx("clip-script.onnx"), programVersion: "test").model
    }
    guard let error else {
      return #expect(
        try model().metadata.preprocessing.normalization == .fixed(mean: mean, std: std))
    }
    let thrown = #expect(throws: TrainingError.self) { try model() }
    #expect(thrown?.code == .usage && thrown?.message.contains(error) == true)
  }

  @Test func aNetworkOfOthersAsONNXIsTrainedFurther() throws {
    let path = onnx("clip-script.onnx")
    let plan = try plan { $0.initialModel = path }
    #expect(plan.network.architecture.classes == 2)
    #expect(plan.start?.hasSuffix("weights taken but for a new head (the classes differ)") == true)
    let error = #expect(throws: TrainingError.self) {
      try self.plan { ($0.initialModel, $0.architecture) = (path, "conv3d-lstm-small") }
    }
    #expect(error?.message.contains("vidclass import") == true)
  }
}

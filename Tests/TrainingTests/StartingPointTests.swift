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
    let learned = plan.parameterGroups.reduce(0) { $0 + $1.range.count }
    let late = plan.network.entries.filter { $0.node >= 13 }.reduce(0) { $0 + $1.range.count }
    #expect(learned == late)
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

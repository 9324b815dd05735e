import ClipSampling
import Foundation
import Layers
import ModelFiles
import Networks
import Testing

@testable import Training

@Suite struct PlanTests {
  @Test(arguments: [
    (20, 8, 40), (1000, 8, 40), (2000, 16, 32), (5000, 32, 13), (100_000, 32, 12),
  ])
  func defaultsFitTheAmountOfData(clips: Int, batch: Int, epochs: Int) throws {
    let settings = TrainingSettings(clips: clips, classCounts: [clips / 2, clips / 2], flip: true)
    #expect(settings.batchSize == batch)
    #expect(settings.epochs == epochs)
    try settings.validate()
  }

  @Test func unevenClassesAreBalanced() {
    let even = TrainingSettings(clips: 100, classCounts: [50, 45, 0], flip: true)
    let uneven = TrainingSettings(clips: 100, classCounts: [80, 20], flip: true)
    #expect(even.classWeights == .none)
    #expect(uneven.classWeights == .balanced)
  }

  @Test(arguments: [
    "`epochs`", "`batchSize`", "`learningRate`", "`warmup`", "`weightDecay`", "`labelSmoothing`",
    "`dropout`", "`averageDecay`", "`earlyStop`", "`validationFraction`", "`freeze`",
  ])
  func nonsenseIsRefusedByName(option: String) {
    var settings = TrainingSettings(clips: 100, classCounts: [50, 50], flip: true)
    switch option {
    case "`epochs`": settings.epochs = 0
    case "`batchSize`": settings.batchSize = -1
    case "`learningRate`": settings.learningRate = .nan
    case "`warmup`": settings.warmup = 1e9
    case "`weightDecay`": settings.weightDecay = 1000
    case "`labelSmoothing`": settings.labelSmoothing = 1
    case "`dropout`": settings.dropout = 1
    case "`averageDecay`": settings.averageDecay = 1
    case "`earlyStop`": settings.earlyStop = 0
    case "`validationFraction`": settings.validationFraction = 1
    default: settings.freeze = true
    }
    let error = #expect(throws: TrainingError.self) { try settings.validate() }
    #expect(error?.message.contains(option) == true)
  }

  @Test func batchesOfNothingAreRefused() {
    let settings = TrainingSettings(
      clips: 100, classCounts: [50, 50], flip: true, batchSize: 0)
    let error = #expect(throws: TrainingError.self) { try settings.validate() }
    #expect(error?.message.contains("`batchSize`") == true)
  }

  @Test(arguments: [
    ("clips", "models/clips.safetensors"), ("data/clips/", "models/clips.safetensors"),
    ("data/list.v2.csv", "models/list.v2.safetensors"),
  ])
  func modelIsNamedAfterTheData(data: String, model: String) {
    #expect(TrainingRequest(data: data).modelPath == model)
  }

  @Test(arguments: [
    ("models/a.safetensors", "models/a.run"), ("a.b", "a.b.run"), ("/x/y.safetensors", "/x/y.run"),
  ])
  func runFolderIsBesideTheModel(model: String, folder: String) {
    #expect(RunFolder(model: model).path == folder)
  }

  @Test(arguments: ["/dev/full", "/dev/null", "/"])
  func whatIsNoFileIsRefusedAtOnce(path: String) {
    let error = #expect(throws: TrainingError.self) { try RunFolder(model: path).prepare() }
    #expect(error?.code == .output)
    #expect(error?.message.hasPrefix(path) == true)
    #expect(!FileManager.default.fileExists(atPath: RunFolder(model: path).path))
  }

  /// A slip of the pen costs neither a movie nor a manifest.
  @Test func onlyModelsAreReplaced() throws {
    let training = try MotionTraining()
    let path = training.home + "/clips.csv"
    try Data("filepath,label\n".utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: TrainingError.self) { try RunFolder(model: path).prepare() }
    #expect(error?.code == .output && error?.message.contains("is not a model") == true)
    try SafeTensors().write(to: path)
    try RunFolder(model: path).prepare()
  }

  @Test func frozenTrunkLeavesTheHead() throws {
    let training = try MotionTraining()
    let trainer = try training.trainer(training.request())
    let network = trainer.plan.network
    #expect(network.headNames == ["head.weight", "head.bias"])
    #expect(trainer.trainedParameters == network.parameters.count)
  }

  /// Names that begin as the last layer's does are the trunk's all the same.
  @Test func aHeadIsNoPrefix() throws {
    let architecture = Architecture(
      name: "named", input: InputShape(frames: 4, height: 8, width: 8, channels: 1), classes: 2,
      layers: [
        .conv3D(
          name: "head.c", filters: 4, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
        .spatialMean, .lstm(name: "head.l", hidden: 3), .timePooling(.last),
        .dense(name: "head", outputs: 2),
      ])
    #expect(
      try Network(architecture: architecture, seed: 1).headNames == ["head.weight", "head.bias"])
  }

  /// `dropout` reaches networks of files too, and is refused where it could do nothing.
  @Test func dropoutReachesArchitectureFiles() throws {
    let training = try MotionTraining()
    _ = try training.trainer(training.request())
    let plan = try TrainingPlan(
      training.request { $0.dropout = 0.75 }, index: training.clips.index)
    #expect(plan.network.architecture.layers.contains(.dropout(rate: 0.75)))
    let path = training.home + "/none.json"
    let text = MotionTraining.network.replacing(#"{"type":"dropout","rate":0.2},"#, with: "")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: TrainingError.self) {
      try TrainingPlan(
        training.request { ($0.dropout, $0.architecture) = (0.75, path) },
        index: training.clips.index)
    }
    #expect(error?.code == .usage && error?.message.contains("`dropout`") == true)
  }

  /// What the file says of its input holds, unless an option says otherwise.
  @Test(arguments: [
    (channels: 1, color: Preprocessing.Color.gray, motion: Preprocessing.Motion.none),
    (channels: 2, color: .gray, motion: .difference), (channels: 3, color: .rgb, motion: .none),
    (channels: 6, color: .rgb, motion: .difference),
  ])
  func architectureFilesDecideTheInput(
    channels: Int, color: Preprocessing.Color, motion: Preprocessing.Motion
  ) throws {
    let training = try MotionTraining()
    let path = training.home + "/wide.json"
    let text = """
      {"name":"wide","input":{"frames":6,"height":16,"width":24,"channels":\(channels)},"classes":9,
      "layers":[{"type":"conv3d","name":"a","filters":4,"kernel":[3,3,3],"stride":[1,1,1],
      "padding":[1,1,1],"bias":true},{"type":"spatialmean"},{"type":"lstm","name":"lstm","hidden":4},
      {"type":"timepooling","mode":"last"},{"type":"dense","name":"head","outputs":9}]}
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    func preprocessing(_ change: (inout TrainingRequest) -> Void = { _ in }) throws -> Preprocessing
    {
      let request = training.request {
        ($0.frames, $0.size, $0.gray, $0.architecture) = (nil, nil, false, path)
        change(&$0)
      }
      return try TrainingPlan(request, index: training.clips.index).preprocessing
    }
    let own = try preprocessing()
    #expect((own.frames, own.height, own.width) == (6, 16, 24))
    #expect((own.resizeHeight, own.resizeWidth) == (18, 27))
    #expect((own.color, own.motion) == (color, motion))
    let asked = try preprocessing { ($0.frames, $0.size, $0.gray) = (5, 32, true) }
    #expect((asked.frames, asked.height, asked.width, asked.color) == (5, 32, 32, .gray))
  }

  @Test func badArchitectureFilesAreExplained() throws {
    let training = try MotionTraining()
    let path = training.home + "/bad.json"
    let huge = """
      {"name":"x","input":{"frames":8,"height":16,"width":16,"channels":1},"classes":2,"layers":[
      {"type":"maxpool3d","window":[1,4611686018427387904,4611686018427387904]}]}
      """
    for text in ["", "{}", #"{"name":"x"}"#, "[1,2]", huge] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: TrainingError.self) {
        try TrainingPlan(
          training.request { $0.architecture = path }, index: training.clips.index)
      }
      #expect(error?.message.hasPrefix(path) == true)
    }
  }
}

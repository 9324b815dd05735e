import Foundation
import ModelFiles
import TestSupport
import Testing

/// Weights in, networks out, and networks drawn by hand: `import`, `export`, `train --arch FILE`.
@Suite(.waitsForPrograms) struct ExchangeTests {
  private func fixture(_ path: String) -> String { Repository.path + "/Tests/Fixtures/" + path }

  @Test func exportsAnONNXFileAndAModule() throws {
    let scratch = ScratchFolder()
    let model = Repository.path + "/models/clips.safetensors"
    let onnx = try ProgramRun(
      "vidclass", ["export", model, "--to", "onnx", "-o", scratch("net.onnx")])
    #expect(onnx.exitCode == 0, "\(onnx.errors)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch("net.onnx")))
    #expect(bytes.count > 1000)
    let module = try ProgramRun(
      "vidclass", ["export", model, "--to", "pytorch", "-o", scratch("module")])
    #expect(module.exitCode == 0, "\(module.errors)")
    let files = try FileManager.default.contentsOfDirectory(atPath: scratch("module")).sorted()
    #expect(files == ["model.py", "model.safetensors", "preprocess.json"])
    let told = try Data(contentsOf: URL(fileURLWithPath: scratch("module/preprocess.json")))
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: told) }
  }

  @Test(arguments: ["onnx", "pytorch"]) func anExportReplacesNothingElse(format: String) throws {
    let scratch = ScratchFolder()
    let model = Repository.path + "/models/clips.safetensors"
    let taken = format == "onnx" ? scratch("mine.safetensors") : scratch("folder")
    if format == "pytorch" {
      try FileManager.default.createDirectory(
        atPath: taken, withIntermediateDirectories: false)
    }
    let precious = format == "onnx" ? taken : taken + "/model.safetensors"
    try FileManager.default.copyItem(atPath: model, toPath: precious)
    let refused = try ProgramRun("vidclass", ["export", precious, "--to", format, "-o", taken])
    #expect(refused.exitCode == 1)
    #expect(refused.errors.contains("give -o another name, or remove it"), "\(refused.errors)")
    #expect(FileManager.default.contentsEqual(atPath: model, andPath: precious))

    // A header of such a length begins as an ONNX file does.
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: model)))
    let header = Int(bytes[0]) + Int(bytes[1]) << 8
    let longer = (header / 256 + 1) * 256 + 8
    bytes.insert(
      contentsOf: repeatElement(UInt8(ascii: " "), count: longer - header), at: 8 + header)
    bytes.replaceSubrange(0..<2, with: [8, UInt8(longer >> 8)])
    try Data(bytes).write(to: URL(fileURLWithPath: precious))
    let likely = try ProgramRun("vidclass", ["export", model, "--to", format, "-o", taken])
    #expect(likely.exitCode == 1, "\(likely.output)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: precious)) == Data(bytes))

    // What an export wrote may be written again.
    for _ in 0..<2 {
      let run = try ProgramRun(
        "vidclass", ["export", model, "--to", format, "-o", scratch("again")])
      #expect(run.exitCode == 0, "\(run.errors)")
    }
  }

  @Test(arguments: [
    ("\"kernel\": [3, 3], \"strides\": [2, 2]", "did you mean \\\"stride\\\"?"),
    ("\"kernel\": [3, 3], \"filter\": 8", "did you mean \\\"filters\\\"?"),
    ("\"kernel\": [3, 3], \"colour of the sky\": 8", "it has"),
  ])
  func unknownFieldsAreRefused(fields: String, says: String) throws {
    let scratch = ScratchFolder()
    let text = """
      {"name": "own", "classes": 2, "input": {"frames": 2, "height": 8, "width": 8, "channels": 3},
       "layers": [{"type": "conv2d", "name": "stem", "filters": 3, \(fields)},
                  {"type": "spatialmean"}, {"type": "timepooling", "mode": "mean"},
                  {"type": "dense", "name": "fc", "outputs": 2}]}
      """
    func run(_ text: String) throws -> ProgramRun {
      try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("own.json")))
      return try ProgramRun(
        "vidclass", ["import", "--arch", scratch("own.json"), "-o", scratch("m.safetensors")])
    }
    let refused = try run(text)
    #expect(refused.exitCode != 0 && refused.errors.contains("'stem' (conv2d) has no field"))
    #expect(
      refused.errors.contains(says.replacingOccurrences(of: "\\\"", with: "\"")),
      "\(refused.errors)")
    let good = text.replacingOccurrences(of: fields, with: "\"kernel\": [3, 3]")
    #expect(try run(good).exitCode == 0)
    #expect(try run(good.replacingOccurrences(of: "\"frames\"", with: "\"frame\"")).exitCode != 0)
    let more = good.replacingOccurrences(of: "\"classes\"", with: "\"note\": 1, \"classes\"")
    #expect(try run(more).errors.contains("has no field \"note\""))
  }

  @Test func networksWithoutARecurrentLayerAreNotVaried() throws {
    for more in [["--rnn", "gru"], ["--head", "attention"]] {
      let run = try ProgramRun(
        "vidclass", ["import", "--arch", "r3d_18", "-o", ScratchFolder()("m.safetensors")] + more)
      #expect(run.exitCode != 0 && run.errors.contains("leave --rnn and --head out"))
    }
  }

  @Test func importsWeightsIntoTheNetworkTheyBelongTo() throws {
    let scratch = ScratchFolder()
    let architecture = try ProgramRun(
      "vidclass",
      [
        "import", "--arch", "resnet18-lstm", "--size", "32", "--frames", "2", "-o",
        scratch("a.safetensors"),
      ])
    #expect(architecture.exitCode == 0, "\(architecture.errors)")
    // Its own tensors, read as somebody else's weights, are all taken.
    let again = try ProgramRun(
      "vidclass",
      ["train", Repository.path + "/clips", "--init-from", scratch("a.safetensors"), "--dry-run"])
    #expect(again.exitCode == 0, "\(again.errors)")
  }

  /// PyTorch sets `training` on every module, so that no layer can have that name there.
  @Test func refusesTheOneNameThatPyTorchKeeps() throws {
    let scratch = ScratchFolder()
    let own = """
      {"name": "own", "classes": 2, "input": {"frames": 2, "height": 8, "width": 8, "channels": 3},
       "layers": [{"type": "conv2d", "name": "training.1", "filters": 3, "kernel": [3, 3]},
                  {"type": "spatialmean"}, {"type": "timepooling", "mode": "mean"},
                  {"type": "dense", "name": "type", "outputs": 2}]}
      """
    try Data(own.utf8).write(to: URL(fileURLWithPath: scratch("own.json")))
    let made = try ProgramRun(
      "vidclass", ["import", "--arch", scratch("own.json"), "-o", scratch("own.safetensors")])
    #expect(made.exitCode == 0, "\(made.errors)")
    let run = try ProgramRun(
      "vidclass",
      ["export", scratch("own.safetensors"), "--to", "pytorch", "-o", scratch("module")])
    #expect(run.exitCode == 1)
    #expect(run.errors.contains("'training.1' cannot be exported"), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch("module")))
  }

  /// Files of other kinds are told from models, with what makes a model of them.
  @Test(arguments: [
    ["info", "onnx/small.onnx"], ["label", "CLIPS", "-m", "onnx/small.onnx"],
    ["eval", "CLIPS", "-m", "onnx/small.onnx"], ["info", "pytorch/network.pt"],
    ["export", "onnx/small.onnx", "--to", "onnx", "-o", "/nowhere.onnx"],
    ["label", "CLIPS", "-m", "pytorch/network.pt"],
  ])
  func saysHowAModelIsMadeOfIt(words: [String]) throws {
    let run = try ProgramRun(
      "vidclass",
      words.map {
        $0 == "CLIPS"
          ? Repository.path + "/clips"
          : $0.hasPrefix("onnx/") || $0.hasPrefix("py")
            ? fixture($0) : $0
      })
    #expect(run.exitCode == 1)
    let arch = words.contains { $0.hasSuffix(".pt") } ? " --arch NETWORK" : ""
    #expect(run.errors.contains("vidclass import FILE\(arch) -o MODEL"), "\(run.errors)")
  }

  /// Architectures and weights that change places.
  @Test(arguments: [
    (["--arch", "onnx/small.onnx"], "holds weights and is no architecture; a training starts"),
    (["--arch", "pytorch/network.pt"], "starts from it with --init-from, and vidclass import"),
    (
      ["--init-from", "own.json"], "own.json: is an architecture, which has no weights; give it as"
    ),
  ])
  func saysWhereItBelongs(words: [String], says: String) throws {
    let run = try ProgramRun(
      "vidclass",
      ["train", Repository.path + "/clips", "--dry-run"]
        + words.map { $0.hasPrefix("onnx/") || $0.hasPrefix("py") ? fixture($0) : $0 })
    #expect(run.exitCode == 1)
    #expect(run.errors.contains(says), "\(run.errors)")
  }

  /// A folder of other things keeps them; a module that no export wrote is not replaced.
  @Test func exportsBesideOtherFiles() throws {
    let scratch = ScratchFolder()
    let module = scratch("module")
    try FileManager.default.createDirectory(atPath: module, withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: module + "/notes.txt"))
    let made = try ProgramRun(
      "vidclass",
      [
        "import", "--arch", "seed", "--classes", " run, walk ,", "--frames", "4", "--size", "16",
        "-o",
        scratch("seed.safetensors"),
      ])
    #expect(made.exitCode == 0, "\(made.errors)")
    let info = try ProgramRun("vidclass", ["info", scratch("seed.safetensors")])
    #expect(info.output.contains("2: run, walk\n"), "\(info.output)")
    let words = ["export", scratch("seed.safetensors"), "--to", "pytorch", "-o", module]
    for _ in 0..<2 { #expect(try ProgramRun("vidclass", words).exitCode == 0) }
    #expect(try String(contentsOfFile: module + "/notes.txt", encoding: .utf8) == "mine")
    try Data("mine".utf8).write(to: URL(fileURLWithPath: module + "/model.py"))
    let run = try ProgramRun("vidclass", words)
    #expect(run.exitCode == 1 && run.errors.contains("of something else"), "\(run.errors)")
    #expect(try String(contentsOfFile: module + "/model.py", encoding: .utf8) == "mine")
  }

  /// An architecture is no model yet.
  @Test(arguments: [
    ["info", "FILE"], ["label", "CLIPS", "-m", "FILE"],
    ["export", "FILE", "--to", "onnx", "-o", "no"],
  ])
  func saysHowAnArchitectureBecomesAModel(words: [String]) throws {
    let scratch = ScratchFolder()
    try Data(Self.drawn(Self.convolution("")).utf8)
      .write(to: URL(fileURLWithPath: scratch("drawn.json")))
    let places = ["FILE": scratch("drawn.json"), "CLIPS": Repository.path + "/clips"]
    let run = try ProgramRun("vidclass", words.map { places[$0] ?? $0 })
    #expect(run.exitCode == 1)
    #expect(run.errors.contains("vidclass import makes one of an architecture"), "\(run.errors)")
  }

  @Test func importsWeightsIntoANetworkOfOnesOwn() throws {
    let scratch = ScratchFolder()
    let own = """
      {"name": "own", "classes": 5, "input": {"frames": 2, "height": 8, "width": 8, "channels": 2},
       "layers": [{"type": "conv2d", "name": "0", "filters": 3, "kernel": [3, 3]},
                  {"type": "batchnorm", "name": "1"}, {"type": "relu"}, {"type": "spatialmean"},
                  {"type": "timepooling", "mode": "mean"},
                  {"type": "dense", "name": "2", "outputs": 5}]}
      """
    try Data(own.utf8).write(to: URL(fileURLWithPath: scratch("own.json")))
    let arguments = [
      "import", fixture("pytorch/network.pt"), "--arch", scratch("own.json"), "--size", "12", "-o",
    ]
    let run = try ProgramRun("vidclass", arguments + [scratch("own.safetensors")])
    #expect(run.exitCode == 0, "\(run.errors)")
    // The weights' classifier decides the number of classes, the options the input.
    let model = try Model.load(path: scratch("own.safetensors"))
    #expect(model.metadata.classes == ["class 0", "class 1"])
    #expect(model.metadata.architecture.input.height == 12)
    let weights = try SafeTensors(readingPyTorch: fixture("pytorch/network.pt"))
    let entry = try #require(model.network.entries.first { $0.name == "0.weight" })
    #expect(
      model.network.values(of: entry) == (try weights.floats("0.weight", shape: [3, 2, 3, 3])))

    let varied = try ProgramRun(
      "vidclass", arguments + [scratch("no.safetensors"), "--rnn", "gru"])
    #expect(varied.exitCode == 64)
    #expect(!FileManager.default.fileExists(atPath: scratch("no.safetensors")))
  }

  @Test(arguments: [
    (["missing.pth", "--arch", "r3d_18"], "missing.pth"),
    (["pytorch/whole-module.pt", "--arch", "r3d_18"], "whole-module.pt"),
    (["pytorch/network.pt", "--arch", "nonsense"], "nonsense"),
    (["../../models/clips.safetensors", "--arch", "r3d_18"], "is a model already"),
    (["series/load.csv", "--arch", "r3d_18"], "load.csv"),
  ])
  func refusesWhatIsNoneOfItsWeights(arguments: [String], says: String) throws {
    let scratch = ScratchFolder()
    let run = try ProgramRun(
      "vidclass",
      ["import", fixture(arguments[0])] + arguments.dropFirst() + ["-o", scratch("m.safetensors")])
    #expect((1...64).contains(run.exitCode), "\(run.exitCode)")
    #expect(run.errors.contains(says), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch("m.safetensors")))
  }

  /// A network of one convolution, with one thing wrong.
  private static func drawn(_ layer: String, tail: String = "") -> String {
    """
    {"name": "drawn", "classes": 6,
     "input": {"frames": 4, "height": 16, "width": 16, "channels": 3},
     "layers": [\(layer), \(tail){"type": "spatialmean"}, {"type": "timepooling", "mode": "mean"},
       {"type": "dense", "name": "classes", "outputs": 6}]}
    """
  }

  private static func convolution(_ changed: String) -> String {
    var values = [
      "filters": "4", "kernel": "[3, 3, 3]", "padding": "[1, 1, 1]", "bias": "true",
    ]
    let parts = changed.split(separator: "=", maxSplits: 1).map(String.init)
    if parts.count == 2 { values[parts[0]] = parts[1] }
    let text = values.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
    return "{\"type\": \"conv3d\", \"name\": \"seen\", \(text.joined(separator: ", "))}"
  }

  @Test(arguments: [
    "filters=0", "filters=-1", "filters=4611686018427387904", "filters=null",
    "filters=\"many\"", "kernel=[0, 3, 3]", "kernel=[-1, 3, 3]", "kernel=[3, 3]",
    "kernel=[4611686018427387904, 1, 1]", "kernel=[64, 64, 64]", "stride=[0, 1, 1]",
    "stride=[4611686018427387904, 1, 1]", "padding=[4611686018427387904, 1, 1]",
    "padding=[-1, 0, 0]", "padding=\"some\"", "dilation=[0, 1, 1]", "groups=0", "groups=2",
    "groups=-3", "inputs=[\"nobody\"]", "inputs=[\"seen\"]", "inputs=[]", "bias=7",
  ])
  func namesTheNodeThatCannotBe(change: String) throws {
    try expectRefusal(of: Self.drawn(Self.convolution(change)), says: "seen")
  }

  @Test(arguments: [
    ("{\"type\": \"warp\", \"name\": \"w\"}, ", "warp"),
    ("{\"type\": \"add\", \"inputs\": [\"seen\"]}, ", "add"),
    ("{\"type\": \"relu\", \"name\": \"seen\"}, ", "seen"),
    ("{\"type\": \"maxpool3d\", \"name\": \"p\", \"window\": [0, 2, 2]}, ", "'p'"),
    ("{\"type\": \"maxpool3d\", \"name\": \"p\", \"window\": [9, 2, 2]}, ", "'p'"),
    ("{\"type\": \"batchnorm\", \"name\": \"n\", \"epsilon\": -1}, ", "'n'"),
    ("{\"type\": \"lstm\", \"name\": \"l\", \"hidden\": 4}, ", "'l'"),
    ("{\"type\": \"dropout\", \"rate\": 2}, ", "dropout"),
    ("{\"type\": 3}, ", "layers[1]"),
  ])
  func namesWhatDoesNotFitBehindIt(layer: String, says: String) throws {
    try expectRefusal(of: Self.drawn(Self.convolution(""), tail: layer), says: says)
  }

  @Test func refusesWhatIsNoArchitecture() throws {
    let deep = String(repeating: "[", count: 100_000)
    let many = String(repeating: "{\"type\": \"relu\"}, ", count: 200_000)
    for text in ["", "[]", "{}", deep, "\u{0}\u{1}", Self.drawn(many + Self.convolution(""))] {
      try expectRefusal(of: text, says: "drawn.json")
    }
  }

  private func expectRefusal(of text: String, says: String) throws {
    let scratch = ScratchFolder()
    try text.write(toFile: scratch("drawn.json"), atomically: true, encoding: .utf8)
    let run = try ProgramRun(
      "vidclass",
      ["train", Repository.path + "/clips", "--arch", scratch("drawn.json"), "--dry-run"])
    #expect([1, 2, 64].contains(run.exitCode), "\(run.exitCode)")
    #expect(run.errors.contains("drawn.json"), "\(run.errors)")
    #expect(run.errors.contains(says), "\(run.errors)")
  }
}

import ArgumentParser
import FileStore
import Foundation
import ModelFiles
import Networks
import Training

/// `vidclass import`: a model from weights of elsewhere.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Makes a model from weights that were trained elsewhere.",
    discussion: """
      FILE holds weights under PyTorch's names (.pth or .pt of either format, safetensors), which \
      belong to the network that --arch names; or it is a whole network (.onnx), as PyTorch's \
      exporters and vidclass export write it, which needs no --arch. One for pictures works on each \
      frame, and the mean over time scores. Nothing in a file is executed. \
      Says what was taken, what was left, and what stays new. Without a file the weights are \
      random: a model to try things with.

      EXAMPLES:
        vidclass import r3d_18.pth --arch r3d_18 -o models/r3d.safetensors
        vidclass import mine.pth --arch mine.json -o models/mine.safetensors
        vidclass import net.onnx --classes classes.txt -o models/net.safetensors
        vidclass import net.onnx --pixels imagenet -o models/net.safetensors
        vidclass train clips/ --init-from models/r3d.safetensors
      """)

  @Argument(
    help: "Weights (.pth, .pt, .safetensors) or a network (.onnx); without, random weights.")
  var file: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The model to write.", valueName: "model"))
  var output: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The network that the weights belong to: of vidclass info --architectures, or as JSON.",
      valueName: "name|file"))
  var arch: String?

  @Option(name: .long, help: ArgumentHelp("Layer through time, of presets.", valueName: "kind"))
  var rnn: PresetOptions.Recurrence?

  @Option(
    name: .long,
    help: ArgumentHelp("How its steps become one vector, of presets.", valueName: "kind"))
  var head: PresetOptions.Head?

  @Option(
    name: .long,
    help: ArgumentHelp("Frames of a clip (default: the network's usual).", valueName: "n"))
  var frames: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Height and width of the input (default: the network's usual).", valueName: "pixels"))
  var size: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Names of the classes: a file with a line each, or a,b,c (default: numbers).",
      valueName: "file|names"))
  var classes: String?

  @OptionGroup var pixels: PixelOptions

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if output.isEmpty { throw ValidationError("-o needs the name of a file.") }
    if file?.isEmpty == true { throw ValidationError("The name of the file is empty.") }
    if let file, file.lowercased().hasSuffix(".json") {
      throw ValidationError("\(file) is an architecture, not weights; give it as --arch \(file).")
    }
    if arch == nil, !(file.map(ONNXImport.isNamed) ?? false) {
      throw ValidationError(
        "Name the network that the weights belong to with --arch; vidclass info --architectures "
          + "lists them.")
    }
  }

  /// Those that are given outright, or stand in a file.
  private static func names(_ classes: String) throws -> [String] {
    let isList = classes.contains(",") && !RegularFile.exists(classes)
    let text =
      isList
      ? classes
      : String(
        decoding: try RegularFile.read(classes, maximumBytes: 1 << 24), as: UTF8.self)
    return text.split { $0.isNewline || isList && $0 == "," }
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  func run() throws {
    var request = ModelImport()
    request.architecture = arch
    request.recurrence = rnn
    request.head = head
    request.frames = frames
    request.size = size
    request.normalization = pixels.normalization
    request.seed = global.seed
    if let classes {
      request.classes = try Self.names(classes)
    }
    do {
      let made = try request.model(weights: file, programVersion: ProgramVersion.current)
      try RunFolder(model: output).prepareModel()
      try made.model.save(to: output)
      if let taken = made.taken { global.console.note(taken) }
      try StandardOutput.write("model: \(output)\n")
    } catch let error as TrainingError where error.code == .usage {
      throw ValidationError(error.message)
    }
  }
}

import ArgumentParser
import FileStore
import Labelling
import ModelFiles

/// `vidclass export`: a model for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a model for other programs: ONNX, or a PyTorch module.",
    usage: "vidclass export [<options>] <model> --to <to> --output <path>",
    discussion: """
      onnx: one file, operator set 17, any batch, with the preprocessing in its metadata.

      pytorch: a folder with model.safetensors, model.py (a plain nn.Module that loads it) and \
      preprocess.json. Other files of the folder stay as they are; any of these names that no export \
      wrote is an error.

      EXAMPLES:
        vidclass export models/clips.safetensors --to onnx -o clips.onnx
        vidclass export models/clips.safetensors --to pytorch -o clips-torch/
      """)

  /// What can be written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case onnx
    case pytorch
  }

  @Argument(help: "A model that vidclass train or import wrote.")
  var model: String

  @Option(name: .long, help: "onnx or pytorch.")
  var to: Format

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file or folder to write.", valueName: "path"))
  var output: String

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if model.isEmpty { throw ValidationError("The name of the model is empty.") }
    if output.isEmpty || output == "-" {
      throw ValidationError("-o needs the name of a file or folder.")
    }
  }

  func run() throws {
    let loaded = try Model.load(path: model)
    // Whatever stands there may be replaced, but never what is being exported.
    let place = to == .onnx ? output : PathText.join(output, "model.safetensors")
    if let own = FileIdentity(MediaPath(model)), own == FileIdentity(MediaPath(place)) {
      throw ModelFileError(
        .file, path: place, "is the model that is exported; give -o another name, or remove it")
    }
    switch to {
    case .onnx: try ONNXExport.write(loaded, to: output)
    case .pytorch: try PyTorchExport.write(loaded, to: output)
    }
    try StandardOutput.write("\(to.rawValue): \(output)\n")
  }
}

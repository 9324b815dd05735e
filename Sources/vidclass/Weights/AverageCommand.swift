import ArgumentParser
import FileStore
import Labelling
import ModelFiles

/// `vidclass average`: the mean of several models' weights.
struct AverageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "average",
    abstract: "Averages the weights of models that were trained from one start.",
    discussion: """
      All must have the same network, classes and preprocessing. The mean pays for models that were \
      fine-tuned from the same weights (--init-from) with other seeds or settings; of models that \
      were trained from nothing it knows nothing, and train --ensemble averages scores instead. Put \
      the result beside its parts with vidclass eval.

      EXAMPLES:
        vidclass average a.safetensors b.safetensors -o mean.safetensors
      """)

  @Argument(help: ArgumentHelp("Two models or more.", valueName: "model"))
  var models: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("The model to write.", valueName: "model"))
  var output: String

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if models.count < 2 { throw ValidationError("Give two models or more.") }
    if output.isEmpty || output == "-" { throw ValidationError("-o needs the name of a file.") }
  }

  func run() throws {
    let loaded = try models.map { path throws in try Model.load(path: path) }
    let written = FileIdentity(MediaPath(output))
    if let part = models.first(where: {
      written != nil && FileIdentity(MediaPath($0)) == written
    }) {
      throw ModelFileError(
        .file, path: part, "is one of the models that are averaged; give -o another name")
    }
    try Model.average(of: loaded).save(to: output)
    try StandardOutput.write("model: \(PathText.display(output))\n")
  }
}

import ArgumentParser
import Datasets
import Training

/// How a data set is read, in every command that takes one.
struct ReadingOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Pattern whose first capture in a path is the clip's group; or folder: the folders above it that are not its class.",
      valueName: "regex|folder"))
  var groupBy: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "So many folders above a clip are its class, those below them its group (default: told by whether they come back).",
      valueName: "n"))
  var classDepth: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a list of parts of movies, what it leaves unlabelled is this class (default: left out).",
      valueName: "name"))
  var background: String?

  @Option(
    name: .long, help: ArgumentHelp("Names for a text list's indices.", valueName: "file"))
  var classes: String?

  @OptionGroup var stream: StreamOption

  func validate() throws {
    if let classDepth, classDepth < 1 {
      throw ValidationError("--class-depth must be at least 1, not \(classDepth).")
    }
  }

  /// Whether any of them was given.
  var isAny: Bool {
    groupBy != nil || classDepth != nil || background != nil || classes != nil
      || stream.stream != nil
  }

  /// Puts them into what `Training` is asked for.
  func apply(to request: inout TrainingRequest) {
    request.groupBy = groupBy
    request.classDepth = classDepth
    request.background = background
    request.classesFile = classes
    request.limits = stream.limits
  }

  /// The same for reading a data set without training, with what a model was trained with where
  /// nothing was asked for.
  func index(groupBy: String?, classDepth: Int?, background: String?) -> IndexOptions {
    IndexOptions(
      groupBy: groupBy, classDepth: self.classDepth ?? classDepth,
      background: self.background ?? background, classesFile: classes)
  }
}

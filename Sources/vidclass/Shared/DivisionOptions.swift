import ArgumentParser
import Foundation
import Training

/// How `train` divides a data set, and `check` foretells it.
struct DivisionOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Share of the clips held out (default: 0.2).", valueName: "share"))
  var val: Double?

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
    help: ArgumentHelp("Hold out just these groups, as in F01,M02.", valueName: "list"))
  var valGroups: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a list of parts of movies, what it leaves unlabelled is this class (default: left out).",
      valueName: "name"))
  var background: String?

  @Option(
    name: .long, help: ArgumentHelp("Names for a text list's indices.", valueName: "file"))
  var classes: String?

  func validate() throws {
    if let classDepth, classDepth < 1 {
      throw ValidationError("--class-depth must be at least 1, not \(classDepth).")
    }
    if let share = val, !(0..<1).contains(share) {
      throw ValidationError("--val must be at least 0 and below 1, not \(share); 0.2 is usual.")
    }
    if valGroups != nil && val != nil {
      throw ValidationError("--val and --val-groups exclude each other; give one of them.")
    }
  }

  /// Whether any of them was given.
  var isAny: Bool {
    val != nil || groupBy != nil || classDepth != nil || valGroups != nil || classes != nil
      || background != nil
  }

  /// Puts them into what `Training` is asked for.
  func apply(to request: inout TrainingRequest) {
    request.validationFraction = val
    request.groupBy = groupBy
    request.classDepth = classDepth
    request.background = background
    request.validationGroups =
      valGroups?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty } ?? []
    request.classesFile = classes
  }
}

import ArgumentParser
import Foundation
import Training

/// How `train` divides a data set, and `check` foretells it.
struct DivisionOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Share of the clips held out (default: 0.2).", valueName: "share"))
  var val: Double?

  @OptionGroup var reading: ReadingOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Hold out just these groups, as in F01,M02.", valueName: "list"))
  var valGroups: String?

  @Option(
    name: .customLong("add"),
    help: ArgumentHelp(
      "A list of further clips, such as the corrections of a review page; what it says of a clip wins. May be given again.",
      valueName: "manifest"))
  var additions: [String] = []

  func validate() throws {
    if additions.contains("") { throw ValidationError("--add needs the name of a list.") }
    if let share = val, !(0..<1).contains(share) {
      throw ValidationError("--val must be at least 0 and below 1, not \(share); 0.2 is usual.")
    }
    if valGroups != nil && val != nil {
      throw ValidationError("--val and --val-groups exclude each other; give one of them.")
    }
  }

  /// Whether any of them was given.
  var isAny: Bool {
    val != nil || valGroups != nil || !additions.isEmpty || reading.isAny
  }

  /// Puts them into what `Training` is asked for.
  func apply(to request: inout TrainingRequest) {
    request.validationFraction = val
    request.additions = additions
    reading.apply(to: &request)
    request.validationGroups =
      valGroups?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty } ?? []
  }
}

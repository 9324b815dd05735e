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

  func validate() throws {
    if let share = val, !(0..<1).contains(share) {
      throw ValidationError("--val must be at least 0 and below 1, not \(share); 0.2 is usual.")
    }
    if valGroups != nil && val != nil {
      throw ValidationError("--val and --val-groups exclude each other; give one of them.")
    }
  }

  /// Whether any of them was given.
  var isAny: Bool { val != nil || valGroups != nil || reading.isAny }

  /// Puts them into what `Training` is asked for.
  func apply(to request: inout TrainingRequest) {
    request.validationFraction = val
    reading.apply(to: &request)
    request.validationGroups =
      valGroups?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty } ?? []
  }
}

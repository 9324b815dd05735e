import Foundation

/// What the user reads of an error.
///
/// The `description` of the modules' errors is one line that names the file and says what to do.
enum ErrorMessage {
  /// The message of any error in a single line without control characters.
  static func oneLine(for error: any Error) -> String {
    let text: String
    switch error {
    case let localized as any LocalizedError: text = localized.localizedDescription
    case let foundation as CocoaError: text = foundation.localizedDescription
    case let described as any CustomStringConvertible: text = described.description
    default: text = error.localizedDescription
    }
    return singleLine(text)
  }

  /// The lines of a text, each without control characters.
  static func lines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { singleLine(String($0)) }
      .joined(separator: "\n")
  }

  /// Replaces line breaks and other control characters, which a hostile file name may contain, and
  /// names settings as options.
  static func singleLine(_ text: String) -> String {
    var line = ""
    for scalar in SettingNames.options(in: text).unicodeScalars {
      if ["\n", "\r", "\t", "\u{2028}", "\u{2029}"].contains(scalar) {
        line += " "
      } else if scalar.properties.generalCategory == .control {
        line += "\u{FFFD}"
      } else {
        line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}

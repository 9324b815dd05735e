/// Strings as JSON.
package enum JSONText {
  /// The string in quotes.
  ///
  /// - Parameter keepsOneLine: escapes C1 controls, U+2028 and U+2029 too, which JSON allows and
  ///   which break lines in some readers of JSON Lines.
  package static func quoted(_ text: String, keepsOneLine: Bool = false) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || keepsOneLine && breaksLines(scalar):
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private static func breaksLines(_ scalar: Unicode.Scalar) -> Bool {
    (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
  }
}

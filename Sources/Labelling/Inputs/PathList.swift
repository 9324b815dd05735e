/// Lists of paths in files and on standard input.
public enum PathList {
  /// What stands between two paths.
  public enum Separator: Sendable {
    /// One path a line; an ending carriage return is dropped, empty lines are skipped.
    case line
    /// Paths end with a zero byte, as `find -print0` writes them.
    case zero
  }

  /// The paths in `bytes`, in order.
  public static func parse(_ bytes: [UInt8], separator: Separator) -> [MediaPath] {
    let end: UInt8 = separator == .line ? UInt8(ascii: "\n") : 0
    return bytes.split(separator: end).compactMap { part in
      var part = part
      if separator == .line && part.last == UInt8(ascii: "\r") { part = part.dropLast() }
      return part.isEmpty ? nil : MediaPath(bytes: Array(part))
    }
  }
}

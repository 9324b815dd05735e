import Foundation

/// The reader of standard output went away; the program ends quietly, as filters do.
struct BrokenPipe: Error {}

/// Standard output refused data, for example because the disk is full.
struct OutputError: Error, CustomStringConvertible {
  let description: String
}

/// Results go here. Unlike `print`, every failed write is an error.
enum StandardOutput {
  static let isTerminal = isatty(STDOUT_FILENO) == 1

  /// Colours only on a terminal, and not when `NO_COLOR` is set (no-color.org).
  static let usesColor = isTerminal && TextStyle.isWelcome

  /// Columns of the terminal, 80 when there is none.
  static var columns: Int { terminalColumns(of: STDOUT_FILENO) ?? 80 }

  /// Writes all of `text` at once, without buffering, so that records arrive whole.
  static func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  static func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let chunk = UnsafeRawBufferPointer(rebasing: rest)
      let written = Foundation.write(STDOUT_FILENO, chunk.baseAddress, chunk.count)
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno == EPIPE {
        throw BrokenPipe()
      } else if errno != EINTR {
        let reason = String(cString: strerror(errno))
        throw OutputError(
          description: "standard output: cannot write: \(reason); make room or send it elsewhere")
      }
    }
  }

  /// Writes `value` as indented JSON with sorted keys and a line break at the end.
  static func writeJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var data = try encoder.encode(value)
    data.append(UInt8(ascii: "\n"))
    try data.withUnsafeBytes { try write($0) }
  }
}

/// Columns of the terminal behind a file descriptor, or nil when it is none.
func terminalColumns(of descriptor: Int32) -> Int? {
  var size = winsize()
  guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
  else { return nil }
  return Int(size.ws_col)
}

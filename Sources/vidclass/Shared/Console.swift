import Foundation
import Synchronization

/// Messages for people, on standard error; safe to use from any thread.
struct Console: Sendable {
  enum Verbosity: Int, Sendable, Comparable {
    case quiet
    case normal
    case verbose

    static func < (a: Verbosity, b: Verbosity) -> Bool { a.rawValue < b.rawValue }
  }

  let verbosity: Verbosity

  /// What happens and what to know; not with `--quiet`.
  func note(_ text: String) {
    if verbosity >= .normal { Console.writeLine(ErrorMessage.lines(text)) }
  }

  /// Only with `--verbose`.
  func detail(_ text: String) {
    if verbosity >= .verbose { Console.writeLine(ErrorMessage.lines(text)) }
  }

  /// `vidclass: warning: …`, in one line, always.
  func warn(_ text: String) {
    Console.writeLine(
      "vidclass: \(TextStyle.yellow.on("warning:")) \(ErrorMessage.singleLine(text))")
  }

  /// A failure the command survives (`vidclass: error: …`), in one line, always.
  func error(_ text: String) {
    Console.writeLine("vidclass: \(TextStyle.red.on("error:")) \(ErrorMessage.singleLine(text))")
  }

  /// Writes a line above the status line, if one is shown. Failures have nowhere to be told.
  static func writeLine(_ text: String) { StatusLine.write(line: text) }
}

/// Colours of standard error; plain text where they are not welcome.
enum TextStyle: String, Sendable {
  case bold = "1"
  case dim = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"
  case cyan = "36"

  /// False with `NO_COLOR` (no-color.org) or on a terminal that knows no colours.
  static let isWelcome: Bool = {
    let environment = ProcessInfo.processInfo.environment
    return (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }()

  /// `text` in this style; give `enabled: StandardOutput.usesColor` for standard output.
  func on(_ text: String, enabled: Bool = StatusLine.isTerminal && TextStyle.isWelcome) -> String {
    enabled ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// The last line of the terminal, rewritten in place below the messages.
enum StatusLine {
  static let isTerminal =
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  private static let shown = Mutex("")

  /// Replaces the status line; only the part that fits the terminal is shown.
  static func show(_ text: String) {
    guard isTerminal else { return }
    let fitting = String(text.prefix(max(10, (terminalColumns(of: STDERR_FILENO) ?? 80) - 1)))
    shown.withLock {
      $0 = fitting
      writeError("\r\u{1B}[K" + fitting)
    }
  }

  static func clear() {
    shown.withLock {
      if !$0.isEmpty { writeError("\r\u{1B}[K") }
      $0 = ""
    }
  }

  static func write(line: String) {
    shown.withLock {
      writeError($0.isEmpty ? line + "\n" : "\r\u{1B}[K" + line + "\n" + $0)
    }
  }

  private static func writeError(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let chunk = UnsafeBufferPointer(rebasing: rest)
        let written = Foundation.write(STDERR_FILENO, chunk.baseAddress, chunk.count)
        if written < 0 && errno != EINTR { return }
        if written > 0 { rest = rest.dropFirst(written) }
      }
    }
  }
}

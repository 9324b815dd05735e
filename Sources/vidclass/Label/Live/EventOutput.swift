import FileStore
import Foundation
import Labelling

/// Where the lines of a followed stream go: each at once, so that whoever reads them never waits.
final class EventOutput {
  private let file: Int32?
  private let path: String

  /// - Parameter path: a file, which is appended to; nil or `-` for standard output.
  /// - Throws: where it cannot be written or holds something else.
  init(path: String?) throws {
    guard let path, path != "-" else {
      file = nil
      self.path = ""
      return
    }
    self.path = path
    try OutputPlace.requireWritable(file: path)
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    let writeOnly = descriptor < 0 ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : descriptor
    guard writeOnly >= 0 else { throw EventOutput.refused(path) }
    file = writeOnly
    try prepare(writeOnly)
  }

  deinit { if let file { close(file) } }

  func write(_ line: String) throws {
    guard let file else { return try StandardOutput.write(line + "\n") }
    try append(Array((line + "\n").utf8), to: file)
  }

  /// A slip in `-o` destroys nothing, and a line that a crash has torn is ended.
  private func prepare(_ file: Int32) throws {
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
      return
    }
    let opening = Array("{\"event\":".utf8)
    var start = [UInt8](repeating: 0, count: opening.count)
    var last: UInt8 = 0
    guard pread(file, &start, start.count, 0) == start.count, start == opening else {
      throw LabelError(
        .output, "\(path): exists and holds no events of a followed stream; choose another -o")
    }
    if pread(file, &last, 1, status.st_size - 1) == 1, last != UInt8(ascii: "\n") {
      try append([UInt8(ascii: "\n")], to: file)
    }
  }

  private func append(_ bytes: [UInt8], to file: Int32) throws {
    var done = 0
    while done < bytes.count {
      let wrote = bytes.withUnsafeBytes {
        Foundation.write(file, $0.baseAddress! + done, $0.count - done)
      }
      if wrote < 0 && errno == EINTR { continue }
      guard wrote > 0 else { throw EventOutput.refused(path) }
      done += wrote
    }
  }

  private static func refused(_ path: String) -> LabelError {
    LabelError(.output, "\(path): cannot be written (\(String(cString: strerror(errno))))")
  }
}

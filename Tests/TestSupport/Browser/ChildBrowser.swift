import Foundation

/// Headless Chromium as a child: JSON messages, each ended by a zero byte, over its file descriptors
/// 3 (to it) and 4 (from it). It ends when these are closed, so also when the tests are killed.
final class ChildBrowser {
  private let process: pid_t
  private let input: Int32
  private let output: Int32

  init(path: String, arguments: [String]) throws(BrowserError) {
    let (childInput, input) = try ChildBrowser.pipe()
    let (output, childOutput) = try ChildBrowser.pipe()
    defer {
      close(childInput)
      close(childOutput)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, childInput, 3)
    posix_spawn_file_actions_adddup2(&actions, childOutput, 4)
    var texts = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    var process: pid_t = 0
    let result = posix_spawn(&process, path, &actions, nil, &texts, environ)
    guard result == 0 else {
      close(input)
      close(output)
      throw BrowserError("\(path) does not start: \(String(cString: strerror(result)))")
    }
    self.process = process
    self.input = input
    self.output = output
  }

  /// Ends beyond the numbers that the child's own get, closed in every other child.
  private static func pipe() throws(BrowserError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard Foundation.pipe(&ends) == 0 else { throw BrowserError("no pipe for the browser") }
    let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
    for end in ends { close(end) }
    return (moved[0], moved[1])
  }

  func send(_ message: Data) throws(BrowserError) {
    let bytes = Array(message) + [0]
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { write(input, $0.baseAddress!, $0.count) }
      guard count > 0 else { throw BrowserError("the browser has gone") }
      sent += count
    }
  }

  /// Calls `take` with each message, until the browser ends.
  func read(_ take: (Data) -> Void) {
    var rest = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(output, &buffer, buffer.count)
      if count <= 0 { return }
      rest.append(contentsOf: buffer[..<count])
      while let end = rest.firstIndex(of: 0) {
        take(rest[rest.startIndex..<end])
        rest = Data(rest[(end + 1)...])
      }
    }
  }

  /// Ends the browser, and waits until it has.
  func end() {
    close(input)
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }
}

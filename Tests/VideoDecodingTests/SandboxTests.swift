import CSandbox
import Foundation
import Testing

/// What a decoder process can no longer do. The filter holds for a thread and those it starts, so
/// that a thread of the tests can try it.
@Suite struct SandboxTests {
  /// Results of calls made on a confined thread.
  // @unchecked: written by one thread, read after that has signalled its end.
  private final class Attempts: @unchecked Sendable {
    var confined: Int32 = -1
    /// The error number of each call; 0 where it succeeded.
    var errors: [String: Int32] = [:]
    let end = DispatchSemaphore(value: 0)

    func attempt(_ name: String, _ call: () -> Int) {
      errno = 0
      errors[name] = call() < 0 ? errno : 0
    }
  }

  @Test func confinedThreadsOnlyReadAndCompute() throws {
    let file = Fixtures.path("plain.mp4")
    let attempts = Attempts()
    let thread = Thread {
      attempts.confined = vc_confine_self()
      attempts.attempt("socket") { Int(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) }
      attempts.attempt("local socket") { Int(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)) }
      attempts.attempt("create") { Int(open(file + ".new", O_WRONLY | O_CREAT, 0o600)) }
      attempts.attempt("write") { Int(open(file, O_RDWR)) }
      attempts.attempt("remove") { Int(unlink(file)) }
      attempts.attempt("rename") { Int(rename(file, file + ".moved")) }
      attempts.attempt("folder") { Int(mkdir(file + ".folder", 0o700)) }
      attempts.attempt("signal") { Int(kill(getpid(), 0)) }
      attempts.attempt("program") {
        var process = pid_t()
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(arguments[0]) }
        errno = posix_spawn(&process, "/bin/true", nil, nil, &arguments, nil)
        return errno == 0 ? 0 : -1
      }
      attempts.attempt("read") {
        let descriptor = open(file, O_RDONLY)
        defer { close(descriptor) }
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) == 1 ? 0 : -1
      }
      attempts.end.signal()
    }
    thread.start()
    attempts.end.wait()
    try #require(attempts.confined == 0, "this system cannot filter calls")
    #expect(attempts.errors.removeValue(forKey: "read") == 0)
    #expect(attempts.errors.count == 9)
    for (name, error) in attempts.errors { #expect(error == EPERM, "\(name)") }
    // Other threads are as they were.
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #expect(descriptor >= 0)
    close(descriptor)
  }
}

private import CSandbox
import Foundation

/// The bytes of a stream: read from a pipe as they come, or from a file that somebody still writes.
///
/// Waiting for them is nobody's fault: it counts neither against a deadline nor as silence.
struct StreamInput {
  /// Not owned.
  let descriptor: Int32
  /// Seconds after which a file that has not grown counts as complete; nil for pipes, which say so
  /// themselves.
  let idleSeconds: Double?
  /// Asked a few times a second while nothing comes; false ends the stream.
  let goesOn: () -> Bool

  /// - Parameter idleSeconds: only used for files.
  init(descriptor: Int32, idleSeconds: Double, goesOn: @escaping () -> Bool) {
    var status = stat()
    let isFile =
      vc_status(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    self.descriptor = descriptor
    self.idleSeconds = isFile ? idleSeconds : nil
    self.goesOn = goesOn
  }

  /// What a read came to.
  enum Outcome {
    case bytes(Int)
    case end
    case stopped
    case failed(Int32)
  }

  /// Reads at most `count` bytes, at least one; waits as long as it takes.
  ///
  /// - Parameter waited: seconds gone by without a byte, added to.
  func read(
    into buffer: UnsafeMutableRawPointer, count: Int, waited: inout Double
  ) -> Outcome {
    let asked = Deadline.now()
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let began = Deadline.now()
      if poll(&entry, 1, 250) > 0 {
        let got = Foundation.read(descriptor, buffer, count)
        if got > 0 {
          Deadline.steps.add(1, ordering: .relaxed)
          return .bytes(got)
        }
        if got < 0 {
          guard errno == EINTR || errno == EAGAIN else { return .failed(errno) }
        } else {
          guard let idleSeconds, Deadline.now() - asked < idleSeconds else { return .end }
          usleep(40_000)
        }
      }
      waited += Deadline.now() - began
      Deadline.steps.add(1, ordering: .relaxed)
      if !goesOn() { return .stopped }
    }
  }
}

import Foundation
import Synchronization

/// The user asked to stop; thrown after the state was saved. Exit code 130 or 143.
struct Interrupted: Error {
  let signal: Int32
  let message: String

  init(signal: Int32, message: String? = nil) {
    self.signal = signal
    self.message =
      message ?? "interrupted; what was finished is kept, run the same command again to continue"
  }
}

/// SIGINT and SIGTERM as a flag that loops poll: the first asks, the second kills at once.
///
/// Only commands that poll install it; for all others the default action, dying, is right.
enum Interrupt {
  private static let pending = Atomic<Int32>(0)

  /// From now on SIGINT and SIGTERM set the flag.
  static func install() {
    // A lazily initialised global must not be met first inside a signal handler.
    _ = pending.load(ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in Interrupt.receive(number) }
    // System calls resume: a decoder in the middle of a read must not take the signal for a fault.
    action.sa_flags = SA_RESTART
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    // A parent may start programs from a thread that blocks signals, and the mask is inherited.
    var asked = sigset_t()
    sigemptyset(&asked)
    sigaddset(&asked, SIGINT)
    sigaddset(&asked, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &asked, nil)
  }

  /// The signal that asked to stop, if any; cheap enough for every iteration, from any thread.
  static var signal: Int32? {
    let number = pending.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  static var isRequested: Bool { signal != nil }

  /// Throws ``Interrupted`` once a signal has arrived.
  ///
  /// - Parameter message: what to tell of the work done; nil where running again goes on with it.
  static func check(_ message: String? = nil) throws {
    if let signal { throw Interrupted(signal: signal, message: message) }
  }

  /// Runs inside the signal handler: nothing but an atomic and `_exit`.
  private static func receive(_ number: Int32) {
    let (first, _) = pending.compareExchange(expected: 0, desired: number, ordering: .relaxed)
    if !first { _exit(128 + number) }
  }
}

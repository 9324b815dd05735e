import Foundation
import Synchronization

/// The service's end of the wire, shared with the thread that shows signs of life.
// @unchecked: only whole messages are sent, under `lock`; only the serving thread receives.
final class ServiceLink: @unchecked Sendable {
  private let wire: Wire
  private let lock = NSLock()
  /// Whether the program has asked to stop what is being answered. Used by the serving thread only.
  var isCancelled = false

  init(_ wire: consuming Wire) { self.wire = wire }

  /// The program's next request; ends this process when the program is gone.
  func receive() -> (kind: Message.Kind, description: [UInt8], descriptor: Int32?) {
    guard let (header, description, descriptor) = try? wire.receiveWithDescriptor(),
      header.payload == 0
    else { _exit(EXIT_SUCCESS) }
    return (header.kind, description, descriptor)
  }

  func send(
    _ kind: Message.Kind, _ description: [UInt8],
    payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    let isSent = lock.withLock { wire.send(kind, description, payload: payload) }
    if !isSent { _exit(EXIT_SUCCESS) }
  }

  /// Whether the program has asked to stop. Until the answer is complete it asks for nothing else.
  func checkCancelled() -> Bool {
    if !isCancelled { isCancelled = wire.hasInput }
    return isCancelled
  }

  /// Whether the program has asked for something else meanwhile.
  var hasRequest: Bool { wire.hasInput }

  // MARK: Asking the program

  /// An image the program has opened, or why it could not.
  typealias Loan = Result<Int32, DecodeError>

  /// Has the program open these images.
  func borrow(_ numbers: [Int]) -> [Loan] {
    send(.lend, Message.encode(Message.Lend(numbers: numbers)))
    return numbers.map { _ in
      let (error, descriptor) = reply(.lent)
      if let error { return .failure(error) }
      guard let descriptor else { _exit(EXIT_FAILURE) }
      return .success(descriptor)
    }
  }

  /// Has the program look whether its folder of images is what it was.
  func compare() throws(DecodeError) {
    send(.compare, [])
    if let error = reply(.compared).error { throw error }
  }

  private func reply(_ kind: Message.Kind) -> (error: DecodeError?, descriptor: Int32?) {
    while true {
      let message = receive()
      if message.kind == .cancel {
        // It crossed the question.
        isCancelled = true
        continue
      }
      guard message.kind == kind else { _exit(EXIT_FAILURE) }
      if message.description.isEmpty { return (nil, message.descriptor) }
      guard let error = Message.decode(DecodeError.self, from: message.description) else {
        _exit(EXIT_FAILURE)
      }
      return (error, nil)
    }
  }

  // MARK: Signs of life

  /// Starts a thread that says every second that work goes on, if it does, and ends this process
  /// when the program is gone, even in the midst of work that would never end.
  func watch() {
    let thread = Thread { [self] in
      var last = 0
      while true {
        // An event that is never there: only the end of the other side wakes this up.
        var entry = pollfd(fd: STDIN_FILENO, events: 0, revents: 0)
        if poll(&entry, 1, 1000) > 0, entry.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 {
          _exit(EXIT_SUCCESS)
        }
        let steps = Deadline.steps.load(ordering: .relaxed)
        // Whoever holds the lock is sending: sign enough.
        if steps != last, lock.try() {
          last = steps
          _ = wire.send(.alive)
          lock.unlock()
        }
      }
    }
    thread.stackSize = 256 << 10
    thread.start()
  }
}

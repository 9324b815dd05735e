private import CSandbox
import Foundation

/// One end of the socket and the pipe between a program and its decoder process.
struct Wire: ~Copyable {
  /// Why nothing more comes.
  enum Failure: Error {
    /// The other end is gone.
    case ended
    /// The other end has been silent for too long.
    case silent
    /// What came is not what this program sends.
    case malformed
    /// The process is not confined as it must be.
    case unconfined
  }

  private let input: Int32
  private let output: Int32

  /// Owns both descriptors.
  init(input: Int32, output: Int32) {
    self.input = input
    self.output = output
  }

  deinit {
    close(input)
    close(output)
  }

  // MARK: Sending

  /// - Parameter descriptor: An open file that goes along, where the wire is a socket.
  /// - Returns: False when the other end is gone.
  func send(
    _ kind: Message.Kind, _ description: [UInt8] = [],
    payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
    descriptor: Int32? = nil
  ) -> Bool {
    var head: [UInt8] = []
    head.reserveCapacity(Message.Header.size + description.count)
    Message.Header(kind: kind, description: description.count, payload: payload.count)
      .append(to: &head)
    head += description
    return head.withUnsafeBytes { head in
      var parts = [
        iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
        iovec(
          iov_base: UnsafeMutableRawPointer(mutating: payload.baseAddress),
          iov_len: payload.count),
      ]
      var companion = descriptor
      while parts[0].iov_len + parts[1].iov_len > 0 {
        let written = companion.map { vc_send(output, parts, 2, $0) } ?? writev(output, parts, 2)
        if written < 0 {
          if errno == EINTR { continue }
          return false
        }
        companion = nil
        var left = written
        for part in 0..<2 {
          let done = min(left, parts[part].iov_len)
          parts[part].iov_base = parts[part].iov_base.map { $0 + done }
          parts[part].iov_len -= done
          left -= done
        }
      }
      return true
    }
  }

  // MARK: Receiving

  /// Whether something has come, without waiting for it.
  var hasInput: Bool {
    var entry = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0
  }

  /// Next header and description, in the waitLimit given.
  func receive(
    _ waitLimit: inout WaitLimit
  ) throws(Failure) -> (header: Message.Header, description: [UInt8]) {
    let raw = try read(Message.Header.size, &waitLimit)
    guard let header = raw.withUnsafeBytes({ Message.Header($0) }) else { throw .malformed }
    return (header, try read(header.description, &waitLimit))
  }

  /// Next message over a socket, whenever it comes, with the open file that came along.
  func receiveWithDescriptor() throws(Failure) -> (
    header: Message.Header, description: [UInt8], descriptor: Int32?
  ) {
    var raw = [UInt8](repeating: 0, count: Message.Header.size)
    var descriptor: Int32?
    var done = 0
    while done < raw.count {
      var companion: Int32 = -1
      let got = raw.withUnsafeMutableBytes {
        vc_receive(input, $0.baseAddress! + done, $0.count - done, &companion)
      }
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { throw .ended }
      if companion >= 0 { descriptor = companion }
      done += got
    }
    guard let header = raw.withUnsafeBytes({ Message.Header($0) }) else { throw .malformed }
    var waitLimit = WaitLimit.endless
    return (header, try read(header.description, &waitLimit), descriptor)
  }

  /// So many bytes. Memory is only taken up as they come, whatever number was announced.
  func read(_ count: Int, _ waitLimit: inout WaitLimit) throws(Failure) -> [UInt8] {
    var failure: Failure?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(Failure) {
        try fill(
          UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]),
          &waitLimit)
        filled = count
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  func fill(_ bytes: inout [UInt8], _ waitLimit: inout WaitLimit) throws(Failure) {
    var failure: Failure?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(Failure) { try fill(buffer, &waitLimit) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  func fill(
    _ buffer: UnsafeMutableRawBufferPointer, _ waitLimit: inout WaitLimit
  ) throws(Failure) {
    var done = 0
    while done < buffer.count {
      try waitForInput(&waitLimit)
      let got = Foundation.read(input, buffer.baseAddress! + done, buffer.count - done)
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { throw .ended }
      done += got
    }
  }

  private func waitForInput(_ waitLimit: inout WaitLimit) throws(Failure) {
    guard waitLimit.isLimited else { return }
    while true {
      var entry = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      let started = Deadline.now()
      let ready = poll(&entry, 1, 500)
      waitLimit.spend(Deadline.now() - started)
      if ready > 0 { return }
      if ready < 0 && errno != EINTR { throw .ended }
      if waitLimit.isOver { throw .silent }
    }
  }
}

/// How long to wait for a decoder process: between two signs of life, and for a whole answer.
struct WaitLimit {
  private let betweenMessages: Double
  private let inAll: Double
  private var sinceMessage = 0.0
  private var sinceStart = 0.0

  /// A program waits for ever for what it is asked next.
  static let endless = WaitLimit(betweenMessages: .infinity, inAll: .infinity)

  /// - Parameters:
  ///   - betweenMessages: Seconds between two messages.
  ///   - inAll: Seconds for everything that is waited for with it.
  init(betweenMessages: Double, inAll: Double) {
    self.betweenMessages = betweenMessages
    self.inAll = inAll
  }

  var isLimited: Bool { betweenMessages.isFinite || inAll.isFinite }
  var isOver: Bool { sinceMessage > betweenMessages || sinceStart > inAll }

  /// Something came.
  mutating func noteMessage() { sinceMessage = 0 }

  /// A program that was stopped (Ctrl-Z) for an hour has not waited for an hour: a wait lasts half
  /// a second, and counts no more than twice that.
  mutating func spend(_ seconds: Double) {
    sinceMessage += min(seconds, 1)
    sinceStart += min(seconds, 1)
  }
}

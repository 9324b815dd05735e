import ClipSampling

/// A stream decoded in a process of its own: its program's side.
///
/// As with a clip, what the process says passes an `AnswerGate` before anything is made of it. The
/// process serves this stream only and is ended with it.
final class RemoteStream {
  private let request: StreamRequest
  private let processes: DecoderProcesses
  private let process: DecoderProcess
  private let gate: AnswerGate
  private var allowed = -Double.infinity

  /// Seconds beyond the limits, in which the process should give up by itself.
  private static let grace = 5.0
  /// Processor time is granted anew this often, in seconds, and so much of it: a stream has no end,
  /// but a process of which nothing is heard must have one.
  private static let allowance = (every: 10.0, seconds: 120.0)

  init(
    _ request: StreamRequest, descriptor: Int32, processes: DecoderProcesses
  ) throws(DecodeError) {
    self.request = request
    self.processes = processes
    gate = AnswerGate(path: request.name, limits: request.endlessLimits)
    process = try processes.take(for: request.name)
    process.beginClip()
    allowTime()
    guard process.send(.follow, Message.encode(request), descriptor: descriptor) else {
      throw lose(.ended)
    }
  }

  /// Shows frames as they come, until there are no more or `body` or `goesOn` returns false.
  func forEachFrame(
    goesOn: () -> Bool, opened: (VideoInfo) -> Void,
    _ body: (borrowing DecodedFrame) throws -> Bool
  ) throws -> StreamSummary {
    var waitLimit = WaitLimit(
      betweenMessages: request.limits.secondsWithoutFrame + RemoteStream.grace, inAll: .infinity)
    let count = request.size.width * request.size.height * request.layout.channels
    var pixels = [UInt8](repeating: 0, count: count)
    var summary = StreamSummary()
    var previous: Message.Picture?
    var isOpen = false
    while true {
      guard let (header, description) = try receive(&waitLimit) else {
        if goesOn() { continue }
        break
      }
      switch header.kind {
      case .opened where !isOpen:
        guard let state = Message.decode(Message.State.self, from: description), gate.admits(state)
        else { throw lose(.malformed) }
        isOpen = true
        opened(state.info)
      case .frame where isOpen:
        guard let picture = Message.Picture(description),
          gate.admits(
            picture, after: previous, payload: header.payload, size: request.size,
            channels: request.layout.channels)
        else { throw lose(.malformed) }
        previous = picture
        try receive(into: &pixels, &waitLimit)
        summary.frames += 1
        summary.duration = picture.time.seconds
        guard try show(picture, pixels, body), goesOn() else {
          summary.totalFrames = summary.frames
          return summary
        }
      case .finished where isOpen:
        guard let finished = Message.decode(Message.Finished.self, from: description),
          gate.admits(finished, shown: summary.frames)
        else { throw lose(.malformed) }
        return finished.summary
      case .failed: throw failure(description)
      default: throw lose(.malformed)
      }
    }
    summary.totalFrames = summary.frames
    return summary
  }

  /// Has the process leave out so many seconds; what it has on its way still comes.
  func skip(seconds: Double) {
    // Where it is gone, the next answer says so.
    _ = process.send(.skip, Message.encode(Message.Skip(seconds: seconds)))
  }

  private func show(
    _ picture: Message.Picture, _ pixels: [UInt8],
    _ body: (borrowing DecodedFrame) throws -> Bool
  ) throws -> Bool {
    try pixels.withUnsafeBufferPointer { buffer in
      try body(
        DecodedFrame(
          index: picture.index, time: picture.time.seconds, isKeyFrame: picture.isKeyFrame,
          isDamaged: picture.isDamaged, width: picture.width, height: picture.height,
          channels: picture.channels, pixels: buffer, timestamp: picture.timestamp))
    }
  }

  // MARK: Talking

  private func receive(
    _ waitLimit: inout WaitLimit
  ) throws(DecodeError) -> (header: Message.Header, description: [UInt8])? {
    do throws(Wire.Failure) {
      let message = try process.receiveOrSign(&waitLimit)
      allowTime()
      return message
    } catch { throw lose(error) }
  }

  private func receive(into bytes: inout [UInt8], _ waitLimit: inout WaitLimit) throws(DecodeError)
  {
    do throws(Wire.Failure) {
      try process.receivePayload(into: &bytes, &waitLimit)
    } catch { throw lose(error) }
  }

  private func allowTime() {
    let now = Deadline.now()
    guard now - allowed >= RemoteStream.allowance.every else { return }
    allowed = now
    process.allow(seconds: RemoteStream.allowance.seconds)
  }

  private func failure(_ description: [UInt8]) -> DecodeError {
    guard let failed = Message.decode(Message.Failed.self, from: description),
      gate.admits(failed.error)
    else { return lose(.malformed) }
    return failed.error
  }

  private func lose(_ reason: Wire.Failure) -> DecodeError {
    processes.countLoss()
    let workerExit = reason == .ended ? process.awaitEnd() : process.end()
    return RemoteClip.diagnosis(
      reason, workerExit, path: request.name, limits: request.limits)
  }
}

import ClipSampling
import Foundation

/// A clip decoded in a process of its own.
///
/// What the process says passes an `AnswerGate` before anything is made of it. A process that dies,
/// falls silent or talks nonsense is ended, and its clip fails with an error like any other.
final class RemoteClip: ClipBacking {
  private let path: String
  private let limits: DecodeLimits
  private let processes: DecoderProcesses
  private let threads: Int
  private let gate: AnswerGate
  /// Bytes of the file as this program sees it; nil for a folder.
  private let fileSize: Int64?
  /// Nil once it was lost.
  private var process: DecoderProcess?
  private var loss: DecodeError?
  /// The folder whose images the process asks for; nil for a movie.
  private var images: (any ImageFiles)?
  private(set) var info: VideoInfo
  private(set) var counters = DecodeCounters()

  /// Seconds beyond the limits, in which the process should give up by itself.
  private static let grace = 5.0

  init(
    path: String, threads: Int, limits: DecodeLimits, processes: DecoderProcesses
  ) throws(DecodeError) {
    self.path = path
    self.limits = limits
    self.processes = processes
    self.threads = threads
    gate = AnswerGate(path: path, limits: limits)
    fileSize = RemoteClip.size(of: path)
    info = VideoInfo(
      path: path, container: "", codec: "", streamIndex: 0, width: 0, height: 0, rotation: 0,
      mirrored: false, pixelFormat: "", colorSpace: "", colorRange: "", framesPerSecond: nil,
      duration: nil, frameCount: nil, isVariableFrameRate: false, fileSize: 0, modified: 0,
      warnings: [], isImageFolder: false)
    let descriptor: Int32?
    let file: SourceFile?
    switch try ClipFiles(path: path) {
    case .movie(let movie):
      descriptor = movie.descriptor
      file = consume movie
    case .images(let folder):
      descriptor = nil
      file = nil
      images = folder
    }
    let process = try processes.take(for: path)
    self.process = process
    process.beginClip()
    let request = Message.Open(
      path: path, threads: threads, limits: limits, images: images?.listing)
    var waitLimit = newWaitLimit()
    let (header, description) = try exchange(
      .open, Message.encode(request), &waitLimit, descriptor: descriptor)
    // The process has it open by itself now.
    _ = consume file
    switch header.kind {
    case .opened:
      guard let state = Message.decode(Message.State.self, from: description), gate.admits(state)
      else { throw lose(.malformed) }
      adopt(state)
    case .failed:
      let error = failure(description)
      // The process is ready for another clip.
      if let process = self.process { processes.give(process) }
      self.process = nil
      throw error
    default: throw lose(.malformed)
    }
  }

  deinit {
    if let process, process.send(.close) { processes.give(process) }
  }

  // MARK: Answers

  func frameTimes() throws(DecodeError) -> [Double] {
    var waitLimit = newWaitLimit()
    let (header, description) = try exchange(.times, [], &waitLimit)
    guard header.kind == .timesAre else { throw answerError(header, description) }
    guard gate.admitsTimes(payload: header.payload),
      let state = Message.decode(Message.State.self, from: description), gate.admits(state),
      let times = gate.times(try payload(of: header, &waitLimit))
    else { throw lose(.malformed) }
    adopt(state)
    return times
  }

  func entrances() throws(DecodeError) -> [Int] {
    var waitLimit = newWaitLimit()
    let (header, description) = try exchange(.entrances, [], &waitLimit)
    guard header.kind == .entrancesAre else { throw answerError(header, description) }
    guard gate.admitsTimes(payload: header.payload),
      let state = Message.decode(Message.State.self, from: description), gate.admits(state),
      let frames = gate.entrances(try payload(of: header, &waitLimit))
    else { throw lose(.malformed) }
    adopt(state)
    return frames
  }

  func select(
    _ selection: FrameSelection, size: FrameSize?, layout: PixelLayout
  ) throws(DecodeError) -> DecodedFrames {
    var waitLimit = newWaitLimit()
    let request = Message.Select(selection: selection, size: size, layout: layout)
    let (header, description) = try exchange(.select, Message.encode(request), &waitLimit)
    guard header.kind == .stack else { throw answerError(header, description) }
    guard let stack = Message.decode(Message.Stack.self, from: description),
      gate.admits(stack, payload: header.payload, for: request)
    else { throw lose(.malformed) }
    let pixels = try payload(of: header, &waitLimit)
    adopt(stack.state)
    return DecodedFrames(
      stack: FrameStack(
        count: stack.count, height: stack.height, width: stack.width, channels: stack.channels,
        pixels: pixels, times: stack.times.map(\.seconds)),
      indices: stack.indices, areDamaged: stack.areDamaged, totalFrames: stack.totalFrames,
      duration: stack.duration.seconds, isPartial: stack.isPartial,
      decodedUntil: stack.decodedUntil?.seconds, warnings: stack.warnings)
  }

  func forEachRecord(_ body: (FrameRecord) throws -> Bool) throws -> StreamSummary {
    try stream(.records, [], each: .record, size: nil, channels: 0) { picture, _, _ in
      try body(
        FrameRecord(
          index: picture.index, timestamp: picture.timestamp, time: picture.time.seconds,
          isKeyFrame: picture.isKeyFrame, isDamaged: picture.isDamaged, width: picture.width,
          height: picture.height))
    }
  }

  func forEachFrame(
    start: Double?, end: Double?, size: FrameSize?, layout: PixelLayout, minimumInterval: Double?,
    _ body: (borrowing DecodedFrame) throws -> Bool
  ) throws -> StreamSummary {
    let request = Message.Frames(
      start: start, end: end, size: size, layout: layout, minimumInterval: minimumInterval)
    var pixels: [UInt8] = []
    return try stream(
      .frames, Message.encode(request), each: .frame, size: size, channels: layout.channels
    ) { picture, header, waitLimit in
      if pixels.count != header.payload { pixels = [UInt8](repeating: 0, count: header.payload) }
      try receive(into: &pixels, &waitLimit)
      return try pixels.withUnsafeBufferPointer { buffer in
        try body(
          DecodedFrame(
            index: picture.index, time: picture.time.seconds, isKeyFrame: picture.isKeyFrame,
            isDamaged: picture.isDamaged, width: picture.width, height: picture.height,
            channels: picture.channels, pixels: buffer, timestamp: picture.timestamp))
      }
    }
  }

  // MARK: Talking

  /// Has the process stream pictures, until it has no more or `body` returns false or throws; the
  /// rest is passed over, so that the process is ready for the next request.
  private func stream(
    _ kind: Message.Kind, _ request: [UInt8], each: Message.Kind, size: FrameSize?, channels: Int,
    _ body: (Message.Picture, Message.Header, inout WaitLimit) throws -> Bool
  ) throws -> StreamSummary {
    var waitLimit = newWaitLimit()
    var (header, description) = try exchange(kind, request, &waitLimit)
    var bodyError: (any Error)?
    var isStopped = false
    var shown: (count: Int, first: Double, last: Double) = (0, 0, 0)
    var previous: Message.Picture?
    while header.kind == each {
      guard let picture = Message.Picture(description),
        gate.admits(
          picture, after: previous, payload: header.payload, size: size, channels: channels)
      else { throw lose(.malformed) }
      previous = picture
      if isStopped {
        _ = try payload(of: header, &waitLimit)
      } else {
        let time = picture.time.seconds
        shown = (shown.count + 1, shown.count == 0 ? time : shown.first, time)
        do {
          isStopped = try !body(picture, header, &waitLimit)
        } catch {
          guard process != nil else { throw error }
          bodyError = error
          isStopped = true
        }
        if isStopped, process?.send(.cancel) != true { throw lose(.ended) }
      }
      (header, description) = try receive(&waitLimit)
    }
    if let bodyError {
      guard header.kind == .finished || header.kind == .failed else { throw lose(.malformed) }
      throw bodyError
    }
    guard header.kind == .finished else { throw answerError(header, description) }
    guard let finished = Message.decode(Message.Finished.self, from: description),
      gate.admits(finished, shown: isStopped ? nil : shown.count)
    else { throw lose(.malformed) }
    adopt(finished.state)
    var summary = finished.summary
    if isStopped {
      // The process was ahead when it heard of it.
      summary.frames = shown.count
      summary.totalFrames = shown.count
      summary.duration = shown.last - (each == .frame ? shown.first : 0)
    }
    return summary
  }

  private func exchange(
    _ kind: Message.Kind, _ request: [UInt8]
  ) throws(DecodeError) -> (header: Message.Header, description: [UInt8]) {
    var waitLimit = newWaitLimit()
    return try exchange(kind, request, &waitLimit)
  }

  private func exchange(
    _ kind: Message.Kind, _ request: [UInt8], _ waitLimit: inout WaitLimit,
    descriptor: Int32? = nil
  ) throws(DecodeError) -> (header: Message.Header, description: [UInt8]) {
    guard let process else { throw lose(.ended) }
    // Every thread of the decoder uses up processor time of its own.
    process.allow(seconds: secondsForCall * Double(threads + 1))
    guard process.send(kind, request, descriptor: descriptor) else { throw lose(.ended) }
    return try receive(&waitLimit)
  }

  /// The next answer; until it comes, the process may ask for images.
  private func receive(
    _ waitLimit: inout WaitLimit
  ) throws(DecodeError) -> (header: Message.Header, description: [UInt8]) {
    while true {
      guard let process else { throw lose(.ended) }
      let (header, description): (Message.Header, [UInt8])
      do throws(Wire.Failure) {
        (header, description) = try process.receive(&waitLimit)
      } catch { throw lose(error) }
      switch header.kind {
      case .lend, .compare:
        guard let images, header.payload == 0 else { throw lose(.malformed) }
        try answer(header.kind, description, from: images, to: process)
      default: return (header, description)
      }
    }
  }

  /// Opens the images of the folder that the process asks for, and no others.
  private func answer(
    _ question: Message.Kind, _ description: [UInt8], from images: any ImageFiles,
    to process: DecoderProcess
  ) throws(DecodeError) {
    if question == .compare {
      let reply = Message.reply(RemoteClip.error(of: images.checkUnchanged))
      guard process.send(.compared, reply) else { throw lose(.ended) }
      return
    }
    guard let request = Message.decode(Message.Lend.self, from: description),
      request.numbers.count <= LentImages.mostAtOnce,
      request.numbers.allSatisfy(images.listing.names.indices.contains)
    else { throw lose(.malformed) }
    for number in request.numbers {
      let isSent: Bool
      do throws(DecodeError) {
        let file = try images.open(number, before: [])
        isSent = process.send(.lent, Message.reply(nil), descriptor: file.descriptor)
      } catch {
        isSent = process.send(.lent, Message.reply(error))
      }
      guard isSent else { throw lose(.ended) }
    }
  }

  private static func error(of check: () throws(DecodeError) -> Void) -> DecodeError? {
    do throws(DecodeError) {
      try check()
      return nil
    } catch { return error }
  }

  private func payload(
    of header: Message.Header, _ waitLimit: inout WaitLimit
  ) throws(DecodeError) -> [UInt8] {
    guard let process else { throw lose(.ended) }
    // It cannot hold more itself.
    guard header.payload <= limits.maxMemoryBytes else { throw lose(.malformed) }
    do throws(Wire.Failure) {
      return try process.receivePayload(header.payload, &waitLimit)
    } catch { throw lose(error) }
  }

  private func receive(
    into bytes: inout [UInt8], _ waitLimit: inout WaitLimit
  ) throws(DecodeError) {
    guard let process else { throw lose(.ended) }
    do throws(Wire.Failure) {
      try process.receivePayload(into: &bytes, &waitLimit)
    } catch { throw lose(error) }
  }

  private func adopt(_ state: Message.State) {
    info = state.info
    counters = state.counters
  }

  // MARK: Limits

  /// A call may go through the file several times: for its index, its frames, and again for the
  /// frames of a file whose index had promised too much. The process keeps to the limits of each
  /// time through by itself; this is for one that does not.
  private var secondsForCall: Double {
    4 * limits.seconds(forBytes: fileSize ?? info.fileSize) + RemoteClip.grace
  }

  private func newWaitLimit() -> WaitLimit {
    WaitLimit(
      betweenMessages: limits.secondsWithoutFrame + RemoteClip.grace,
      inAll: secondsForCall)
  }

  /// Bytes of the regular file at `path`: what a process says of it must not buy it time.
  private static func size(of path: String) -> Int64? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int64(status.st_size)
  }

  // MARK: Errors

  private func answerError(_ header: Message.Header, _ description: [UInt8]) -> DecodeError {
    header.kind == .failed ? failure(description) : lose(.malformed)
  }

  private func failure(_ description: [UInt8]) -> DecodeError {
    guard let failed = Message.decode(Message.Failed.self, from: description),
      gate.admits(failed.error), failed.state.map(gate.admits) ?? true
    else { return lose(.malformed) }
    if let state = failed.state { adopt(state) }
    return failed.error
  }

  /// Ends the process and says why its clip is lost.
  private func lose(_ reason: Wire.Failure) -> DecodeError {
    if let loss { return loss }
    guard let process else {
      preconditionFailure("a clip without a process has an error to tell")
    }
    self.process = nil
    processes.countLoss()
    let workerExit = reason == .ended ? process.awaitEnd() : process.end()
    let error = RemoteClip.diagnosis(reason, workerExit, path: path, limits: limits)
    loss = error
    return error
  }

  /// What a lost process means for what it decoded.
  static func diagnosis(
    _ reason: Wire.Failure, _ workerExit: DecoderProcess.WorkerExit, path: String,
    limits: DecodeLimits
  ) -> DecodeError {
    if reason == .silent || workerExit.signal == SIGXCPU { return Demuxer.timeout(path) }
    if reason == .unconfined {
      return DecodeError(
        code: .io, path: path,
        message: "was not decoded: its decoder process could not be confined, as is required")
    }
    // Allocations fail a little before the limit is reached.
    if workerExit.peakBytes > Int64(limits.maxMemoryBytes) / 10 * 7 {
      return DecodeError(
        code: .tooLarge, path: path,
        message: "needs more than the \(limits.maxMemoryBytes >> 20) MB of memory allowed to "
          + "decode; scale it down first")
    }
    if workerExit.signal == SIGKILL {
      return DecodeError(
        code: .io, path: path,
        message: "was not decoded: its decoder process was killed from outside, perhaps for lack "
          + "of memory; try again")
    }
    let how = workerExit.signal == 0 ? "ended" : "crashed (signal \(workerExit.signal))"
    return DecodeError(
      code: .codec, path: path,
      message: "cannot be decoded: the decoder \(how) over it; it is probably damaged "
        + "(export it again), unless limits on this program's memory or threads are very low",
      underlying: workerExit.signal)
  }
}

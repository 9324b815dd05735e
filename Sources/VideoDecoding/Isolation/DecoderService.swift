private import CSandbox
import ClipSampling
import Foundation
import Synchronization

/// What runs in a decoder process: answers one program's requests until it goes away.
enum DecoderService {
  /// Confines this process, then serves its standard input; never returns.
  static func run(memoryBytes: Int) -> Never {
    // Nothing but messages may reach the pipe, whatever a library prints.
    let output = dup(STDOUT_FILENO)
    dup2(STDERR_FILENO, STDOUT_FILENO)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { signal(number, SIG_IGN) }

    // Twice as much may be mapped as written to: libraries and stacks count there.
    var limits = vc_process_limits(
      data_bytes: UInt64(memoryBytes), address_bytes: UInt64(memoryBytes) * 2, open_files: 64)
    // A system that lacks one of these still has the program's own guard over this process.
    _ = vc_limit_self(&limits)
    MediaLibrary.prepare()
    _ = vc_confine_self()

    let link = ServiceLink(Wire(input: dup(STDIN_FILENO), output: output))
    link.watch()
    link.send(.alive, [])
    while true { serve(link) }
  }

  /// One clip, from its opening to its closing.
  private static func serve(_ link: ServiceLink) {
    let (kind, description) = link.receive()
    guard kind == .open, let request = Message.decode(Message.Open.self, from: description) else {
      _exit(EXIT_FAILURE)
    }
    let clip: LocalClip
    do throws(DecodeError) {
      clip = try LocalClip(path: request.path, threads: request.threads, limits: request.limits)
    } catch {
      return link.send(.failed, Message.encode(Message.Failed(error: error, state: nil)))
    }
    link.send(.opened, Message.encode(clip.state))
    while true {
      let (kind, description) = link.receive()
      do {
        switch kind {
        case .close: return
        // What it was to end had ended by itself.
        case .cancel: continue
        case .times: try answerTimes(clip, link)
        case .select: try answerSelect(clip, link, description)
        case .records: try answerRecords(clip, link)
        case .frames: try answerFrames(clip, link, description)
        default: _exit(EXIT_FAILURE)
        }
      } catch let error as DecodeError {
        link.send(.failed, Message.encode(Message.Failed(error: error, state: clip.state)))
      } catch {
        _exit(EXIT_FAILURE)
      }
    }
  }

  private static func answerTimes(_ clip: LocalClip, _ link: ServiceLink) throws {
    let times = try clip.frameTimes()
    times.withUnsafeBytes { link.send(.timesAre, Message.encode(clip.state), payload: $0) }
  }

  private static func answerSelect(
    _ clip: LocalClip, _ link: ServiceLink, _ description: [UInt8]
  ) throws {
    guard let request = Message.decode(Message.Select.self, from: description) else {
      _exit(EXIT_FAILURE)
    }
    let frames = try clip.select(request.selection, size: request.size, layout: request.layout)
    let stack = frames.stack
    let answer = Message.Stack(
      count: stack.count, height: stack.height, width: stack.width, channels: stack.channels,
      indices: frames.indices, areDamaged: frames.areDamaged,
      times: stack.times.map { MovieTime(clamping: $0) }, totalFrames: frames.totalFrames,
      duration: MovieTime(clamping: frames.duration), isPartial: frames.isPartial,
      decodedUntil: frames.decodedUntil.map { MovieTime(clamping: $0) },
      warnings: frames.warnings, state: clip.state)
    stack.pixels.withUnsafeBytes { link.send(.stack, Message.encode(answer), payload: $0) }
  }

  private static func answerRecords(_ clip: LocalClip, _ link: ServiceLink) throws {
    let summary = try clip.forEachRecord { record in
      if link.isCancelled { return false }
      link.send(.record, Message.Picture(record).bytes)
      return true
    }
    link.send(
      .finished, Message.encode(Message.Finished(summary: summary, state: clip.state)))
  }

  private static func answerFrames(
    _ clip: LocalClip, _ link: ServiceLink, _ description: [UInt8]
  ) throws {
    guard let request = Message.decode(Message.Frames.self, from: description) else {
      _exit(EXIT_FAILURE)
    }
    let summary = try clip.forEachFrame(
      start: request.start, end: request.end, size: request.size, layout: request.layout,
      minimumInterval: request.minimumInterval
    ) { frame in
      if link.isCancelled { return false }
      link.send(
        .frame, Message.Picture(frame).bytes, payload: UnsafeRawBufferPointer(frame.pixels))
      return true
    }
    link.send(
      .finished, Message.encode(Message.Finished(summary: summary, state: clip.state)))
  }
}

extension ClipBacking {
  fileprivate var state: Message.State { Message.State(info: info, counters: counters) }
}

/// The service's end of the wire, shared with the thread that shows signs of life.
// @unchecked: only whole messages are sent, under `lock`; only the serving thread receives.
private final class ServiceLink: @unchecked Sendable {
  private let wire: Wire
  private let lock = NSLock()

  init(_ wire: consuming Wire) { self.wire = wire }

  /// The program's next request; ends this process when the program is gone.
  func receive() -> (Message.Kind, [UInt8]) {
    var patience = Patience.endless
    guard let (header, description) = try? wire.receive(&patience), header.payload == 0 else {
      _exit(EXIT_SUCCESS)
    }
    return (header.kind, description)
  }

  func send(
    _ kind: Message.Kind, _ description: [UInt8],
    payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    let isSent = lock.withLock { wire.send(kind, description, payload: payload) }
    if !isSent { _exit(EXIT_SUCCESS) }
  }

  /// Whether the program has asked to stop. Until the answer is complete it asks for nothing else.
  var isCancelled: Bool { wire.hasInput }

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

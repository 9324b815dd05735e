import ClipSampling
import Foundation

/// What runs in a decoder process: answers one program's requests until it goes away.
enum DecoderService {
  /// Confines this process, then serves its standard input; never returns.
  /// - Parameter mustBeConfined: Whether to serve nothing where the cage cannot be closed.
  static func run(memoryBytes: Int, mustBeConfined: Bool) -> Never {
    // Nothing but messages may reach the pipe, whatever a library prints.
    let output = dup(STDOUT_FILENO)
    dup2(STDERR_FILENO, STDOUT_FILENO)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { signal(number, SIG_IGN) }
    let link = ServiceLink(Wire(input: dup(STDIN_FILENO), output: output))
    // It keeps no folder in use.
    _ = chdir("/")
    MediaLibrary.prepare()
    let report = SandboxReport.confineThisProcess(memoryBytes: memoryBytes)
    link.send(.ready, Message.encode(report))
    if mustBeConfined && !report.isClosed { _exit(EXIT_FAILURE) }
    link.watch()
    while true { serve(link) }
  }

  /// One clip, from its opening to its closing.
  private static func serve(_ link: ServiceLink) {
    let (kind, description, descriptor) = link.receive()
    if kind == .follow { return serveStream(link, description, descriptor) }
    guard kind == .open, let request = Message.decode(Message.Open.self, from: description) else {
      _exit(EXIT_FAILURE)
    }
    let clip: LocalClip
    do throws(DecodeError) {
      clip = try LocalClip(
        files(of: request, descriptor, link), path: request.path, threads: request.threads,
        limits: request.limits)
    } catch {
      return link.send(.failed, Message.encode(Message.Failed(error: error, state: nil)))
    }
    link.send(.opened, Message.encode(clip.state))
    while true {
      let (kind, description, _) = link.receive()
      link.isCancelled = false
      do {
        switch kind {
        case .close: return
        // What it was to end had ended by itself.
        case .cancel: continue
        case .times: try answerTimes(clip, link)
        case .entrances: try answerEntrances(clip, link)
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

  /// One stream, to its end; whoever wants it no longer ends this process.
  private static func serveStream(
    _ link: ServiceLink, _ description: [UInt8], _ descriptor: Int32?
  ) {
    guard let request = Message.decode(StreamRequest.self, from: description), let descriptor
    else { _exit(EXIT_FAILURE) }
    defer { close(descriptor) }
    var state: Message.State?
    do {
      let source = try LiveSource(
        request, descriptor: descriptor, goesOn: { true }, askedToSkip: { askedToSkip(link) })
      state = Message.State(info: source.info, counters: source.counters)
      link.send(.opened, Message.encode(state))
      let summary = try source.forEachFrame { frame in
        link.send(
          .frame, Message.Picture(frame).bytes, payload: UnsafeRawBufferPointer(frame.pixels))
        return true
      }
      let end = Message.State(info: source.info, counters: source.counters)
      link.send(.finished, Message.encode(Message.Finished(summary: summary, state: end)))
    } catch let error as DecodeError {
      link.send(.failed, Message.encode(Message.Failed(error: error, state: state)))
    } catch {
      _exit(EXIT_FAILURE)
    }
  }

  /// Seconds of a stream that the program has asked to leave out since it was looked last; 0 for none.
  private static func askedToSkip(_ link: ServiceLink) -> Double {
    guard link.hasRequest else { return 0 }
    let (kind, description, _) = link.receive()
    guard kind == .skip, let skip = Message.decode(Message.Skip.self, from: description) else {
      _exit(EXIT_FAILURE)
    }
    return skip.seconds
  }

  private static func files(
    of request: Message.Open, _ descriptor: Int32?, _ link: ServiceLink
  ) throws(DecodeError) -> ClipFiles {
    if let images = request.images { return .images(LentImages(images, link: link)) }
    guard let descriptor else { _exit(EXIT_FAILURE) }
    return .movie(try SourceFile(descriptor: descriptor, path: request.path))
  }

  private static func answerTimes(_ clip: LocalClip, _ link: ServiceLink) throws {
    let times = try clip.frameTimes()
    times.withUnsafeBytes { link.send(.timesAre, Message.encode(clip.state), payload: $0) }
  }

  private static func answerEntrances(_ clip: LocalClip, _ link: ServiceLink) throws {
    let frames = try clip.entrances().map(Int64.init)
    frames.withUnsafeBytes { link.send(.entrancesAre, Message.encode(clip.state), payload: $0) }
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
      if link.checkCancelled() { return false }
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
      if link.checkCancelled() { return false }
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

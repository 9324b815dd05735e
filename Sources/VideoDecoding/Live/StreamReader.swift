import Foundation

/// Follows a stream: what comes through a pipe, or a file that is still being written.
///
/// The bytes are read and decoded in a process of its own where `DecoderProcesses` are in use, which
/// is handed the open pipe and nothing else; otherwise in this one. Once only: what was read from a
/// pipe is gone.
public final class StreamReader {
  private let descriptor: Int32
  private let name: String
  private let raw: RawVideo?
  private let idleSeconds: Double
  private let limits: DecodeLimits
  private let processes: DecoderProcesses?
  private var remote: RemoteStream?
  private var secondsToSkip = 0.0

  /// - Parameters:
  ///   - descriptor: an open pipe or file, to be left open by its owner as long as this lives; read
  ///     from where it stands.
  ///   - name: what messages call it.
  ///   - raw: for pictures without a container.
  ///   - idleSeconds: after so long without growth a file counts as complete; pipes end by themselves.
  ///   - processes: Where to decode; nil for this process.
  public init(
    descriptor: Int32, name: String, raw: RawVideo? = nil, idleSeconds: Double = 10,
    limits: DecodeLimits = .standard, processes: DecoderProcesses? = .current
  ) {
    precondition(idleSeconds >= 0)
    self.descriptor = descriptor
    self.name = name
    self.raw = raw
    self.idleSeconds = idleSeconds
    self.limits = limits
    self.processes = processes
  }

  /// Bytes that have come and that nobody has read yet; 0 where the system does not say.
  public var waitingBytes: Int {
    var count: Int32 = 0
    return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
  }

  /// Leaves out so many seconds of the stream, undecoded, and as much more as it takes to begin again
  /// at a key frame; to be called from the body of `forEachFrame`, which is still shown some frames
  /// that were on their way.
  public func skip(seconds: Double) {
    precondition(seconds > 0)
    if let remote { remote.skip(seconds: seconds) } else { secondsToSkip = seconds }
  }

  /// Shows the stream's frames in order to `body`, until it returns false or the stream ends.
  /// - Parameters:
  ///   - minimumInterval: When given, only the frames on show at each multiple of that many seconds
  ///     from the first, each as soon as the next has come.
  ///   - goesOn: Asked about once a second while nothing comes; false ends the stream.
  ///   - opened: Told what the header says, before the first frame.
  public func forEachFrame(
    size: FrameSize, layout: PixelLayout, minimumInterval: Double? = nil,
    goesOn: @escaping () -> Bool = { true }, opened: (VideoInfo) -> Void = { _ in },
    body: (borrowing DecodedFrame) throws -> Bool
  ) throws -> StreamSummary {
    precondition(minimumInterval ?? 1 > 0)
    let request = StreamRequest(
      name: name, raw: raw, idleSeconds: idleSeconds, limits: limits, size: size, layout: layout,
      minimumInterval: minimumInterval)
    if let processes {
      let stream = try RemoteStream(request, descriptor: descriptor, processes: processes)
      remote = stream
      defer { remote = nil }
      return try stream.forEachFrame(goesOn: goesOn, opened: opened, body)
    }
    let source = try LiveSource(
      request, descriptor: descriptor, goesOn: goesOn,
      askedToSkip: { [self] in
        defer { secondsToSkip = 0 }
        return secondsToSkip
      })
    opened(source.info)
    return try source.forEachFrame(body)
  }
}

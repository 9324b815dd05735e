import FileStore
import VideoDecoding

/// What is told of a stream while it is followed: one line of JSON Lines each.
///
/// All times are seconds of the stream, from its first picture. They go on while it is away, by the
/// clock of this machine.
public enum LiveEvent: Sendable {
  /// A stream is there, for the first time or again.
  case start(Start)
  /// What a window looks like, once every hop.
  case provisional(Provisional)
  /// A stretch with one label, which nothing to come will change.
  case segment(LabelRecord.Segment)
  /// Windows that were left out because labelling fell behind.
  case dropped(Dropped)
  /// The stream was away, or stood still for longer than a picture may.
  case gap(Gap)
  /// Nothing more comes.
  case end(End)

  /// A stream that is there.
  public struct Start: Sendable {
    /// Seconds of the stream at its first picture.
    public let time: Double
    /// What its header says.
    public let info: VideoInfo
  }

  /// The answer for one window.
  public struct Provisional: Sendable {
    /// Of the window.
    public let start: Double
    /// Of the window.
    public let end: Double
    /// The best class, or `unknown`.
    public let label: String
    /// The best class's share.
    public let score: Double
    /// Every class in the model's order.
    public let scores: [LabelRecord.ClassScore]
    /// The best class of the network as it carries its memory along the stream; nil for one that
    /// cannot.
    public let carried: LabelRecord.ClassScore?
    /// The segment that goes on, once it lasts as long as the shortest one; its end is that of the
    /// window.
    public let open: LabelRecord.Segment?
    /// Seconds from the picture that completed the window to this answer.
    public let latency: Double
    /// Seconds by which labelling is behind the stream.
    public let lag: Double
  }

  /// Windows left out.
  public struct Dropped: Sendable {
    /// Just now.
    public let windows: Int
    /// Since the beginning.
    public let total: Int
    /// Of the first of them.
    public let start: Double
    /// Of the last of them.
    public let end: Double
    /// Seconds by which labelling was behind.
    public let lag: Double
  }

  /// A stretch without pictures.
  public struct Gap: Sendable {
    /// Where the stream broke off.
    public let start: Double
    /// Where it goes on.
    public let end: Double
    /// Why it broke off.
    public let reason: String
  }

  /// The sum of it all.
  public struct End: Sendable {
    /// Why nothing more comes.
    public let reason: String
    /// Seconds of the stream, gaps included.
    public let duration: Double
    /// Pictures that were looked at.
    public let frames: Int
    /// Windows scored.
    public let windows: Int
    /// Windows left out.
    public let dropped: Int
    /// Times the stream was away.
    public let gaps: Int
    /// Of the answers; nil when there was none.
    public let latency: Latency?
    /// What the decoder had to say, one line each.
    public let warnings: [String]
  }

  /// Seconds from the picture that completed a window to the answer.
  public struct Latency: Sendable, Equatable {
    /// Half of the answers were faster.
    public let median: Double
    /// One in twenty was slower.
    public let p95: Double
    /// The slowest.
    public let most: Double
  }
}

extension LiveEvent {
  /// The event as one JSON object; the order of its keys is fixed.
  ///
  /// - Parameters:
  ///   - topCount: classes listed under `top`; nil for none.
  ///   - timing: whether answers carry their latency and lag.
  public func json(topCount: Int? = nil, timing: Bool = false) -> JSONValue {
    switch self {
    case .start(let start):
      return object("start", start.members)
    case .provisional(let answer):
      return object("provisional", answer.members(topCount: topCount, timing: timing))
    case .segment(let segment):
      return object(
        "segment", [.init("provisional", .bool(false))] + (segment.json.members ?? []))
    case .dropped(let dropped):
      return object(
        "dropped",
        [
          .init("windows", .integer(dropped.windows)), .init("total", .integer(dropped.total)),
          .init("start", .seconds(dropped.start)), .init("end", .seconds(dropped.end)),
          .init("lag", .seconds(dropped.lag)),
        ])
    case .gap(let gap):
      return object(
        "gap",
        [
          .init("start", .seconds(gap.start)), .init("end", .seconds(gap.end)),
          .init("reason", .string(gap.reason)),
        ])
    case .end(let end): return object("end", end.members)
    }
  }

  private func object(_ name: String, _ members: [JSONValue.Member]) -> JSONValue {
    .object([.init("event", .string(name))] + members)
  }
}

extension LiveEvent.Start {
  fileprivate var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("source", .string(info.path)), .init("time", .seconds(time)),
      .init("container", .string(info.container)), .init("codec", .string(info.codec)),
      .init("width", .integer(info.width)), .init("height", .integer(info.height)),
    ]
    if let rate = info.framesPerSecond { members.append(.init("fps", .seconds(rate))) }
    return members
  }
}

extension LiveEvent.Provisional {
  fileprivate func members(topCount: Int?, timing: Bool) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("provisional", .bool(true)), .init("start", .seconds(start)),
      .init("end", .seconds(end)), .init("label", .string(label)), .init("score", .share(score)),
      .init("scores", .object(scores.map { .init($0.label, .share($0.score)) })),
    ]
    if let topCount {
      members.append(.init("top", .array(scores.best(topCount).map(\.json))))
    }
    if let carried { members.append(.init("carried", carried.json)) }
    if let open {
      members.append(
        .init(
          "segment",
          .object([
            .init("start", .seconds(open.start)), .init("label", .string(open.label)),
            .init("score", .share(open.score)),
          ])))
    }
    if timing {
      members += [.init("latency", .seconds(latency)), .init("lag", .seconds(lag))]
    }
    return members
  }
}

extension LiveEvent.End {
  fileprivate var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("reason", .string(reason)), .init("duration", .seconds(duration)),
      .init("frames", .integer(frames)), .init("windows", .integer(windows)),
      .init("dropped", .integer(dropped)), .init("gaps", .integer(gaps)),
    ]
    if let latency {
      members.append(
        .init(
          "latency",
          .object([
            .init("median", .seconds(latency.median)), .init("p95", .seconds(latency.p95)),
            .init("max", .seconds(latency.most)),
          ])))
    }
    members.append(.init("warnings", .array(warnings.map { .string($0) })))
    return members
  }
}

extension JSONValue {
  fileprivate static func seconds(_ value: Double) -> JSONValue {
    .number(Decimal.rounded(value, 3))
  }

  fileprivate static func share(_ value: Double) -> JSONValue {
    .number(Decimal.rounded(value, 6))
  }
}

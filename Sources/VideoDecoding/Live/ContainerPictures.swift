internal import CFFmpeg

/// Pictures of a stream in a container that can be read from its start on: Matroska, MPEG-TS,
/// fragmented MP4 and the like.
final class ContainerPictures: LivePictures {
  private let name: String
  private var pass: MoviePass
  private var clock: FrameClock
  let step: Double
  private(set) var info: VideoInfo

  init(_ input: StreamInput, request: StreamRequest) throws(DecodeError) {
    let limits = request.endlessLimits
    let demuxer = try Demuxer(stream: input, name: request.name, limits: limits)
    name = request.name
    info = MovieSource.describe(demuxer, path: request.name, size: 0, modified: 0)
    // What a header says of the end is not known of something that goes on.
    info.duration = nil
    info.frameCount = nil
    step = demuxer.nominalStep
    clock = FrameClock(unit: demuxer.timeBase(of: demuxer.streamIndex), step: step)
    pass = try MoviePass(demuxer, limits: limits, threads: 1)
  }

  var damage: Damage { pass.damage }
  var remarks: [String] { [] }

  var counters: DecodeCounters {
    var counters = pass.counters
    counters.opens = 1
    return counters
  }

  func next(index: Int) throws(DecodeError) -> VisitedFrame? {
    guard try pass.next() else { return nil }
    guard let time = clock.time(of: pass.frame.timestamp)?.seconds else {
      throw DecodeError(
        code: .format, path: name, message: "has frames later than ten million hours")
    }
    let picture = pass.frame.pointer
    let matrix =
      vc_frame_display_matrix(picture) ?? vc_stream_display_matrix(pass.demuxer.stream)
    return VisitedFrame(
      index: index, time: time, isKey: pass.frame.isKey, isDamaged: pass.frame.isDamaged,
      timestamp: pass.frame.timestamp, picture: picture,
      orientation: Orientation.read(matrix).orientation)
  }

  func skip(seconds: Double) throws(DecodeError) {
    let ticks = seconds / pass.demuxer.timeBase(of: pass.demuxer.streamIndex)
    try pass.skip(ticks: Int64(min(ticks, 1e15)))  // checked: seconds and units are positive
  }

  func extend(bySeconds seconds: Double) { pass.extend(bySeconds: seconds) }
}

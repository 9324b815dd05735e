internal import CFFmpeg

/// Frames of a movie file.
final class MovieSource: FrameSource {
  private let file: SourceFile
  private let limits: DecodeLimits
  private let threads: Int
  private var known: FrameIndex?
  private(set) var info: VideoInfo
  private(set) var counters = DecodeCounters()

  init(path: String, threads: Int, limits: DecodeLimits) throws(DecodeError) {
    let file = try SourceFile(path: path)
    let pass = try MoviePass(file: file, limits: limits, threads: 1)
    info = MovieSource.describe(pass.demuxer, file: file)
    counters.opens = 1
    self.file = file
    self.limits = limits
    self.threads = threads
  }

  func checkUnchanged() throws(DecodeError) { try file.checkUnchanged() }

  // MARK: Index

  func index() throws(DecodeError) -> FrameIndex {
    if let known { return known }
    var pass = try openPass()
    if let index = try packetIndex(&pass) {
      merge(pass.counters)
      keep(index)
      return index
    }
    merge(pass.counters)
    return try decodedIndex()
  }

  func decodedIndex() throws(DecodeError) -> FrameIndex {
    if let known, !known.isFromPackets { return known }
    var index = FrameIndex()
    var pass = try openPass()
    var clock = FrameClock(
      unit: pass.demuxer.timeBase(of: pass.demuxer.streamIndex), step: pass.demuxer.nominalStep)
    while try pass.next() {
      index.times.append(clock.time(of: pass.frame.timestamp))
    }
    if let last = index.times.last {
      let gaps = zip(index.times.dropFirst(), index.times).map { $0 - $1 }.sorted()
      index.end = last + (gaps.isEmpty ? pass.demuxer.nominalStep : gaps[gaps.count / 2])
    }
    index.damage = pass.damage
    index.damage.hasFalseTimes = pass.demuxer.contradictsItself(pass.span)
    index.isCutShort = pass.demuxer.isCutShort(pass.span)
    merge(pass.counters)
    keep(index)
    return index
  }

  /// What the packets alone tell; nil where they cannot be believed.
  ///
  /// Note [Believing packets]: one packet is one frame for the codecs listed in `CodecTraits`, when
  /// every packet has a time of its own, none is damaged, and the first is a key frame that is shown
  /// first. Otherwise only decoding tells which frames there are.
  private func packetIndex(_ pass: inout MoviePass) throws(DecodeError) -> FrameIndex? {
    struct Entry {
      var time: Int64
      var end: Int64
      var isKey: Bool
    }
    let id = pass.demuxer.stream.pointee.codecpar.pointee.codec_id
    let isVP8 = id == AV_CODEC_ID_VP8
    guard CodecTraits.packetIsFrame(id) || isVP8 else { return nil }
    var entries: [Entry] = []
    var isBelievable = true
    var isFirst = true
    try pass.forEachPacket { packet in
      if isFirst && !packet.isKey { isBelievable = false }
      isFirst = false
      guard let time = packet.presentation, !packet.isCorrupt, packet.pointer.pointee.size > 0
      else {
        isBelievable = false
        return
      }
      // The show_frame bit of VP8's frame header: other frames only serve as references.
      if isVP8 && packet.pointer.pointee.data[0] & 0x10 == 0 { return }
      if packet.isHidden { return }
      entries.append(
        Entry(
          time: time, end: time &+ max(0, packet.pointer.pointee.duration), isKey: packet.isKey))
    }
    guard isBelievable, let shownFirst = entries.first else { return nil }
    entries.sort { $0.time < $1.time }
    guard entries[0].time == shownFirst.time,
      zip(entries.dropFirst(), entries).allSatisfy({ $0.time > $1.time })
    else { return nil }

    let unit = pass.demuxer.timeBase(of: pass.demuxer.streamIndex)
    var index = FrameIndex()
    index.isFromPackets = true
    index.timestamps = entries.map(\.time)
    index.keys = entries.map(\.isKey)
    index.times = entries.map { Double($0.time - entries[0].time) * unit }
    let last = entries[entries.count - 1]
    if last.end > last.time {
      index.end = Double(last.end - entries[0].time) * unit
    } else {
      let gaps = zip(index.times.dropFirst(), index.times).map { $0 - $1 }.sorted()
      let step = gaps.isEmpty ? pass.demuxer.nominalStep : gaps[gaps.count / 2]
      index.end = index.times[index.count - 1] + step
    }
    index.isCutShort = pass.demuxer.isCutShort(pass.span)
    index.damage.hasFalseTimes = pass.demuxer.contradictsItself(pass.span)
    return index
  }

  private func keep(_ index: FrameIndex) {
    known = index
    info.frameCount = index.count
    info.duration = index.end
    info.framesPerSecond = index.framesPerSecond ?? info.framesPerSecond
    info.isVariableFrameRate = index.isVariable
  }

  // MARK: Frames

  func visit(
    _ wanted: [Int]?, of index: FrameIndex?, _ body: (VisitedFrame) -> Bool
  ) throws(DecodeError) -> VisitOutcome {
    if let wanted, let index {
      return try visitChosen(wanted, of: index, body)
    }
    var outcome = VisitOutcome()
    var pass = try openPass()
    defer { merge(pass.counters) }
    let step = pass.demuxer.nominalStep
    var clock = FrameClock(
      unit: pass.demuxer.timeBase(of: pass.demuxer.streamIndex), step: step)
    while try pass.next() {
      let time = clock.time(of: pass.frame.timestamp)
      outcome.end = time + step
      let goesOn = show(pass, index: outcome.seen, time: time, body)
      outcome.seen += 1
      if !goesOn {
        outcome.damage = pass.damage
        return outcome
      }
    }
    outcome.damage = pass.damage
    outcome.damage.hasFalseTimes = pass.demuxer.contradictsItself(pass.span)
    outcome.isCutShort = pass.demuxer.isCutShort(pass.span)
    outcome.isComplete = true
    return outcome
  }

  private func visitChosen(
    _ wanted: [Int], of index: FrameIndex, _ body: (VisitedFrame) -> Bool
  ) throws(DecodeError) -> VisitOutcome {
    var outcome = VisitOutcome()
    guard !wanted.isEmpty else {
      outcome.isComplete = true
      return outcome
    }
    var pass = try openPass()
    defer { merge(pass.counters) }
    let times = Set(index.isFromPackets ? wanted.map { index.timestamps[$0] } : [])
    let isWanted: ((Int64) -> Bool)? = index.isFromPackets ? { times.contains($0) } : nil
    var position = 0
    var ordinal = 0
    while position < wanted.count, try pass.next(isWanted: isWanted) {
      defer { ordinal += 1 }
      var current = ordinal
      if index.isFromPackets {
        guard let stamp = pass.frame.timestamp, let found = index.index(ofTimestamp: stamp) else {
          continue
        }
        current = found
      }
      while position < wanted.count && wanted[position] < current {
        outcome.missing += 1
        position += 1
      }
      guard position < wanted.count, wanted[position] == current else { continue }
      let goesOn = show(pass, index: current, time: index.times[current], body)
      outcome.seen += 1
      outcome.end = index.disappearance(of: current)
      position += 1
      if !goesOn { break }
    }
    outcome.isComplete = position == wanted.count
    outcome.missing += wanted.count - position
    outcome.damage = pass.damage
    return outcome
  }

  private func show(
    _ pass: borrowing MoviePass, index: Int, time: Double, _ body: (VisitedFrame) -> Bool
  ) -> Bool {
    let picture = pass.frame.pointer
    let matrix = vc_frame_display_matrix(picture) ?? vc_stream_display_matrix(pass.demuxer.stream)
    let visited = VisitedFrame(
      index: index, time: time, isKey: pass.frame.isKey, isDamaged: pass.frame.isDamaged,
      timestamp: pass.frame.timestamp, picture: picture,
      orientation: Orientation.read(matrix).orientation)
    let started = Deadline.now()
    defer { pass.excuse(seconds: Deadline.now() - started) }
    return body(visited)
  }

  private func openPass() throws(DecodeError) -> MoviePass {
    try MoviePass(file: file, limits: limits, threads: threads)
  }

  private func merge(_ more: DecodeCounters) {
    counters.opens += more.opens
    counters.packets += more.packets
    counters.skippable += more.skippable
    counters.decoded += more.decoded
    counters.seeks += more.seeks
  }
}

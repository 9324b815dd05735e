internal import CFFmpeg
import ClipSampling

/// Frames of a movie file.
final class MovieSource: FrameSource {
  private let file: SourceFile
  private let limits: DecodeLimits
  private let threads: Int
  /// Set once damage was met; see Note [Damage and order].
  private var isCareful = false
  private var known: FrameIndex?
  /// The container between two passes.
  private var idle: Demuxer?
  /// Whether nothing was read from it yet.
  private var idleIsFresh = true
  private(set) var info: VideoInfo
  private(set) var counters = DecodeCounters()

  init(_ file: consuming SourceFile, threads: Int, limits: DecodeLimits) throws(DecodeError) {
    let demuxer = try Demuxer(file: file, limits: limits)
    info = MovieSource.describe(demuxer, file: file)
    counters.opens = 1
    self.file = file
    self.limits = limits
    self.threads = threads
    // A stream that cannot be decoded is told of at once.
    let pass = try MoviePass(demuxer, limits: limits, threads: 1)
    idle = pass.close()
  }

  func checkUnchanged() throws(DecodeError) { try file.checkUnchanged() }

  // MARK: Index

  func index() throws(DecodeError) -> FrameIndex {
    if let known { return known }
    var pass = try openPass()
    let index = try packetIndex(&pass)
    close(pass)
    guard let index else { return try decodedIndex() }
    keep(index)
    return index
  }

  func decodedIndex() throws(DecodeError) -> FrameIndex {
    if let known, !known.isFromPackets { return known }
    var index = FrameIndex()
    let outcome = try visitAll { visited in
      index.times.append(visited.time)
      return true
    }
    index.end = outcome.end
    if let last = index.times.last, index.times.count > 1 {
      let gaps = zip(index.times.dropFirst(), index.times).map { $0 - $1 }.sorted()
      index.end = MovieTime(clamping: last + gaps[gaps.count / 2]).seconds
    }
    index.damage = outcome.damage
    index.isCutShort = outcome.isCutShort
    keep(index)
    return index
  }

  /// What the packets alone tell; nil where they cannot be believed.
  ///
  /// Note [Believing packets]: one packet is one frame for the codecs listed in `CodecTraits`, when
  /// every packet has a time of its own, none is damaged, and the first is a key frame before which
  /// none is shown. The times must also fit the codec: they ascend where it never reorders frames,
  /// and do not where the stream says that it does. Otherwise only decoding tells which frames there
  /// are, and in which order.
  private func packetIndex(_ pass: inout MoviePass) throws(DecodeError) -> FrameIndex? {
    struct Entry {
      var time: Int64
      var end: Int64
      var entrance: KeyFrameCheck.Entrance?
    }
    let canSeek = pass.demuxer.canSeek
    let check = KeyFrameCheck(pass.demuxer.stream.pointee.codecpar)
    let id = pass.demuxer.stream.pointee.codecpar.pointee.codec_id
    let isVP8 = id == AV_CODEC_ID_VP8
    guard CodecTraits.packetIsFrame(id) || isVP8 else { return nil }
    var entries: [Entry] = []
    var isBelievable = true
    var first: Int64?
    try pass.forEachPacket { packet in
      if first == nil && !packet.isKey { isBelievable = false }
      guard let time = packet.presentation, !packet.isCorrupt, packet.pointer.pointee.size > 0
      else {
        isBelievable = false
        return
      }
      first = first ?? time
      // The show_frame bit of VP8's frame header: other frames only serve as references.
      if isVP8 && packet.pointer.pointee.data[0] & 0x10 == 0 { return }
      if packet.isHidden { return }
      entries.append(
        Entry(
          time: time, end: time &+ max(0, packet.pointer.pointee.duration),
          entrance: canSeek ? check.entrance(packet) : nil))
    }
    guard isBelievable, let first, !entries.isEmpty else { return nil }
    let ascends = zip(entries.dropFirst(), entries).allSatisfy { $0.time > $1.time }
    let delay = Int(pass.demuxer.stream.pointee.codecpar.pointee.video_delay)
    guard CodecTraits.reorders(id) ? !ascends || delay < 1 || entries.count <= delay : ascends
    else { return nil }
    entries.sort { $0.time < $1.time }
    let last = entries[entries.count - 1]
    guard entries[0].time >= first,
      zip(entries.dropFirst(), entries).allSatisfy({ $0.time > $1.time }),
      // Times so far apart that their difference overflows are made up.
      !max(last.end, last.time).subtractingReportingOverflow(entries[0].time).overflow
    else { return nil }

    let unit = pass.demuxer.timeBase(of: pass.demuxer.streamIndex)
    var index = FrameIndex()
    index.isFromPackets = true
    index.timestamps = entries.map(\.time)
    index.entrances = entries.indices.compactMap { frame in
      entries[frame].entrance.map {
        FrameIndex.Entrance(frame: frame, timestamp: entries[frame].time, isOpen: $0 == .open)
      }
    }
    index.times = entries.map { Double($0.time - entries[0].time) * unit }
    if last.end > last.time {
      index.end = Double(last.end - entries[0].time) * unit
    } else {
      let gaps = zip(index.times.dropFirst(), index.times).map { $0 - $1 }.sorted()
      let step = gaps.isEmpty ? pass.demuxer.nominalStep : gaps[gaps.count / 2]
      index.end = index.times[index.count - 1] + step
    }
    // Ticks may be finer than floating point tells apart.
    guard MovieTime(index.end) != nil,
      zip(index.times.dropFirst(), index.times).allSatisfy({ $0 > $1 })
    else { return nil }
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
    return try visitAll(body)
  }

  /// Shows every frame.
  ///
  /// Note [Damage and order]: what a decoder puts in the place of damage depends on how many threads
  /// it has, on where it started and on which frames it was allowed to skip. Once damage is met, the
  /// stretch is therefore decoded again from the movie's beginning, by one thread and in full, and
  /// goes on after what was shown already: what is shown is always what decoding in order shows.
  private func visitAll(_ body: (VisitedFrame) -> Bool) throws(DecodeError) -> VisitOutcome {
    var outcome = VisitOutcome()
    while try !visitAll(&outcome, body) {}
    return outcome
  }

  /// - Returns: False when damage was met by a pass that may show it differently.
  private func visitAll(
    _ outcome: inout VisitOutcome, _ body: (VisitedFrame) -> Bool
  ) throws(DecodeError) -> Bool {
    var pass = try openPass()
    let step = pass.demuxer.nominalStep
    var clock = FrameClock(
      unit: pass.demuxer.timeBase(of: pass.demuxer.streamIndex), step: step)
    var number = 0
    var goesOn = true
    let mayDiffer = threads > 1 && !isCareful
    while goesOn, try pass.next() {
      if mayDiffer, pass.isSuspicious {
        isCareful = true
        close(pass)
        return false
      }
      guard let time = clock.time(of: pass.frame.timestamp)?.seconds else {
        throw DecodeError(
          code: .format, path: file.path,
          message: "has frames later than ten million hours; export it again")
      }
      if number == outcome.seen {
        goesOn = show(pass, index: number, time: time, body)
        outcome.seen += 1
        outcome.end = MovieTime(clamping: time + step).seconds
      }
      number += 1
    }
    outcome.damage = pass.damage
    if goesOn {
      outcome.damage.hasFalseTimes =
        clock.sawImpossibleTime || pass.demuxer.contradictsItself(pass.span)
      outcome.isCutShort = pass.demuxer.isCutShort(pass.span)
      outcome.isComplete = true
    }
    let oversized = outcome.seen == 0 ? pass.oversized : nil
    close(pass)
    if let oversized { throw Demuxer.tooLarge(file.path, oversized, limits: limits) }
    return true
  }

  private func visitChosen(
    _ wanted: [Int], of index: FrameIndex, _ body: (VisitedFrame) -> Bool
  ) throws(DecodeError) -> VisitOutcome {
    var outcome = VisitOutcome()
    var position = 0
    while position < wanted.count {
      guard try visitStretch(wanted, &position, of: index, &outcome, body) else { break }
    }
    outcome.isComplete = position == wanted.count
    outcome.missing += wanted.count - position
    return outcome
  }

  /// Frames fewer than this are decoded rather than jumped over: a jump costs a new decoder.
  private static let worthAJump = 24

  /// Shows wanted frames from `position` on, up to a gap that is worth a jump.
  /// - Returns: Whether to go on with the next stretch.
  private func visitStretch(
    _ wanted: [Int], _ position: inout Int, of index: FrameIndex, _ outcome: inout VisitOutcome,
    _ body: (VisitedFrame) -> Bool
  ) throws(DecodeError) -> Bool {
    let entrance = isCareful ? nil : index.entrance(for: wanted[position])
    var pass = try openPass(at: entrance)
    let times = Set(index.isFromPackets ? wanted[position...].map { index.timestamps[$0] } : [])
    let choosing = index.isFromPackets && !isCareful
    let isWanted: ((Int64) -> Bool)? = choosing ? { times.contains($0) } : nil
    let mayDiffer = choosing || (threads > 1 && !isCareful)
    var ordinal = 0
    var previous = -1
    var hasEntered = false
    var damagedFrames = 0
    var goesOn = true
    var isAtEnd = false
    while goesOn, position < wanted.count {
      guard try pass.next(isWanted: isWanted) else {
        isAtEnd = true
        break
      }
      defer { ordinal += 1 }
      var current = ordinal
      if index.isFromPackets {
        guard let stamp = pass.frame.timestamp, let found = index.index(ofTimestamp: stamp) else {
          continue
        }
        current = found
        if current <= previous {
          outcome.isDisordered = true
          close(pass)
          return false
        }
        previous = current
      }
      // What follows a jump but is shown before it lacks its references.
      if current < entrance?.frame ?? 0 { continue }
      if !hasEntered, entrance?.isOpen == true { pass.forgiveComplaints() }
      hasEntered = true
      if pass.frame.isDamaged { damagedFrames += 1 }
      if mayDiffer {
        let hasLanded = entrance.map { (pass.landing ?? .max) <= $0.timestamp } ?? true
        if !hasLanded || pass.isSuspicious || wanted[position] < current {
          isCareful = true
          close(pass)
          return true
        }
      }
      while position < wanted.count && wanted[position] < current {
        outcome.missing += 1
        position += 1
      }
      guard position < wanted.count, wanted[position] == current else { continue }
      goesOn = show(pass, index: current, time: index.times[current], body)
      outcome.seen += 1
      outcome.end = index.disappearance(of: current)
      position += 1
      if !isCareful, position < wanted.count,
        let next = index.entrance(for: wanted[position]),
        next.frame > current + MovieSource.worthAJump
      {
        break
      }
    }
    if isAtEnd && position < wanted.count && mayDiffer {
      isCareful = true
      close(pass)
      return true
    }
    outcome.damage.refusedPackets += pass.damage.refusedPackets
    outcome.damage.corruptPackets += pass.damage.corruptPackets
    outcome.damage.damagedFrames += damagedFrames
    if entrance == nil { outcome.damage.refusedAtStart += pass.damage.refusedAtStart }
    if pass.damage.gaveUp { outcome.damage.gaveUp = true }
    close(pass)
    return goesOn && !isAtEnd
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
    defer { pass.extend(bySeconds: Deadline.now() - started) }
    return body(visited)
  }

  /// A pass from the beginning or from an entrance, through the container as it is open where that
  /// is exact, otherwise through one opened anew.
  private func openPass(
    at entrance: FrameIndex.Entrance? = nil
  ) throws(DecodeError) -> MoviePass {
    let threads = isCareful ? 1 : threads
    if let demuxer = idle.take() {
      if idleIsFresh && entrance == nil {
        return try MoviePass(demuxer, limits: limits, threads: threads)
      }
      if entrance == nil ? demuxer.canRewind : demuxer.canSeek,
        demuxer.seek(to: entrance?.timestamp)
      {
        counters.seeks += 1
        return try MoviePass(demuxer, limits: limits, threads: threads)
      }
    }
    counters.opens += 1
    let demuxer = try Demuxer(file: file, limits: limits)
    if let entrance, demuxer.seek(to: entrance.timestamp) { counters.seeks += 1 }
    return try MoviePass(demuxer, limits: limits, threads: threads)
  }

  /// Takes the work into account and keeps the container for the next pass.
  private func close(_ pass: consuming MoviePass) {
    merge(pass.counters)
    idleIsFresh = false
    idle = pass.close()
  }

  private func merge(_ more: DecodeCounters) {
    counters.packets += more.packets
    counters.skippable += more.skippable
    counters.decoded += more.decoded
    counters.readingSeconds += more.readingSeconds
    counters.decodingSeconds += more.decodingSeconds
  }
}

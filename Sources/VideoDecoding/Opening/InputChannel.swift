private import CFFmpeg
import Foundation

/// FFmpeg's way of reading the file: through our own descriptor, position and clock.
///
/// FFmpeg never learns the file's name, so nothing can be derived from it, and every read and seek
/// looks at the deadline, so that a demuxer which loops over its input comes to an end.
struct InputChannel: ~Copyable {
  /// What the callbacks see; its address is stable.
  struct State {
    let descriptor: Int32
    let size: Int64
    var position: Int64 = 0
    var deadline: Deadline
    var readError: Int32 = 0
    var timedOut = false
    /// Set for a stream, which is read from where it is and cannot be sought in.
    var stream: StreamInput?
  }

  let state: UnsafeMutablePointer<State>
  private let rawContext: UnsafeMutableRawPointer

  /// `AVIOContext *`.
  var context: UnsafeMutableRawPointer { rawContext }

  /// `nil` only when memory ran out.
  init?(descriptor: Int32, size: Int64, deadline: Deadline, stream: StreamInput? = nil) {
    let bufferSize = 65536
    guard let buffer = av_malloc(bufferSize) else { return nil }
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    state.initialize(
      to: State(descriptor: descriptor, size: size, deadline: deadline, stream: stream))
    guard
      let context = avio_alloc_context(
        buffer.assumingMemoryBound(to: UInt8.self), Int32(bufferSize), 0, state,
        { InputChannel.read($0, into: $1, count: $2) }, nil,
        stream == nil ? { InputChannel.seek($0, to: $1, whence: $2) } : nil)
    else {
      av_free(buffer)
      state.deallocate()
      return nil
    }
    self.state = state
    rawContext = UnsafeMutableRawPointer(context)
  }

  deinit {
    var context: UnsafeMutablePointer<AVIOContext>? = rawContext.assumingMemoryBound(
      to: AVIOContext.self)
    // FFmpeg may have replaced the buffer it was given.
    av_freep(&context!.pointee.buffer)
    avio_context_free(&context)
    state.deinitialize(count: 1)
    state.deallocate()
  }

  private static func read(
    _ opaque: UnsafeMutableRawPointer?, into buffer: UnsafeMutablePointer<UInt8>?, count: Int32
  ) -> Int32 {
    let state = opaque!.assumingMemoryBound(to: State.self)
    if state.pointee.deadline.isOver {
      state.pointee.timedOut = true
      return vc_averror_exit
    }
    if let stream = state.pointee.stream { return read(stream, state, into: buffer, count: count) }
    while true {
      let got = pread(
        state.pointee.descriptor, buffer, Int(count), off_t(state.pointee.position))
      if got > 0 {
        state.pointee.position += Int64(got)
        return Int32(got)
      }
      if got == 0 { return vc_averror_eof }
      if errno == EINTR { continue }
      state.pointee.readError = errno
      return vc_averror_eio
    }
  }

  private static func read(
    _ stream: StreamInput, _ state: UnsafeMutablePointer<State>,
    into buffer: UnsafeMutablePointer<UInt8>?, count: Int32
  ) -> Int32 {
    guard let buffer else { return vc_averror_einval }
    var waited = 0.0
    let outcome = stream.read(into: buffer, count: Int(count), waited: &waited)
    state.pointee.deadline.extend(bySeconds: waited)
    switch outcome {
    case .bytes(let got):
      state.pointee.position += Int64(got)
      return Int32(got)
    case .end, .stopped: return vc_averror_eof
    case .failed(let number):
      state.pointee.readError = number
      return vc_averror_eio
    }
  }

  private static func seek(
    _ opaque: UnsafeMutableRawPointer?, to offset: Int64, whence: Int32
  ) -> Int64 {
    let state = opaque!.assumingMemoryBound(to: State.self)
    if state.pointee.deadline.isOver {
      state.pointee.timedOut = true
      return Int64(vc_averror_exit)
    }
    var target: Int64
    switch whence & ~vc_seek_force {
    case vc_seek_size: return state.pointee.size
    case SEEK_SET: target = offset
    case SEEK_CUR: target = state.pointee.position &+ offset
    case SEEK_END: target = state.pointee.size &+ offset
    default: return Int64(vc_averror_einval)
    }
    guard target >= 0 else { return Int64(vc_averror_einval) }
    state.pointee.position = target
    return target
  }
}

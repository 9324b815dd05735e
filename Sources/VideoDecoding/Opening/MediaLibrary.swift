private import CFFmpeg

/// Settings of FFmpeg that are global to the process.
enum MediaLibrary {
  /// Quiets FFmpeg (what matters comes back as errors and warnings; complaints of decoders are
  /// counted, see `Decoder`) and bounds single allocations.
  static func prepare() { _ = once }

  private static let once: Void = {
    vc_count_complaints()
    av_max_alloc(536_870_912)
  }()

  /// FFmpeg's own words for an error number.
  static func text(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard av_strerror(number, &buffer, buffer.count) >= 0 else { return "error \(number)" }
    return String(
      decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

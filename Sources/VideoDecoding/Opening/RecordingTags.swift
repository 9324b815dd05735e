internal import CFFmpeg
import Foundation

/// What containers say of the recording: which camera, and when.
enum RecordingTags {
  /// Of phones, action cameras and camera traps, in the spellings of QuickTime, Matroska and AVI.
  private static let cameraTags = [
    ["com.apple.quicktime.make", "make", "com.android.manufacturer"],
    ["com.apple.quicktime.model", "model", "com.android.model"],
    ["com.apple.quicktime.camera.identifier", "serial", "serial_number", "firmware"],
  ]

  /// Make, model and serial number in one line; nil where none is named.
  static func camera(_ tags: OpaquePointer?) -> String? {
    let parts = cameraTags.compactMap { names in
      names.lazy.compactMap { text(tags, $0) }.first { !$0.isEmpty }
    }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }

  /// Timecode of the first frame, which the stream knows better than its container.
  static func timecode(_ stream: OpaquePointer?, _ container: OpaquePointer?) -> String? {
    [stream, container].lazy.compactMap { text($0, "timecode") }.first { !$0.isEmpty }
  }

  /// Seconds since 1970. Cameras without a clock write their epoch (1904, 1970); such times tell
  /// nothing.
  static func recorded(_ tags: OpaquePointer?) -> Double? {
    for name in ["com.apple.quicktime.creationdate", "creation_time", "date"] {
      guard let text = text(tags, name) else { continue }
      let parser = ISO8601DateFormatter()
      for options in [
        ISO8601DateFormatter.Options.withInternetDateTime,
        [.withInternetDateTime, .withFractionalSeconds],
      ] {
        parser.formatOptions = options
        if let seconds = parser.date(from: text)?.timeIntervalSince1970,
          plausible.contains(seconds)
        {
          return seconds
        }
      }
    }
    return nil
  }

  /// From 1980 to 2100.
  private static let plausible = 315_532_800.0...4_102_444_800

  private static func text(_ tags: OpaquePointer?, _ name: String) -> String? {
    guard let tag = av_dict_get(tags, name, nil, 0) else { return nil }
    let text = DecodeError.oneLine(String(cString: tag.pointee.value))
    return String(text.prefix(120)).trimmingCharacters(in: .whitespaces)
  }
}

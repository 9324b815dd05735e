import Foundation
import VideoDecoding

/// What `vidclass info` says about a movie or a folder of images.
struct VideoReport {
  let info: VideoInfo

  /// Opens the file and goes through its packets, so that count, rate and duration are real.
  init(path: String, shownAs name: String, limits: DecodeLimits, threads: Int) throws {
    let reader = try ClipReader(path: path, threads: threads, limits: limits)
    _ = try reader.frameTimes()
    var info = reader.info
    info.path = name
    self.info = info
  }

  /// A table for people.
  var text: String {
    var rows: [(String, String)] = [
      ("file", info.path),
      ("container", info.container),
      ("codec", info.codec),
      ("size", "\(info.width)x\(info.height)"),
    ]
    if info.rotation != 0 || info.mirrored {
      rows.append(("turned", "\(info.rotation) degrees\(info.mirrored ? ", mirrored" : "")"))
    }
    rows.append(("pixels", info.pixelFormat))
    rows.append(("colours", "matrix \(info.colorSpace), range \(info.colorRange)"))
    if let count = info.frameCount { rows.append(("frames", String(count))) }
    if let duration = info.duration {
      rows.append(("duration", String(format: "%.3f s", duration)))
    }
    if let rate = info.framesPerSecond {
      let kind = info.isVariableFrameRate ? " on average, variable" : ""
      rows.append(("rate", String(format: "%.3f frames/s", rate) + kind))
    }
    rows.append(("bytes", String(info.fileSize)))
    if info.streams.count > 1 {
      rows += info.streams.map { ("stream \($0.index)", describe($0)) }
    }
    rows += info.warnings.map { ("warning", $0) }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count) + "  " + value + "\n"
    }.joined()
  }

  private func describe(_ stream: VideoStreamInfo) -> String {
    var parts = ["\(stream.codec) \(stream.width)x\(stream.height)"]
    if let count = stream.frameCount { parts.append("\(count) frames") }
    if let duration = stream.duration { parts.append(String(format: "%.3f s", duration)) }
    if stream.isDefault { parts.append("default") }
    if stream.isPicture { parts.append("cover art or thumbnails") }
    return parts.joined(separator: ", ")
      + (stream.index == info.streamIndex ? "  <- the one that is read" : "")
  }
}

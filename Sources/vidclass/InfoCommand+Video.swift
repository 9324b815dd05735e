import Foundation
import VideoDecoding

/// What `vidclass info` says about a movie or a folder of images.
struct VideoReport {
  let info: VideoInfo

  /// Opens the file and goes through its packets, so that count, rate and duration are real.
  init(path: String, shownAs name: String, threads: Int) throws {
    let reader = try ClipReader(path: path, threads: threads)
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
    rows += info.warnings.map { ("warning", $0) }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count) + "  " + value + "\n"
    }.joined()
  }
}

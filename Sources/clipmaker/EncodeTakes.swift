import CFFmpeg
import Foundation

/// Draws and encodes takes of one size and frame rate after one another. The file appears whole or
/// not at all.
func encode(_ takes: [Take], to path: String, codec: Codec) throws {
  // The encoders tell their statistics unless asked not to.
  av_log_set_level(AV_LOG_ERROR)
  let first = takes[0]
  let unfinished = path + ".part"
  do {
    var encoder = try Encoder(
      path: unfinished, width: first.scene.width, height: first.scene.height,
      framesPerSecond: first.framesPerSecond, codec: codec)
    var pixels = [UInt8](repeating: 0, count: first.scene.width * first.scene.height * 3)
    for take in takes {
      for index in 0..<take.frameCount {
        take.draw(frame: index, into: &pixels)
        try encoder.add(pixels)
      }
    }
    try encoder.finish()
  } catch {
    unlink(unfinished)
    throw error
  }
  if rename(unfinished, path) != 0 {
    let reason = String(cString: strerror(errno))
    unlink(unfinished)
    throw EncodingError(path: path, "cannot rename into place: \(reason)")
  }
}

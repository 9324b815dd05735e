internal import CFFmpeg

/// The FFmpeg libraries that this process runs with.
public enum DecoderLibraries {
  /// FFmpeg's own version and that of each library, as found at run time.
  public static var versions: String {
    let libraries = [
      ("libavformat", avformat_version()), ("libavcodec", avcodec_version()),
      ("libswscale", swscale_version()), ("libavutil", avutil_version()),
    ]
    let each = libraries.map { name, number in
      "\(name) \(number >> 16).\(number >> 8 & 0xFF).\(number & 0xFF)"
    }
    return "\(String(cString: av_version_info())) (\(each.joined(separator: ", ")))"
  }
}

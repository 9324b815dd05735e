internal import CFFmpeg

/// Versions of the libraries that decode.
public enum MediaVersions {
  /// FFmpeg's, such as `7.1.1`.
  public static var ffmpeg: String { String(cString: av_version_info()) }
}

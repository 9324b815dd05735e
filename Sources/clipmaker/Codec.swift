/// A container and the encoder that fills it.
struct Codec: Hashable {
  let fileExtension: String
  /// The muxer's name in libavformat.
  let container: String
  /// The encoder's name in libavcodec.
  let encoder: String
  /// Options of the encoder that give a constant, modest quality from one thread.
  let options: [String: String]
  /// Quantiser for encoders that know no better (MPEG-4 part 2, Motion JPEG); 0 for the others.
  let quantiser: Int32

  /// Full-range YUV, as JPEG has it, instead of the limited range of video.
  var isFullRange: Bool { encoder == "mjpeg" }

  /// x264's AVX-512 routines do not give the same bytes each time; its older ones do, everywhere.
  private static let h264Options = ["preset": "slow", "crf": "24", "x264-params": "asm=avx2"]
  static let h264MP4 = Codec("mp4", "mp4", "libx264", h264Options)
  static let h264Matroska = Codec("mkv", "matroska", "libx264", h264Options)
  static let h264QuickTime = Codec("mov", "mov", "libx264", h264Options)
  static let hevcMP4 = Codec(
    "mp4", "mp4", "libx265",
    [
      "preset": "medium", "crf": "25",
      "x265-params": "log-level=error:pools=none:frame-threads=1:info=0",
    ])
  static let mpeg4AVI = Codec("avi", "avi", "mpeg4", [:], quantiser: 5)
  static let jpegQuickTime = Codec("mov", "mov", "mjpeg", ["huffman": "optimal"], quantiser: 7)
  static let vp8WebM = Codec(
    "webm", "webm", "libvpx", ["crf": "22", "b": "400000", "deadline": "good", "cpu-used": "2"])
  static let vp9WebM = Codec(
    "webm", "webm", "libvpx-vp9", ["crf": "36", "b": "0", "deadline": "good", "cpu-used": "3"])

  private init(
    _ fileExtension: String, _ container: String, _ encoder: String, _ options: [String: String],
    quantiser: Int32 = 0
  ) {
    self.fileExtension = fileExtension
    self.container = container
    self.encoder = encoder
    self.options = options
    self.quantiser = quantiser
  }
}

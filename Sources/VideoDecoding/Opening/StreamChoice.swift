internal import CFFmpeg
import ClipSampling

/// What the header says of one video stream of a container.
public struct VideoStreamInfo: Sendable, Codable, Hashable {
  /// Its place among all streams of the container, from 0.
  public let index: Int
  /// FFmpeg's short name of it, such as `h264`.
  public let codec: String
  /// Pixels as stored.
  public let width: Int
  /// Pixels from top to bottom as stored.
  public let height: Int
  /// Frames, where the header counts them.
  public let frameCount: Int?
  /// Seconds, where the header tells.
  public let duration: Double?
  /// Whether the container marks it as the one to show.
  public let isDefault: Bool
  /// Cover art or a thumbnail: never the movie.
  public let isPicture: Bool

  enum CodingKeys: String, CodingKey {
    case index, codec, width, height, duration
    case frameCount = "frames"
    case isDefault = "default"
    case isPicture = "picture"
  }
}

/// Which of several video streams a person would call the movie.
struct StreamChoice {
  let streams: [VideoStreamInfo]

  /// - Parameter fileSize: bytes; a header that promises more frames than that is not believed.
  init(_ pointer: UnsafeMutablePointer<AVFormatContext>, fileSize: Int64) {
    streams = (0..<Int(pointer.pointee.nb_streams)).compactMap { index in
      let stream = pointer.pointee.streams[index]!
      let parameters = stream.pointee.codecpar.pointee
      guard parameters.codec_type == AVMEDIA_TYPE_VIDEO else { return nil }
      let disposition = stream.pointee.disposition
      var frames = stream.pointee.nb_frames
      // What tools write into Matroska, whose headers count nothing.
      if frames <= 0,
        let tag = av_dict_get(
          stream.pointee.metadata, "NUMBER_OF_FRAMES", nil, AV_DICT_IGNORE_SUFFIX)
      {
        frames = Int64(String(cString: tag.pointee.value)) ?? 0
      }
      let duration = Double(stream.pointee.duration) * av_q2d(stream.pointee.time_base)
      let isKnown = stream.pointee.duration > 0 && duration > 0
      return VideoStreamInfo(
        index: index, codec: String(cString: avcodec_get_name(parameters.codec_id)),
        width: Int(max(0, parameters.width)), height: Int(max(0, parameters.height)),
        frameCount: frames > 0 && frames <= fileSize ? Int(frames) : nil,
        duration: isKnown ? MovieTime(duration)?.seconds : nil,
        isDefault: disposition & vc_disposition_default != 0,
        isPicture: disposition & (vc_disposition_attached_pic | vc_disposition_thumbnails) != 0)
    }
  }

  init(streams: [VideoStreamInfo]) { self.streams = streams }

  /// Never cover art and thumbnails, nor one or two pictures beside a movie; then those marked as
  /// default; then those that are not much shorter than another; then the largest picture.
  var best: VideoStreamInfo? {
    var left = streams.filter { !$0.isPicture }
    func keep(_ condition: (VideoStreamInfo) -> Bool) {
      let kept = left.filter(condition)
      if !kept.isEmpty { left = kept }
    }
    keep { ($0.frameCount ?? 3) > 2 }
    keep { $0.isDefault }
    let longest = left.compactMap(\.duration).max() ?? 0
    keep { ($0.duration ?? longest) * 2 >= longest }
    let most = left.compactMap(\.frameCount).max() ?? 0
    keep { Double($0.frameCount ?? most) * 4 >= Double(most) }
    func area(_ stream: VideoStreamInfo) -> Int {
      let (area, overflow) = stream.width.multipliedReportingOverflow(by: stream.height)
      return overflow ? .max : area
    }
    let largest = left.map(area).max()
    return left.first { area($0) == largest }
  }
}

/// What is known about a movie or a folder of images.
///
/// Opening a file fills in what its header says; a pass over its packets (`frameTimes()`) replaces
/// count, duration and rate by what is really there.
public struct VideoInfo: Sendable, Codable, Hashable {
  /// As it was given to the reader.
  public var path: String
  /// Short name of the container, `images` for a folder.
  public var container: String
  /// FFmpeg's short name of it, such as `h264`.
  public var codec: String
  /// Which stream of the container is read; 0 for a folder.
  public var streamIndex: Int
  /// Pixels as shown, after rotation.
  public var width: Int
  /// Pixels as shown, after rotation.
  public var height: Int
  /// Degrees clockwise that the stored picture is turned by to be shown: 0, 90, 180 or 270.
  public var rotation: Int
  /// Whether the picture is also mirrored.
  public var mirrored: Bool
  /// FFmpeg's name of how decoded pixels are stored, such as `yuv420p`.
  public var pixelFormat: String
  /// FFmpeg's name of the matrix between stored colours and RGB.
  public var colorSpace: String
  /// FFmpeg's name of the range of stored values.
  public var colorRange: String
  /// Average rate; nil when unknown (a folder of images counts 25 a second).
  public var framesPerSecond: Double?
  /// Seconds.
  public var duration: Double?
  /// Frames shown; before a pass over the packets what the header says, if anything.
  public var frameCount: Int?
  /// Whether frames stand for unequal times, as far as is known.
  public var isVariableFrameRate: Bool
  /// Bytes; of a folder, of all its images.
  public var fileSize: Int64
  /// Seconds since 1970.
  public var modified: Double
  /// What a user should know about how it is shown, one line each.
  public var warnings: [String]
  /// Whether this is a folder of numbered images.
  public var isImageFolder: Bool
  /// All video streams of the container; empty for a folder.
  public var streams: [VideoStreamInfo] = []
  /// Make, model and serial number of the camera, as far as the container names them.
  public var camera: String?
  /// Of the first frame, as editors count (`01:00:00:00`), where the container says.
  public var timecode: String?
  /// When the recording began, in seconds since 1970, where the container says.
  public var recorded: Double?

  enum CodingKeys: String, CodingKey {
    case path, container, codec, width, height, rotation, mirrored, duration, modified, warnings
    case streams, camera, recorded, timecode
    case streamIndex = "stream"
    case pixelFormat = "pixel_format"
    case colorSpace = "color_space"
    case colorRange = "color_range"
    case framesPerSecond = "fps"
    case frameCount = "frames"
    case isVariableFrameRate = "variable_frame_rate"
    case fileSize = "size"
    case isImageFolder = "image_folder"
  }
}

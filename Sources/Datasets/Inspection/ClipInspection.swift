import VideoDecoding

/// What decoding a file from its first frame to its last has shown.
public struct FileInspection: Sendable {
  /// As it was opened.
  public let file: String
  /// Nil when the file could not be opened.
  public let info: VideoInfo?
  /// Why nothing of it can be used.
  public let error: DecodeError?
  /// Frames decoded.
  public let frames: Int
  /// Seconds.
  public let duration: Double
  /// How the frames follow each other.
  public let timing: FrameTiming
  /// Whether damage or a missing end left something undecoded.
  public let isPartial: Bool
  /// Seconds up to which frames were decoded, when partial.
  public let decodedUntil: Double?
  /// One line each.
  public let warnings: [String]
}

/// One clip of the data set after decoding: a whole file or a range of one.
public struct ClipInspection: Sendable {
  /// How much of a clip can be used.
  public enum Status: String, Sendable, Codable {
    /// All of it.
    case ok
    /// Not all of it, or not all of its file.
    case partial
    /// Nothing.
    case error
  }

  /// The clip as the index has it.
  public let clip: Clip
  /// What its whole file has shown.
  public let file: FileInspection
  /// Why nothing of the clip can be used: the file's error, or that the range holds no frame.
  public let error: DecodeError?
  /// Frames of the clip.
  public let frames: Int
  /// Seconds.
  public let duration: Double
  /// Nil when there is no frame.
  public let fingerprint: ClipFingerprint?

  /// A damaged file makes all its clips partial: where the damage lies is not always known.
  public var status: Status { error != nil ? .error : file.isPartial ? .partial : .ok }
}

/// What an inspection of many clips has found and how long it took.
public struct InspectionReport: Sendable {
  /// In the order given; those of files not begun when it was stopped are left out.
  public let clips: [ClipInspection]
  /// Files tried.
  public let files: Int
  /// Frames decoded.
  public let frames: Int
  /// Seconds of video decoded.
  public let footage: Double
  /// Seconds it took.
  public let seconds: Double
  /// Whether it was stopped before the end.
  public let isCancelled: Bool
}

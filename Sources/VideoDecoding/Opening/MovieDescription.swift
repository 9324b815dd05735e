internal import CFFmpeg
import ClipSampling

extension MovieSource {
  /// What the header says, and what a user should know about how it is shown.
  static func describe(_ demuxer: borrowing Demuxer, file: borrowing SourceFile) -> VideoInfo {
    let stream = demuxer.stream
    let parameters = stream.pointee.codecpar.pointee
    let format = AVPixelFormat(parameters.format)
    let turn = Orientation.read(vc_stream_display_matrix(stream))
    let sides = demuxer.pictureSize
    let swaps = turn.orientation.swapsSides
    let rate = 1 / demuxer.nominalStep
    let header = demuxer.pointer.pointee.duration
    var warnings: [String] = []
    if let angle = turn.odd.map({ Int(clamping: $0) }) {
      warnings.append("turned by \(angle) degrees: shown as stored, only quarter turns apply")
    }
    if parameters.field_order.rawValue > AV_FIELD_PROGRESSIVE.rawValue {
      warnings.append("interlaced: the two fields of a frame are not separated")
    }
    if [AVCOL_TRC_SMPTE2084, AVCOL_TRC_ARIB_STD_B67].contains(parameters.color_trc) {
      warnings.append("high dynamic range: not tone-mapped")
    }
    if let text = transparencyWarning(format) { warnings.append(text) }
    let aspect = parameters.sample_aspect_ratio
    if aspect.num > 0, aspect.den > 0, aspect.num != aspect.den {
      warnings.append("pixels of \(aspect.num):\(aspect.den) are used as they are stored")
    }
    let count = stream.pointee.nb_frames
    return VideoInfo(
      path: file.path, container: Demuxer.shortName(demuxer.container),
      codec: String(cString: avcodec_get_name(parameters.codec_id)),
      streamIndex: demuxer.streamIndex,
      width: swaps ? sides.height : sides.width,
      height: swaps ? sides.width : sides.height,
      rotation: turn.orientation.description.rotation,
      mirrored: turn.orientation.description.mirrored,
      pixelFormat: av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown",
      colorSpace: av_color_space_name(parameters.color_space).map { String(cString: $0) }
        ?? "unknown",
      colorRange: av_color_range_name(parameters.color_range).map { String(cString: $0) }
        ?? "unknown",
      framesPerSecond: rate,
      duration: header > 0 ? MovieTime(Double(header) / Double(AV_TIME_BASE))?.seconds : nil,
      frameCount: count > 0 && count <= file.size ? Int(count) : nil,
      isVariableFrameRate: false, fileSize: file.size, modified: file.modified,
      warnings: warnings, isImageFolder: false, streams: demuxer.videoStreams,
      camera: RecordingTags.camera(demuxer.pointer.pointee.metadata),
      timecode: RecordingTags.timecode(
        stream.pointee.metadata, demuxer.pointer.pointee.metadata),
      recorded: RecordingTags.recorded(demuxer.pointer.pointee.metadata))
  }

  /// What becomes of transparent pixels; nil for formats without.
  static func transparencyWarning(_ format: AVPixelFormat) -> String? {
    guard let descriptor = av_pix_fmt_desc_get(format),
      UInt64(descriptor.pointee.flags) & UInt64(AV_PIX_FMT_FLAG_ALPHA) != 0
    else { return nil }
    return "transparency is dropped"
  }
}

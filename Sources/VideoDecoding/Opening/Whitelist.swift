/// What FFmpeg may open. Everything else is refused before a demuxer or decoder sees a byte.
///
/// Left out on purpose: playlists (HLS, DASH, ffconcat, SDP), image sequences and text renderers.
/// They open other files or sockets, or turn any text into a "video".
enum Whitelist {
  static let containers =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,flv,asf,ogg,gif,h264,hevc,"
    + "ivf,obu,yuv4mpegpipe,dv,mxf,apng,rm"

  /// What FFmpeg knows and the program does not open, by how it is made into what it opens.
  static let remedies = [
    "webp_pipe":
      "a WebP picture or animation, of which FFmpeg plays the first frame at most; give its "
      + "frames as numbered images in a folder (anim_dump of libwebp writes them)",
    "tiff_pipe": "a TIFF picture without a name that says so; call it .tif",
    "png_pipe": "a single picture; give a folder of numbered pictures",
    "jpeg_pipe": "a single picture; give a folder of numbered pictures",
    "bmp_pipe": "a single picture; give a folder of numbered pictures",
    "hls": "a playlist; give the movie that it names, or join its parts with ffmpeg",
    "concat": "a list of movies; give the movies",
  ]

  /// Sound only: recognised so that the answer is "no video" and not "not a media file".
  static let soundContainers: Set<String> = [
    "aac", "ac3", "aiff", "amr", "ape", "au", "caf", "dts", "eac3", "flac", "mp3", "tta", "wav",
    "wv",
  ]

  static let decoders =
    "h264,hevc,mpeg4,mpeg1video,mpeg2video,mpegvideo,h261,h263,h263i,flv,vp3,theora,vp6,vp6a,vp6f,"
    + "vp8,vp9,libdav1d,libaom-av1,av1,mjpeg,mjpegb,ljpeg,gif,png,apng,bmp,tiff,webp,jpeg2000,"
    + "libopenjpeg,msmpeg4v1,msmpeg4,msmpeg4v2,wmv1,wmv2,wmv3,vc1,prores,dnxhd,cfhd,ffv1,huffyuv,"
    + "ffvhuff,utvideo,magicyuv,rawvideo,v210,v308,v408,v410,yuv4,qtrle,qdraw,rpza,smc,8bps,svq1,"
    + "svq3,cinepak,msrle,msvideo1,zlib,zmbv,tscc,flashsv,flashsv2,dvvideo,indeo3,indeo4,indeo5,"
    + "targa,hap,snow,dirac,rv10,rv20,rv30,rv40,"
    // Sound, for what finding stream parameters needs.
    + "aac,mp3float,mp3,mp2float,mp2,ac3,eac3,vorbis,opus,flac,alac,pcm_s16le,pcm_s16be,pcm_u8,"
    + "pcm_s24le,pcm_mulaw,pcm_alaw,amrnb,wmav1,wmav2,adpcm_ima_wav,adpcm_ms,cook,ra_144,ra_288,"
    + "sipr,atrac3"
}
